/* SPDX-License-Identifier: Apache-2.0 */
/* Start, takeover without a master, the operator's command, and the check before all that. */
#include "haproxy/check.h"
#include "haproxy/launch.h"
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- without a master socket --- */

static struct launch_options options_of(const struct real *r)
{
    return (struct launch_options){.haproxy_path = r->program,
                                   .config_path = r->config,
                                   .pid_path = r->pid_file,
                                   .admin_socket = r->admin,
                                   .deadline_s = 10};
}

static void takeover_on(const char *version)
{
    struct real r;
    struct launch_options l;
    struct outcome o = {0};
    struct err e;
    pid_t before;

    real_init(&r, version, "");
    real_start_alone(&r);
    before = real_worker(&r);
    l = options_of(&r);
    l.old_pid = before;
    real_write_config(&r, "    bogus keyword\n");
    assert_int_equal(launch_reload(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    assert_false(o.ok);
    assert_non_null(strstr(o.message, "bogus"));
    assert_int_equal(real_worker(&r), before);
    real_write_config(&r, "");
    o = (struct outcome){0};
    assert_int_equal(launch_reload(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    outcome_expect_ok(&o, version);
    assert_int_not_equal(o.pid, before);
    real_wait_gone(before); /* the one before leaves */
    r.pid = 0;
    real_stop(&r);
}

static void new_process_takes_the_sockets_over(void **state)
{
    (void)state;
    each_version(takeover_on);
}

static void start_on(const char *version)
{
    struct real r;
    struct launch_options l;
    struct outcome o = {0};
    struct err e;
    int client;

    real_init(&r, version, "");
    l = options_of(&r);
    l.master_socket = r.master;
    assert_int_equal(launch_start(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    outcome_expect_ok(&o, version);
    client = real_connect(r.port);
    assert_true(client >= 0);
    (void)close(client);
    o = outcome_reload(&r, 10); /* it has a master */
    outcome_expect_ok(&o, version);
    assert_true(strlen(r.pid_file) > 0);
    {
        FILE *f = fopen(r.pid_file, "re");
        char text[32] = "";
        assert_non_null(f);
        assert_non_null(fgets(text, sizeof text, f));
        (void)fclose(f);
        (void)kill((pid_t)strtol(text, NULL, 10), SIGTERM); /* the master */
        real_wait_gone((pid_t)strtol(text, NULL, 10));
    }
    real_stop(&r);
}

static void started_haproxy_runs_by_itself(void **state)
{
    (void)state;
    each_version(start_on);
}

static void failed_start_says_why(void **state)
{
    struct real r;
    struct launch_options l;
    struct outcome o = {0};
    struct err e;

    (void)state;
    real_init(&r, "2.6", "    bogus keyword\n");
    l = options_of(&r);
    assert_int_equal(launch_start(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    assert_false(o.ok);
    assert_non_null(strstr(o.message, "bogus"));
    l.haproxy_path = "/no/such/haproxy";
    assert_int_equal(launch_start(EV_DEFAULT, &l, outcome_take, &o, &e), -1);
    assert_non_null(strstr(e.text, "/no/such/haproxy"));
    real_stop(&r);
}

static void command_of_the_operator_reloads(void **state)
{
    struct real r;
    struct launch_options l;
    struct outcome o = {0};
    struct err e;
    char command[64];

    (void)state;
    real_init(&r, "2.6", "");
    real_start(&r);
    (void)snprintf(command, sizeof command, "kill -USR2 %d", (int)r.pid);
    l = options_of(&r);
    l.old_pid = real_worker(&r);
    l.reload_command = command;
    assert_int_equal(launch_reload(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    outcome_expect_ok(&o, "2.6");
    assert_int_equal(o.pid, real_worker(&r));
    o = (struct outcome){0}; /* a command that reloads nothing is no proof */
    l.old_pid = real_worker(&r);
    l.reload_command = "true";
    l.deadline_s = 0.5;
    assert_int_equal(launch_reload(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    assert_false(o.ok);
    o = (struct outcome){0};
    l.reload_command = "false";
    assert_int_equal(launch_reload(EV_DEFAULT, &l, outcome_take, &o, &e), 0);
    loop_until(&o.done, 15);
    assert_false(o.ok);
    assert_non_null(strstr(o.message, "exit status 1"));
    real_stop(&r);
}

/* --- check --- */

struct checked {
    bool done, valid;
    size_t count;
    unsigned line;
    char text[512];
};

static void on_checked(void *ctx, const struct check_result *r)
{
    struct checked *c = ctx;
    const struct check_message *blame = check_blame(&r->messages, STR("haproxy.cfg"));

    c->done = true;
    c->valid = r->valid;
    c->count = r->messages.count;
    if (blame) {
        c->line = blame->line;
        str_copy(c->text, sizeof c->text, blame->text);
    }
}

static struct checked check(const struct real *r, const char *command)
{
    struct check_options o = {
        .haproxy_path = r->program, .command = command, .file = r->config, .deadline_s = 10};
    struct checked c = {0};
    struct err e;

    assert_int_equal(check_start(EV_DEFAULT, &o, on_checked, &c, &e), 0);
    loop_until(&c.done, 15);
    return c;
}

static void check_on(const char *version)
{
    struct real r;
    struct checked c;
    char command[320];

    real_init(&r, version, "");
    c = check(&r, NULL);
    assert_true(c.valid);
    assert_int_equal(c.count, 0);
    real_write_config(&r, "backend bad from rr\n    bogus keyword\n");
    c = check(&r, NULL);
    assert_false(c.valid);
    assert_int_equal(c.line, 24);
    assert_non_null(strstr(c.text, "unknown keyword 'bogus'"));
    (void)snprintf(command, sizeof command, "%s -f %%s -c", r.program);
    c = check(&r, command);
    assert_false(c.valid);
    assert_int_equal(c.line, 24);
    real_stop(&r);
}

static void check_names_the_line(void **state)
{
    (void)state;
    each_version(check_on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_process_takes_the_sockets_over),
        cmocka_unit_test(started_haproxy_runs_by_itself),
        cmocka_unit_test(failed_start_says_why),
        cmocka_unit_test(command_of_the_operator_reloads),
        cmocka_unit_test(check_names_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
