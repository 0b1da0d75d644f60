/* SPDX-License-Identifier: Apache-2.0 */
/* Random readings of random trust: the promises of pool.h hold after each of them. */
#include "reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum { HOSTS = 12, RUNS = 400, STEPS = 60 };

struct world {
    uint64_t random;
    struct pool *pool;
    struct pool_options options;
    bool named[HOSTS];
    char status[HOSTS];
    struct evidence evidence;
};

/* What a view says of each host. */
struct seen {
    bool there[HOSTS];
    enum hold hold[HOSTS];
    unsigned usable; /* hosts there */
};

static unsigned pick(struct world *w, unsigned below)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->random >> 33) % below;
}

static unsigned host_of(const struct member *m)
{
    return (unsigned)(m->host.p[m->host.n - 2] - '0') * 10 +
           (unsigned)(m->host.p[m->host.n - 1] - '0');
}

static struct seen look(const struct pool *p)
{
    const struct pool_view *v = pool_view(p);
    struct seen s = {.usable = (unsigned)v->members.count};

    for (size_t i = 0; i < v->members.count; i++)
        s.there[host_of(&v->members.items[i])] = true;
    for (size_t i = 0; i < v->held_count; i++)
        s.hold[host_of(v->held[i].member)] = v->held[i].hold;
    return s;
}

static void draw_reading(struct world *w)
{
    unsigned mood = pick(w, 4);

    for (unsigned i = 0; i < HOSTS; i++) {
        if (mood == 0)
            w->named[i] = false; /* all gone */
        else if (mood == 1 || pick(w, 6) == 0)
            w->named[i] = pick(w, 3) != 0;
        w->status[i] = "pwcm"[pick(w, 4)];
    }
    w->evidence.trust = (enum read_trust)pick(w, 4);
    w->evidence.disturbed =
        w->evidence.trust == READ_DOUBTFUL || (w->evidence.trust != READ_UNBROKEN && pick(w, 2));
    w->evidence.sound = w->evidence.trust == READ_CONFIRMED && pick(w, 2);
    w->evidence.now_ms++;
}

static struct service_read *reading(const struct world *w)
{
    char words[1024];
    size_t at = 0;

    *words = 0;
    for (unsigned i = 0; i < HOSTS; i++)
        if (w->named[i])
            at += (size_t)snprintf(words + at, sizeof words - at, "10.0.0.1%02u:80!%c ", i,
                                   w->status[i]);
    return reading_of("web", words);
}

static void check_gains(const struct world *w, const struct seen *after)
{
    const struct pool_view *v = pool_view(w->pool);

    for (unsigned i = 0; i < HOSTS; i++) {
        if (w->named[i] && (!after->there[i] || after->hold[i]))
            fail_msg("host %u is named and not an ordinary member", i);
        if (!w->named[i] && after->there[i] && !after->hold[i])
            fail_msg("host %u is not named and an ordinary member", i);
    }
    for (size_t i = 0; i < v->members.count; i++) {
        unsigned h = host_of(&v->members.items[i]);
        if (w->named[h])
            assert_int_equal(v->members.items[i].status, strchr("pwcm", w->status[h]) - "pwcm");
        if (i)
            assert_true(str_cmp(v->members.items[i - 1].host, v->members.items[i].host) < 0);
    }
}

static void check_losses(const struct world *w, const struct seen *before, const struct seen *after)
{
    const struct evidence *e = &w->evidence;
    unsigned lost = 0, gained = 0, base = 0;
    bool free_to_go = e->trust == READ_CONFIRMED && e->sound && !e->disturbed;

    for (unsigned i = 0; i < HOSTS; i++) {
        bool gone = before->there[i] && !after->there[i];
        lost += gone;
        base += before->there[i] && before->hold[i] != HOLD_DISTURBED;
        gained += w->named[i] && (!before->there[i] || before->hold[i] == HOLD_DISTURBED);
        if (gone && (e->trust == READ_DOUBTFUL || e->trust == READ_REFUTED))
            fail_msg("host %u gone by a %s reading", i, read_trust_name(e->trust));
        if (gone && before->hold[i] == HOLD_DISTURBED)
            fail_msg("host %u gone though held in a disturbance", i);
        if (gone && before->hold[i] == HOLD_UNCONFIRMED && e->trust == READ_UNBROKEN)
            fail_msg("host %u gone without confirmation", i);
    }
    if (!lost || free_to_go)
        return;
    assert_true(after->usable > 0);
    assert_true(lost <= gained || (lost - gained) * 100 <= base * w->options.max_shrink_percent);
}

static void check_holds(const struct world *w, const struct seen *after)
{
    bool waits = false;

    for (unsigned i = 0; i < HOSTS; i++) {
        waits |= after->hold[i] == HOLD_UNCONFIRMED || after->hold[i] == HOLD_SHRINK;
        if (after->hold[i] == HOLD_UNCONFIRMED)
            assert_true(w->evidence.trust == READ_DOUBTFUL || w->evidence.trust == READ_UNBROKEN);
        if (after->hold[i] == HOLD_SHRINK)
            assert_true(w->evidence.trust == READ_UNBROKEN ||
                        (w->evidence.trust == READ_CONFIRMED && !w->evidence.disturbed));
    }
    assert_int_equal(pool_wants_confirm(w->pool), waits);
}

/* The state goes through JSON into another pool, which goes on in its place. */
static void restart(struct world *w)
{
    struct pool *next = pool_new(&w->options, STR("web"), STR("1.0.0"));
    struct arena a = ARENA_INIT;
    struct buf b;
    struct json_out o;
    struct json *root;
    struct err e;
    char before[4096];

    snprintf(before, sizeof before, "%s", view_text(pool_view(w->pool)));
    buf_init(&b, 1 << 20);
    json_out_init(&o, &b, false);
    pool_export(w->pool, &o, NULL);
    json_out_fini(&o);
    assert_int_equal(json_parse(&a, buf_str(&b), JSON_MAX_DEPTH, &root, &e), 0);
    assert_int_equal(pool_import(next, root, &e), 0);
    assert_string_equal(view_text(pool_view(next)), before);
    buf_free(&b);
    arena_free(&a);
    pool_free(w->pool);
    w->pool = next;
}

static void accept_all(struct world *w)
{
    struct seen before = look(w->pool), after;

    pool_accept(w->pool);
    after = look(w->pool);
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(after.there[i], before.there[i] && !before.hold[i]);
}

static void step(struct world *w)
{
    struct seen before = look(w->pool), after;
    struct service_read *r;

    draw_reading(w);
    r = reading(w);
    pool_read(w->pool, r, NULL, &w->evidence);
    if (w->evidence.trust == READ_DOUBTFUL || w->evidence.trust == READ_REFUTED)
        assert_false(pool_read(w->pool, r, NULL, &w->evidence)); /* the same again: no change */
    service_read_unref(r);
    after = look(w->pool);
    check_gains(w, &after);
    check_losses(w, &before, &after);
}

static void test_promises_hold_for_random_readings(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < RUNS; seed++) {
        struct world w = {.random = seed,
                          .options = {.max_shrink_percent = seed % 5 * 25, .panic = true}};
        w.pool = pool_new(&w.options, STR("web"), STR("1.0.0"));
        for (unsigned i = 0; i < STEPS; i++) {
            struct seen after;
            step(&w);
            after = look(w.pool);
            check_holds(&w, &after);
            if (pick(&w, 10) == 0)
                restart(&w);
            if (pick(&w, 25) == 0)
                accept_all(&w);
        }
        pool_free(w.pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_promises_hold_for_random_readings)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
