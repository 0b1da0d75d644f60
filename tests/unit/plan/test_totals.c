/* SPDX-License-Identifier: Apache-2.0 */
/* Counters added up: over workers, over proxies of one backend, over the agent's restart. */
#include "plan/totals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <stdio.h>

enum { ROWS = 4 };

/* One proxy of a sample: `owner` NULL is nobody. */
struct row {
    const char *name;
    bool frontend;
    const char *owner;
    uint64_t requests, sessions;
};

struct sample {
    int64_t pid;
    bool stopping;
    struct row rows[ROWS];
};

static struct str owner_of(void *ctx, bool frontend, struct str proxy, struct str last)
{
    const struct sample *s = ctx;

    (void)last;
    for (size_t i = 0; i < ROWS && s->rows[i].name; i++) {
        if (s->rows[i].frontend == frontend && str_eq_z(proxy, s->rows[i].name))
            return str_z(s->rows[i].owner);
    }
    fail_msg("asked for the owner of another proxy than one of the sample");
    return STR("");
}

static struct str guid_of(void *ctx, bool frontend, struct str proxy)
{
    static char guid[64];

    (void)ctx;
    (void)snprintf(guid, sizeof guid, "%s:" STR_FMT, frontend ? "fe" : "be", STR_ARG(proxy));
    return str_z(guid);
}

static void take(struct totals *t, struct sample s)
{
    struct have *h = have_new();
    struct totals_names names = {&s, owner_of, guid_of};

    h->pid = s.pid;
    h->start_time_s = 100 + s.pid;
    h->stopping = s.stopping;
    for (size_t i = 0; i < ROWS && s.rows[i].name; i++) {
        struct have_proxy *p = ARENA_PUSH(&h->arena, h->proxies, h->proxy_count);
        *p = (struct have_proxy){.name = str_z(s.rows[i].name), .frontend = s.rows[i].frontend};
        p->counters[COUNTER_REQUESTS] = s.rows[i].requests;
        p->counters[COUNTER_SESSIONS] = s.rows[i].sessions;
    }
    totals_take(t, h, &names);
    have_free(h);
}

static struct totals_worker worker(int64_t pid)
{
    return (struct totals_worker){pid, 100 + pid};
}

struct looking {
    const char *name;
    bool frontend, found;
    uint64_t requests, sessions;
    size_t count;
};

static void look(void *ctx, bool frontend, struct str name, const uint64_t *counters)
{
    struct looking *l = ctx;

    l->count++;
    if (frontend != l->frontend || !str_eq_z(name, l->name))
        return;
    l->found = true;
    l->requests = counters[COUNTER_REQUESTS];
    l->sessions = counters[COUNTER_SESSIONS];
}

static uint64_t requests_of(struct totals *t, bool frontend, const char *name)
{
    struct looking l = {.name = name, .frontend = frontend};

    totals_each(t, look, &l);
    assert_true(l.found);
    return l.requests;
}

static size_t count_of(struct totals *t)
{
    struct looking l = {.name = "", .frontend = true};

    totals_each(t, look, &l);
    return l.count;
}

static void a_worker_counts_from_its_start(void **state)
{
    struct totals *t = totals_new();

    (void)state;
    assert_false(totals_are_known(t));
    take(t,
         (struct sample){1, false, {{"web", true, "web", 10, 3}, {"live", false, "live", 9, 9}}});
    assert_true(totals_are_known(t));
    assert_int_equal(requests_of(t, true, "web"), 10);
    assert_int_equal(requests_of(t, false, "live"), 9);
    take(t,
         (struct sample){1, false, {{"web", true, "web", 15, 3}, {"live", false, "live", 9, 9}}});
    assert_int_equal(requests_of(t, true, "web"), 15);
    totals_free(t);
}

static void a_reload_goes_on_where_the_old_worker_ends(void **state)
{
    struct totals *t = totals_new();
    struct totals_worker alive[] = {worker(1), worker(2)};

    (void)state;
    take(t, (struct sample){1, false, {{"web", true, "web", 100, 1}}});
    take(t, (struct sample){2, false, {{"web", true, "web", 5, 1}}});
    totals_keep(t, alive, 2);
    assert_int_equal(requests_of(t, true, "web"), 105);
    take(t, (struct sample){1, true, {{"web", true, "web", 130, 1}}}); /* what it served at last */
    assert_int_equal(requests_of(t, true, "web"), 135);
    totals_keep(t, alive + 1, 1);
    assert_int_equal(requests_of(t, true, "web"), 135);
    take(t, (struct sample){2, false, {{"web", true, "web", 6, 1}}});
    assert_int_equal(requests_of(t, true, "web"), 136);
    totals_free(t);
}

static const char stats_file[] =
    "#fe guid,stot,bin,req_tot,req_other,h1req,h2req,h3req,\nfe:web,7,0,8,1,90,9,0,\n\n"
    "#be guid,stot,bin,req_tot,\nbe:live,100,0,100,\n\n#sv guid,stot,\nsv:x,1,\n";

static void what_a_worker_took_over_counts_once(void **state)
{
    struct totals *t = totals_new();
    struct totals_worker second = worker(2);

    (void)state;
    take(t, (struct sample){
                1, false, {{"web", true, "web", 100, 7}, {"live", false, "live", 100, 0}}});
    totals_inherit(t, second, str_z(stats_file));
    take(t, (struct sample){
                2, false, {{"web", true, "web", 104, 8}, {"live", false, "live", 103, 100}}});
    totals_keep(t, &second, 1);
    assert_int_equal(requests_of(t, true, "web"), 104);
    assert_int_equal(requests_of(t, false, "live"), 103);
    totals_free(t);
}

static void it_counts_once_when_it_is_seen_first_as_it_leaves(void **state)
{
    static const char next_file[] =
        "#fe guid,stot,bin,req_tot,req_other,h1req,h2req,h3req,\nfe:web,7,0,8,1,94,9,0,\n";
    struct totals *t = totals_new();
    struct totals_worker both[] = {worker(2), worker(3)};

    (void)state;
    take(t, (struct sample){1, false, {{"web", true, "web", 100, 7}}});
    totals_inherit(t, both[0], str_z(stats_file));
    totals_inherit(t, both[1], str_z(next_file)); /* a reload before anybody has looked */
    take(t, (struct sample){3, false, {{"web", true, "web", 106, 7}}});
    take(t, (struct sample){2, true, {{"web", true, "web", 105, 7}}});
    totals_keep(t, both, 2);
    assert_int_equal(requests_of(t, true, "web"), 100 + 5 + 2);
    totals_free(t);
}

static void a_worker_that_did_not_read_the_file_took_nothing_over(void **state)
{
    struct totals *t = totals_new();
    struct totals_worker second = worker(2);

    (void)state;
    take(t, (struct sample){1, false, {{"web", true, "web", 100, 7}}});
    totals_inherit(t, second, str_z(stats_file));
    take(t, (struct sample){2, false, {{"web", true, "web", 4, 1}}});
    totals_keep(t, &second, 1);
    assert_int_equal(requests_of(t, true, "web"), 104);
    /* and a proxy that comes later is a new one */
    take(t, (struct sample){
                2, false, {{"web", true, "web", 4, 1}, {"live", false, "live", 200, 200}}});
    assert_int_equal(requests_of(t, false, "live"), 200);
    totals_free(t);
}

static void counters_cleared_by_hand_lose_nothing(void **state)
{
    struct totals *t = totals_new();

    (void)state;
    take(t, (struct sample){1, false, {{"web", true, "web", 100, 7}}});
    take(t, (struct sample){1, false, {{"web", true, "web", 2, 1}}});
    assert_int_equal(requests_of(t, true, "web"), 102);
    take(t, (struct sample){1, false, {{"web", true, "web", 5, 1}}});
    assert_int_equal(requests_of(t, true, "web"), 105);
    totals_free(t);
}

static void proxies_of_one_backend_count_together(void **state)
{
    struct totals *t = totals_new();

    (void)state;
    take(t,
         (struct sample){1, false, {{"live", false, "live", 50, 0}, {"spare", false, NULL, 0, 0}}});
    assert_int_equal(count_of(t), 1);
    /* the spare serves: what it has counted since the last sample was for its owner */
    take(t, (struct sample){
                1, false, {{"live", false, "live", 51, 0}, {"spare", false, "live", 10, 0}}});
    assert_int_equal(requests_of(t, false, "live"), 61);
    take(t, (struct sample){1, false, {{"spare", false, "live", 20, 0}}}); /* the old one is gone */
    assert_int_equal(requests_of(t, false, "live"), 71);
    /* freed, and taken by another */
    take(t,
         (struct sample){1, false, {{"spare", false, NULL, 22, 0}, {"live", false, "live", 1, 0}}});
    assert_int_equal(requests_of(t, false, "live"), 74);
    take(t, (struct sample){
                1, false, {{"spare", false, "api", 25, 0}, {"live", false, "live", 1, 0}}});
    assert_int_equal(requests_of(t, false, "live"), 74);
    assert_int_equal(requests_of(t, false, "api"), 3);
    totals_free(t);
}

static void a_leaving_worker_counts_for_whom_it_served(void **state)
{
    struct totals *t = totals_new();
    struct totals_worker second = worker(2);

    (void)state;
    take(t, (struct sample){1, false, {{"spare", false, "live", 50, 0}}});
    take(t,
         (struct sample){2, false, {{"live", false, "live", 1, 0}, {"spare", false, NULL, 0, 0}}});
    take(t, (struct sample){1, true, {{"spare", false, NULL, 60, 0}}});
    take(t, (struct sample){1, true, {{"spare", false, NULL, 61, 0}}});
    totals_keep(t, &second, 1);
    assert_int_equal(requests_of(t, false, "live"), 62);
    totals_free(t);
}

static void what_is_deleted_is_shown_no_more(void **state)
{
    struct totals *t = totals_new();

    (void)state;
    take(t,
         (struct sample){1, false, {{"live", false, "live", 50, 0}, {"api", false, "api", 5, 0}}});
    assert_int_equal(count_of(t), 2);
    take(t, (struct sample){1, false, {{"api", false, "api", 5, 0}}});
    assert_int_equal(count_of(t), 1);
    totals_free(t);
}

static struct totals *reborn(struct totals *t)
{
    struct totals *next = totals_new();
    struct buf text;
    struct err e;

    buf_init(&text, 1 << 20);
    totals_put(t, &text);
    assert_int_equal(totals_load(next, buf_str(&text), &e), 0);
    assert_false(totals_are_known(next));
    buf_free(&text);
    totals_free(t);
    return next;
}

static void a_restart_of_the_agent_goes_on(void **state)
{
    struct totals *t = totals_new();
    struct totals_worker second = worker(2), third = worker(3);

    (void)state;
    take(t, (struct sample){1, false, {{"web", true, "web", 100, 7}, {"s", false, NULL, 3, 3}}});
    totals_inherit(t, second, str_z(stats_file));
    take(t, (struct sample){2, false, {{"web", true, "web", 104, 8}, {"s", false, NULL, 3, 3}}});
    totals_keep(t, &second, 1);
    t = reborn(t);
    take(t, (struct sample){2, false, {{"web", true, "web", 110, 8}, {"s", false, NULL, 3, 3}}});
    totals_keep(t, &second, 1);
    assert_int_equal(requests_of(t, true, "web"), 110);
    /* HAProxy was restarted while no agent ran */
    t = reborn(t);
    take(t, (struct sample){3, false, {{"web", true, "web", 1, 1}}});
    totals_keep(t, &third, 1);
    assert_int_equal(requests_of(t, true, "web"), 111);
    totals_free(t);
}

static void a_text_that_is_not_ours_leaves_nothing(void **state)
{
    static const char *const bad[] = {"", "x\n", "counters stot\n", "total b live 1 2\n"};
    struct totals *t = totals_new();
    struct buf text;
    struct err e;

    (void)state;
    take(t, (struct sample){1, false, {{"live", false, "live", 50, 0}}});
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct totals *next = totals_new();
        assert_int_equal(totals_load(next, str_z(bad[i]), &e), -1);
        assert_int_equal(count_of(next), 0);
        totals_free(next);
    }
    /* cut anywhere: read or refused, never half of it */
    buf_init(&text, 1 << 20);
    totals_put(t, &text);
    for (size_t n = 0; n < text.n; n++) {
        struct totals *next = totals_new();
        if (totals_load(next, (struct str){text.p, n}, &e))
            assert_int_equal(count_of(next), 0);
        totals_free(next);
    }
    buf_free(&text);
    totals_free(t);
}

/* Whatever happens between: a total never goes down, and is the sum of what all workers counted. */
static void totals_never_go_down(void **state)
{
    struct totals *t = totals_new();
    uint64_t sent = 0, before = 0, in_worker = 0, leaving = 0;
    int64_t pid = 1;

    (void)state;
    world_seed(7);
    for (int i = 0; i < 2000; i++) {
        struct totals_worker alive[2] = {worker(pid), worker(pid - 1)};
        uint64_t more = world_pick(50);
        sent += more;
        in_worker += more;
        if (world_pick(10) == 0) { /* a reload; the old one has a last word, or not any more */
            leaving = in_worker;
            in_worker = 0;
            take(t, (struct sample){pid, true, {{"web", true, "web", leaving, 0}}});
            pid++;
            alive[0] = worker(pid);
            alive[1] = worker(pid - 1);
        }
        take(t, (struct sample){pid, false, {{"web", true, "web", in_worker, 0}}});
        totals_keep(t, alive, 1 + world_pick(2));
        if (world_pick(50) == 0)
            t = reborn(t);
        assert_int_equal(requests_of(t, true, "web"), sent);
        assert_true(sent >= before);
        before = sent;
    }
    totals_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_counts_from_its_start),
        cmocka_unit_test(a_reload_goes_on_where_the_old_worker_ends),
        cmocka_unit_test(what_a_worker_took_over_counts_once),
        cmocka_unit_test(it_counts_once_when_it_is_seen_first_as_it_leaves),
        cmocka_unit_test(a_worker_that_did_not_read_the_file_took_nothing_over),
        cmocka_unit_test(counters_cleared_by_hand_lose_nothing),
        cmocka_unit_test(proxies_of_one_backend_count_together),
        cmocka_unit_test(a_leaving_worker_counts_for_whom_it_served),
        cmocka_unit_test(what_is_deleted_is_shown_no_more),
        cmocka_unit_test(a_restart_of_the_agent_goes_on),
        cmocka_unit_test(a_text_that_is_not_ours_leaves_nothing),
        cmocka_unit_test(totals_never_go_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
