/* SPDX-License-Identifier: Apache-2.0 */
/* Minutes: made of samples, gathered into blocks. */
#include "stats_scene.h"

#include <stdio.h>
#include <string.h>

static void a_minute_is_what_its_samples_were(void **state)
{
    uint64_t values[MINUTE_VALUES];
    struct minute_reader r;
    struct minute_row row;
    struct stats_scene s;
    int records = 0;

    (void)state;
    stats_scene_init(&s, 10);
    for (uint64_t n = 1; n <= 61; n++) { /* two minutes and 2 s */
        struct stats_scene_row rows[] = {{.proxy = "web",
                                          .owner = "web",
                                          .frontend = true,
                                          .requests = 3 * n,
                                          .sessions_now = n},
                                         {.proxy = "live", .owner = "live", .requests = n},
                                         {.proxy = "live", .server = "live_a:80", .requests = n},
                                         {0}};
        stats_scene_take(&s, 1, rows);
        if (!stats_minute(s.stats).n)
            continue;
        assert_int_equal(minute_open(&r, stats_minute(s.stats)), 0);
        assert_true(minute_next(&r, &row));
        assert_int_equal(row.kind, STAT_FRONTEND);
        assert_true(str_eq_z(row.key, "web"));
        assert_int_equal(minute_unpack(row.packed, values), 0);
        if (records++ == 0) {
            assert_int_equal(r.minute, s.wall_ms / MINUTE_MS - 1);
        } else {
            assert_int_equal(values[MINUTE_ELAPSED_MS], MINUTE_MS);
            assert_int_equal(values[MINUTE_REQUESTS], 90);
            assert_int_equal(values[MINUTE_NOW_MAX], n - 1);
            assert_int_equal(values[MINUTE_NOW_AVG], 100 * (n - 1 + n - 30) / 2);
        }
        assert_true(minute_next(&r, &row) && row.kind == STAT_BACKEND);
        assert_int_equal(minute_unpack(row.packed, values), 0);
        assert_int_equal(values[MINUTE_SERVERS], 2);
        assert_int_equal(values[MINUTE_UP], 1);
        assert_false(minute_next(&r, &row)); /* no member */
    }
    assert_int_equal(records, 2);
    stats_scene_fini(&s);
}

static void put_block(void *ctx, enum stat_kind kind, struct str key, struct str block)
{
    uint64_t values[MINUTE_VALUES];
    int64_t minute;
    struct str rest;

    buf_printf(ctx, "%s " STR_FMT ":", stat_kind_name(kind), STR_ARG(key));
    assert_int_equal(minute_block_open(block, &rest), 0);
    while (minute_block_next(&rest, &minute, values))
        buf_printf(ctx, " %d=%d", (int)minute, (int)values[MINUTE_REQUESTS]);
    buf_add_char(ctx, '\n');
}

static void records_become_blocks_of_one_object(void **state)
{
    enum { RECORDS = 4 };
    struct buf records[RECORDS], out;
    struct str views[RECORDS];

    (void)state;
    for (int i = 0; i < RECORDS; i++) {
        uint64_t values[MINUTE_VALUES] = {[MINUTE_REQUESTS] = 10u + (unsigned)i};
        buf_init(&records[i], 4096);
        minute_begin(&records[i], 100 + i);
        if (i == 0 || i == 3)
            minute_add(&records[i], STAT_FRONTEND, STR("web"), values);
        if (i > 0)
            minute_add(&records[i], STAT_BACKEND, STR("a"), values);
        minute_add(&records[i], STAT_BACKEND, STR("b"), values);
        views[i] = buf_str(&records[i]);
    }
    views[2] = STR("\x63 not of this layout");
    buf_init(&out, 4096);
    minute_gather(views, RECORDS, put_block, &out);
    assert_string_equal(out.p, "frontend web: 100=10 103=13\n"
                               "backend a: 101=11 103=13\n"
                               "backend b: 100=10 101=11 103=13\n");
    for (size_t cut = 0; cut < records[3].n; cut++) {
        views[3] = (struct str){records[3].p, cut};
        buf_reset(&out);
        minute_gather(views, RECORDS, put_block, &out);
    }
    for (int i = 0; i < RECORDS; i++)
        buf_free(&records[i]);
    buf_free(&out);
}

static void ids_are_read(void **state)
{
    static const struct {
        const char *text, *told;
    } cases[] = {{"stat/frontend/web", "0 web  0"},
                 {"backend/live", "1 live  0"},
                 {"stat/backend/live/10.0.0.1:80", "2 live 10.0.0.1:80 0"},
                 {"stat/backend/live/::1:80", "2 live [::1]:80 0"},
                 {"stat/backend/live/own", "2 live own 0"},
                 {"stat/frontend/*", "0   1"},
                 {"stat/backend/*", "1   1"},
                 {"stat/backend/live/*", "2 live  1"},
                 {"stat/backend/*/*", "2 *  1"},
                 {"", "bad"},
                 {"stat", "bad"},
                 {"stat/backend", "bad"},
                 {"stat/backend/", "bad"},
                 {"stat/frontend/web/x", "bad"},
                 {"stat/backend/live/", "bad"},
                 {"frontends/web", "bad"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = ARENA_INIT;
        struct stat_id id;
        char told[64] = "bad";
        struct err e;
        if (stat_id_parse(&a, str_z(cases[i].text), &id, &e) == 0)
            (void)snprintf(told, sizeof told, "%d " STR_FMT " " STR_FMT " %d", (int)id.kind,
                           STR_ARG(id.key), STR_ARG(id.member), id.all);
        assert_string_equal(told, cases[i].told);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minute_is_what_its_samples_were),
        cmocka_unit_test(records_become_blocks_of_one_object),
        cmocka_unit_test(ids_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
