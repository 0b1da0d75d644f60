/* SPDX-License-Identifier: Apache-2.0 */
/* The client against real HAProxy of every version that the agent supports. */
#include "haproxy/master.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- 10,000 commands --- */

static void pipeline(struct scene *s, const char *prefix)
{
    static struct str commands[10000];
    static char text[10000][48];
    struct str key = STR("live");
    double before;

    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(text[i], sizeof text[i], "set server live/s1 weight %u", i % 250 + 1);
        commands[i] = str_z(text[i]);
    }
    commands[5000] = STR("set server live/s1 weight 257");
    commands[1] = STR("get weight live/s1");
    before = ev_time();
    scene_run(s, commands, 10000, 5.);
    print_message("%s%s: 10000 commands in %.0f ms\n", s->real.version, prefix ? " by master" : "",
                  (ev_time() - before) * 1e3);
    assert_int_equal(s->answered, 10000);
    assert_string_equal(s->replies[0], "");
    assert_non_null(strstr(s->replies[1], "1 (initial 10)"));
    assert_string_equal(s->replies[2], "");
    scene_observe(s, &(struct observe_request){.backends = &key, .backend_count = 1});
    assert_int_equal(s->have->backends[0].servers[0].uweight, 9999 % 250 + 1);
    have_free(s->have);
}

static void pipeline_on(const char *version)
{
    struct scene s;

    scene_begin(&s, version);
    pipeline(&s, NULL);
    runtime_close(s.runtime);
    scene_open(&s, s.real.master, "@1 ");
    pipeline(&s, "@1 ");
    scene_end(&s);
}

static void ten_thousand_commands_by_admin_and_master_socket(void **state)
{
    (void)state;
    each_version(pipeline_on);
}

/* --- observation --- */

static void expect_servers(const struct have *h)
{
    const struct have_backend *live = have_find_backend(h, STR("live"));
    const struct have_backend *other = have_find_backend(h, STR("other"));
    const struct have_server *s1 = have_find_server(live, STR("s1"));
    const struct have_server *x = have_find_server(other, STR("x"));

    assert_int_equal(live->count, 2);
    assert_true(str_eq_z(s1->address, "127.0.0.1"));
    assert_int_equal(s1->port, 1);
    assert_int_equal(s1->uweight, 10);
    assert_int_equal(s1->op, HAVE_RUNNING);
    assert_int_equal(s1->admin, 0);
    assert_int_equal(s1->check_state, 0);
    assert_true(str_eq_z(x->address, "::1"));
    assert_int_equal(x->admin & HAVE_MAINT_CONFIG, HAVE_MAINT_CONFIG);
    assert_int_equal(x->op, HAVE_STOPPED);
    assert_int_equal(have_find_server(live, STR("s2"))->check_state & HAVE_CHECK_ENABLED,
                     HAVE_CHECK_ENABLED);
    assert_int_equal(have_find_backend(h, STR("empty"))->count, 0);
    assert_null(have_find_backend(h, STR("web")));
    assert_int_equal(h->backend_count, 3);
    assert_int_equal(h->server_count, 3);
}

static void observe_on(const char *version)
{
    struct scene s;
    struct str map, gone = STR("/not/there.map"), maps[2], only[] = {STR("nope"), STR("other")};
    const struct have_map *m;

    scene_begin(&s, version);
    map = str_z(s.real.map);
    maps[0] = map;
    maps[1] = gone;
    scene_observe(
        &s, &(struct observe_request){
                .connections = true, .sessions = true, .read_maps = maps, .read_map_count = 2});
    assert_true(str_starts(s.have->version, str_z(version)));
    assert_int_equal(s.have->pid, real_worker(&s.real));
    assert_true(s.have->start_time_s > 1000000000);
    assert_false(s.have->stopping);
    expect_servers(s.have);
    m = have_find_map(s.have, map);
    assert_true(m && m->read);
    assert_int_equal(m->entry_count, 2);
    assert_int_equal(m->count, 2);
    assert_true(str_eq_z(m->entries[1].key, "/b"));
    assert_true(str_eq_z(m->entries[1].value, "other tail of words"));
    assert_null(have_find_map(s.have, gone));
    have_free(s.have);
    scene_observe(&s,
                  &(struct observe_request){
                      .backends = only, .backend_count = 2, .connections = true, .sessions = true});
    assert_int_equal(s.have->backend_count, 1);
    assert_true(str_eq_z(s.have->backends[0].name, "other"));
    have_free(s.have);
    scene_end(&s);
}

static void observation_is_what_the_configuration_says(void **state)
{
    (void)state;
    each_version(observe_on);
}

/* --- a worker that hangs --- */

static void stopped_on(const char *version)
{
    struct scene s;
    struct str command = STR("get weight live/s1");
    pid_t worker;
    double before;

    scene_begin(&s, version);
    worker = real_worker(&s.real);
    assert_int_equal(kill(worker, SIGSTOP), 0);
    loop_for(0.1); /* its threads stop one after another */
    before = ev_time();
    scene_run(&s, &command, 1, 0.3);
    assert_true(ev_time() - before < 3);
    assert_int_equal(s.failed, 1);
    assert_true(s.down);
    assert_int_equal(kill(worker, SIGCONT), 0);
    loop_until(&s.up, 15);
    scene_run(&s, &command, 1, 5.);
    assert_int_equal(s.answered, 1);
    scene_end(&s);
}

static void hanging_worker_ends_at_the_deadline(void **state)
{
    (void)state;
    each_version(stopped_on);
}

/* --- reload --- */

static void on_reloaded(void *ctx, const struct reload_result *r)
{
    struct scene *s = ctx;

    s->done = true;
    s->failed = !r->ok;
}

static void reload(struct scene *s)
{
    struct err e;

    s->done = false;
    assert_int_equal(master_reload(EV_DEFAULT, s->real.master, 15, on_reloaded, s, &e), 0);
    loop_until(&s->done, 20);
}

static int64_t observed_pid(struct scene *s)
{
    struct str none = STR("empty");
    int64_t pid;

    scene_observe(s, &(struct observe_request){.backends = &none, .backend_count = 1});
    pid = s->have->pid;
    have_free(s->have);
    return pid;
}

static void reopen_on(const char *version)
{
    struct scene s;
    int64_t before;

    scene_begin(&s, version);
    before = observed_pid(&s);
    reload(&s);
    assert_int_equal(s.failed, 0);
    s.up = false;
    runtime_reopen(s.runtime);
    loop_until(&s.up, 10);
    assert_int_not_equal(observed_pid(&s), before);
    assert_int_equal(observed_pid(&s), real_worker(&s.real));
    scene_end(&s);
}

static void reopened_connection_reaches_the_new_worker(void **state)
{
    (void)state;
    each_version(reopen_on);
}

/* A listener that cannot be bound leaves the admin socket of 3.2 and 3.4 dead; the master's prompt
 * changes, and `@1` still reaches the worker that goes on. */
static void dead_admin_on(const char *version)
{
    struct scene s;
    char more[128];
    int64_t before;
    int port, fd = real_listen(&port);

    scene_begin(&s, version);
    before = observed_pid(&s);
    runtime_close(s.runtime);
    (void)snprintf(more, sizeof more, "frontend taken from base\n    bind 127.0.0.1:%d\n", port);
    real_write_config(&s.real, more);
    reload(&s);
    assert_int_equal(s.failed, 1);
    scene_open(&s, s.real.master, "@1 ");
    assert_int_equal(observed_pid(&s), before);
    assert_int_equal(scene_one(&s, "set server live/s1 weight 20"), REPLY_OK);
    assert_int_equal(scene_one(&s, "set server live/none weight 20"), REPLY_REFUSED);
    (void)close(fd);
    scene_end(&s);
}

static void worker_is_reached_through_the_master_after_a_failed_reload(void **state)
{
    (void)state;
    each_version(dead_admin_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_commands_by_admin_and_master_socket),
        cmocka_unit_test(observation_is_what_the_configuration_says),
        cmocka_unit_test(hanging_worker_ends_at_the_deadline),
        cmocka_unit_test(reopened_connection_reaches_the_new_worker),
        cmocka_unit_test(worker_is_reached_through_the_master_after_a_failed_reload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
