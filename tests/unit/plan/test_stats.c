/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of what HAProxy counts: by the operator's names, over workers, over a restart. */
#include "stats_scene.h"

#include "given.h"
#include "world.h"

#include <stdio.h>
#include <string.h>

#define NOBODY "[\n\n]\n"
#define WEB(n)                                                                                     \
    {                                                                                              \
        .proxy = "web", .owner = "web", .frontend = true, .requests = (n)                          \
    }
#define LIVE(n)                                                                                    \
    {                                                                                              \
        .proxy = "live", .owner = "live", .requests = (n), .sessions_now = 2                       \
    }
#define MEMBER(px, sv, n)                                                                          \
    {                                                                                              \
        .proxy = (px), .server = (sv), .requests = (n)                                             \
    }

static void objects_are_shown_by_their_names(void **state)
{
    const struct stats_scene_row first[] = {WEB(10),
                                            MEMBER("live", "live_10.0.0.1:80", 4),
                                            MEMBER("live", "live_fd00::4:8080", 5),
                                            MEMBER("live", "own", 1),
                                            LIVE(10),
                                            {.proxy = "thalassa.spare.1", .requests = 3},
                                            {0}};
    struct stats_scene_row second[STATS_SCENE_ROWS];
    struct stats_scene s;
    struct buf all;

    (void)state;
    memcpy(second, first, sizeof first);
    second[0].requests = 15;
    second[1].requests = 7;
    second[4].requests = 15;
    stats_scene_init(&s, 10);
    stats_scene_take(&s, 1, first);
    stats_scene_take(&s, 1, second);
    buf_init(&all, 1 << 20);
    buf_add_z(&all, stats_scene_latest(&s, "stat/frontend/*"));
    buf_add_z(&all, stats_scene_latest(&s, "stat/backend/*"));
    buf_add_z(&all, stats_scene_latest(&s, "stat/backend/live/*"));
    given_golden("tests/golden/plan/stats.txt", buf_str(&all));
    buf_free(&all);
    assert_non_null(
        strstr(stats_scene_latest(&s, "backend/live/[FD00::4]:8080"), "\"requests\": 5"));
    assert_string_equal(stats_scene_latest(&s, "stat/backend/thalassa.spare.1"), NOBODY);
    stats_scene_fini(&s);
}

static void a_backend_is_the_proxy_that_serves_it(void **state)
{
    const struct stats_scene_row before[] = {WEB(5), MEMBER("live", "live_a:80", 5), LIVE(5), {0}};
    const struct stats_scene_row moving[] = {
        WEB(9),
        MEMBER("live", "live_a:80", 5),
        LIVE(5),
        MEMBER("live.2", "live_a:80", 4),
        {.proxy = "live.2", .owner = "live", .requests = 4, .sessions_now = 3},
        {0}};
    struct stats_scene s;

    (void)state;
    stats_scene_init(&s, 10);
    stats_scene_take(&s, 1, before);
    stats_scene_take(&s, 1, moving);
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live"), "2/9 ");
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live/a:80"), "0/5 ");
    assert_non_null(strstr(stats_scene_latest(&s, "stat/backend/live"), "\"current\": 5"));
    s.serving = "live.2";
    stats_scene_take(&s, 1, moving);
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live"), "2/9 0/9 ");
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live/a:80"), "0/5 2/9 ");
    assert_string_equal(stats_scene_latest(&s, "stat/backend/live.2"), NOBODY);
    stats_scene_fini(&s);
}

static void a_member_counts_on_over_workers(void **state)
{
    static const uint64_t counted[] = {5, 9, 2, 6, 0, 1};
    struct stats_scene s;

    (void)state;
    stats_scene_init(&s, 10);
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        stats_scene_take(&s, counted[i] < 9 ? 1 + (int64_t)i : 1,
                         (struct stats_scene_row[]){
                             MEMBER("live", "live_a:80", counted[i]), LIVE(counted[i]), {0}});
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live/a:80"),
                        "2/9 1/11 2/15 0/15 0/16 ");
    stats_scene_fini(&s);
}

static void what_is_gone_is_gone(void **state)
{
    const struct stats_scene_row both[] = {WEB(1), MEMBER("live", "live_a:80", 1), LIVE(1), {0}};
    const struct stats_scene_row one[] = {WEB(3), {0}};
    struct stats_scene s;

    (void)state;
    stats_scene_init(&s, 10);
    stats_scene_take(&s, 1, both);
    stats_scene_take(&s, 1, one);
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live"), "none");
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live/a:80"), "none");
    assert_string_equal(stats_scene_requests(&s, "stat/frontend/web"), "1/3 ");
    stats_scene_take(&s, 1, both);
    assert_string_equal(stats_scene_requests(&s, "stat/backend/live"), "0/1 ");
    stats_scene_fini(&s);
}

static void old_samples_go_by_age_and_by_number(void **state)
{
    struct stats_scene s;

    (void)state;
    for (size_t samples = 4; samples <= 40; samples += 36) {
        stats_scene_init(&s, samples);
        for (uint64_t n = 1; n <= 20; n++)
            stats_scene_take(&s, 1, (struct stats_scene_row[]){WEB(2 * n), {0}});
        assert_string_equal(stats_scene_requests(&s, "stat/frontend/web"),
                            samples == 4 ? "1/36 1/38 1/40 " : "1/32 1/34 1/36 1/38 1/40 ");
        assert_non_null(
            strstr(stats_scene_samples(&s, "stat/frontend/web", 0, 1), "\"requests\": 40"));
        assert_null(strstr(stats_scene_samples(&s, "stat/frontend/web", 0, 1), "\"requests\": 38"));
        assert_string_equal(stats_scene_samples(&s, "stat/frontend/web", s.wall_ms, 0), NOBODY);
        assert_non_null(strstr(stats_scene_samples(&s, "stat/frontend/web", s.wall_ms - 1, 0),
                               "\"requests\": 40"));
        stats_scene_fini(&s);
    }
}

static void too_many_bytes_are_fewer_samples(void **state)
{
    struct stats_limits limits = {
        .samples = 100, .retention_ms = 1000000, .bytes = 1 << 20, .member_bytes = 60};
    struct stats_scene s;
    size_t count = 0;

    (void)state;
    stats_scene_init(&s, 2);
    stats_free(s.stats);
    s.stats = stats_new(&limits);
    for (uint64_t n = 1; n <= 90; n++)
        stats_scene_take(&s, 1,
                         (struct stats_scene_row[]){
                             WEB(n), MEMBER("live", "live_a:80", 1000 * n), LIVE(n), {0}});
    for (const char *c = stats_scene_requests(&s, "stat/backend/live/a:80"); *c; c++)
        count += *c == ' ';
    assert_in_range(count, 2, 20);
    count = 0;
    for (const char *c = stats_scene_requests(&s, "stat/backend/live"); *c; c++)
        count += *c == ' ';
    assert_int_equal(count, 89);
    stats_scene_fini(&s);
}

/* Records of what was taken, and another life that reads them. */
static void samples_outlive_a_restart(void **state)
{
    enum { LIVES = 70 };
    struct stats_scene s, next;
    struct buf records[LIVES];

    (void)state;
    stats_scene_init(&s, 100);
    for (uint64_t n = 0; n < LIVES; n++) {
        struct stats_scene_row rows[] = {
            WEB(5 * n), LIVE(4 * n), MEMBER("live", "live_a:80", n), {0}};
        if (n == 40) /* another one comes in between */
            rows[2] = (struct stats_scene_row){.proxy = "new", .owner = "new", .requests = 9};
        stats_scene_take(&s, 1, rows);
        buf_init(&records[n], 1 << 16);
        stats_put_sample(s.stats, n == 20, &records[n]);
    }
    assert_true(records[1].n < records[0].n / 2);
    for (uint64_t first = 0; first <= 41; first += 7) {
        stats_scene_init(&next, 100);
        for (uint64_t n = first; n < LIVES; n++)
            assert_int_equal(stats_load_sample(next.stats, buf_str(&records[n])), 0);
        assert_string_equal(stats_scene_requests(&next, "stat/frontend/web"),
                            "2/325 2/330 2/335 2/340 2/345 ");
        assert_string_equal(stats_scene_requests(&next, "stat/backend/live/a:80"), "none");
        stats_scene_fini(&next);
    }
    stats_scene_init(&next, 100);
    for (size_t cut = 0; cut < records[0].n; cut++) {
        stats_free(next.stats);
        next.stats = stats_new(&(struct stats_limits){10, 10000, 1000, 1000});
        (void)stats_load_sample(next.stats, (struct str){records[0].p, cut});
    }
    stats_scene_fini(&next);
    for (size_t n = 0; n < LIVES; n++)
        buf_free(&records[n]);
    stats_scene_fini(&s);
}

/* Reloads, switches to other proxies and deletions in any order: what is shown of a backend never
 * goes down while it is there, and is what was served in the end. */
static void totals_only_grow(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t served = 0, in_worker = 0, in_other = 0, last = 0;
        int64_t pid = 1;
        struct stats_scene s;
        world_seed(seed);
        stats_scene_init(&s, 10);
        for (int turn = 0; turn < 60; turn++) {
            uint64_t more = world_pick(1000);
            bool other = world_pick(2) == 0;
            if (world_pick(5) == 0) {
                pid++;
                in_worker = in_other = 0;
            }
            served += more;
            *(other ? &in_other : &in_worker) += more;
            s.serving = other ? "live.2" : "live";
            stats_scene_take(&s, pid,
                             (struct stats_scene_row[]){
                                 WEB(in_worker + in_other),
                                 LIVE(in_worker),
                                 {.proxy = "live.2", .owner = "live", .requests = in_other},
                                 {0}});
            for (const char *c = stats_scene_requests(&s, "stat/backend/live"); *c; c++) {
                if (*c == '/')
                    sscanf(c + 1, "%llu", (unsigned long long *)&last);
            }
            assert_int_equal(last, served);
        }
        stats_scene_fini(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_shown_by_their_names),
        cmocka_unit_test(a_backend_is_the_proxy_that_serves_it),
        cmocka_unit_test(a_member_counts_on_over_workers),
        cmocka_unit_test(what_is_gone_is_gone),
        cmocka_unit_test(old_samples_go_by_age_and_by_number),
        cmocka_unit_test(too_many_bytes_are_fewer_samples),
        cmocka_unit_test(samples_outlive_a_restart),
        cmocka_unit_test(totals_only_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
