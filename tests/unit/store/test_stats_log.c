/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics in history/: what is kept, what goes, what outlives a restart and a full store. */
#include "place.h"

#include "store/seq_key.h"
#include "store/stats_log.h"

#include <stdio.h>
#include <string.h>

enum { KEEP = 5, FIRST_MINUTE = 1000, NAMES = 40 };

static struct stats_log *log_ok(struct store *s)
{
    struct err e;
    struct stats_log *log = stats_log_open(s, &e);

    if (!log)
        fail_msg("%s", e.text);
    return log;
}

/* One row for each name; the number of requests is that of the minute. */
static void put_minute(struct buf *out, int64_t minute, const char *const *names)
{
    uint64_t values[MINUTE_VALUES] = {[MINUTE_REQUESTS] = (uint64_t)minute};

    buf_init(out, MINUTE_BYTES);
    minute_begin(out, minute);
    for (; *names; names++)
        minute_add(out, STAT_BACKEND, str_z(*names), values);
}

static void add_ok(struct stats_log *log, const char *sample, int64_t minute,
                   const char *const *names)
{
    struct buf record;
    struct err e;

    put_minute(&record, minute, names);
    if (stats_log_add(log, str_z(sample), KEEP, minute ? buf_str(&record) : STR(""), &e))
        fail_msg("%s", e.text);
    buf_free(&record);
}

static int tell_sample(void *ctx, struct str sample)
{
    buf_printf(ctx, STR_FMT " ", STR_ARG(sample));
    return 0;
}

static const char *samples(struct stats_log *log)
{
    static char text[256];
    struct buf out;
    struct err e;

    buf_init(&out, sizeof text);
    buf_add_z(&out, "");
    assert_int_equal(stats_log_samples(log, tell_sample, &out, &e), 0);
    (void)snprintf(text, sizeof text, "%s", out.n ? out.p : "");
    buf_free(&out);
    return text;
}

struct told {
    int64_t first, last;
    size_t count;
};

static void tell_minute(void *ctx, int64_t minute, const uint64_t *values)
{
    struct told *t = ctx;

    assert_int_equal(values[MINUTE_REQUESTS], minute);
    if (t->count++)
        assert_true(minute > t->last);
    else
        t->first = minute;
    t->last = minute;
}

static struct told minutes(struct stats_log *log, const char *name)
{
    struct told t = {0};
    struct err e;

    assert_int_equal(stats_log_minutes(log, STAT_BACKEND, str_z(name), tell_minute, &t, &e), 0);
    return t;
}

static void the_last_samples_are_kept(void **state)
{
    static const char *const nobody[] = {NULL};
    struct store *s = open_ok(*state);
    struct stats_log *log = log_ok(s);
    char sample[16];

    for (int i = 0; i < 12; i++) {
        (void)snprintf(sample, sizeof sample, "s%d", i);
        add_ok(log, sample, 0, nobody);
    }
    assert_string_equal(samples(log), "s7 s8 s9 s10 s11 ");
    stats_log_close(log);
    log = log_ok(s);
    add_ok(log, "next", 0, nobody);
    assert_string_equal(samples(log), "s8 s9 s10 s11 next ");
    stats_log_close(log);
    store_close(s);
}

static void a_day_of_minutes_is_kept_over_restarts(void **state)
{
    static const char *const both[] = {"a", "live", NULL}, *const one[] = {"live", NULL};
    struct store *s = open_ok(*state);
    struct stats_log *log = log_ok(s);
    int64_t minute = FIRST_MINUTE, hours = 30;
    struct told t;

    for (int64_t i = 0; i < hours * MINUTES_IN_BLOCK + 7; i++, minute++) {
        add_ok(log, "x", minute, i < 28 * MINUTES_IN_BLOCK ? both : one);
        if (i % 77 == 0) { /* in the middle of hours */
            stats_log_close(log);
            store_close(s);
            s = open_ok(*state);
            log = log_ok(s);
        }
        t = minutes(log, "live");
        assert_int_equal(t.last, minute);
        assert_int_equal(t.count, (size_t)(t.last - t.first + 1));
        assert_true(i < STATS_LOG_HOURS * MINUTES_IN_BLOCK
                        ? t.first == FIRST_MINUTE
                        : t.count >= STATS_LOG_HOURS * MINUTES_IN_BLOCK);
        assert_true(t.count <= (STATS_LOG_HOURS + 1) * MINUTES_IN_BLOCK);
    }
    t = minutes(log, "a"); /* deleted two hours ago */
    assert_int_equal(t.last, FIRST_MINUTE + 28 * MINUTES_IN_BLOCK - 1);
    assert_int_equal(minutes(log, "none").count, 0);
    stats_log_close(log);
    store_close(s);
}

/* The activity and the rest share the environment. */
static void a_full_history_loses_the_oldest_hour(void **state)
{
    const struct store_limits small = {.history_bytes = 1024 * 1024};
    static char texts[NAMES][24];
    const char *names[NAMES + 2] = {"live"};
    struct place *p = *state;
    struct err e;
    struct store *s = store_open(p->store, &small, &e);
    struct stats_log *log = log_ok(s);
    char filler[600];
    struct told t;
    size_t taken = 0;

    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "zz-backend-%d", i);
        names[1 + i] = texts[i];
    }
    memset(filler, 'f', sizeof filler - 1);
    filler[sizeof filler - 1] = 0;
    for (int64_t i = 0; i < 4 * MINUTES_IN_BLOCK; i++)
        add_ok(log, "x", FIRST_MINUTE + i, names);
    for (;; taken++) { /* until nothing more goes in */
        char key[16];
        (void)snprintf(key, sizeof key, "%06zu", taken);
        if (commit_one(s, STORE_HISTORY, STORE_WORK, str_z(key), str_z(filler), &e))
            break;
    }
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    for (int64_t i = 4 * MINUTES_IN_BLOCK; i < 6 * MINUTES_IN_BLOCK; i++)
        add_ok(log, "a sample that is somewhat longer than the others were before",
               FIRST_MINUTE + i, names);
    t = minutes(log, "live");
    assert_int_equal(t.last, FIRST_MINUTE + 6 * MINUTES_IN_BLOCK - 1);
    assert_true(t.first > FIRST_MINUTE);
    assert_string_equal(get_ok(s, STORE_WORK, "000000"), filler);
    stats_log_close(log);
    store_close(s);
}

static void keys_before_another_are_deleted(void **state)
{
    struct store *s = open_ok(*state);
    struct store_txn *t;
    struct err e;

    for (int k = 'a'; k <= 'e'; k++)
        put_ok(s, STORE_HOURS, (char[]){(char)k, 0}, "v");
    t = store_write(s, STORE_HISTORY, &e);
    store_trim_before(t, STORE_HOURS, STR("a"));
    assert_int_equal(store_count(t, STORE_HOURS), 5);
    store_trim_before(t, STORE_HOURS, STR("cc"));
    assert_int_equal(store_count(t, STORE_HOURS), 2);
    store_trim_before(t, STORE_STATS, STR("z"));
    assert_int_equal(store_commit(t, &e), 0);
    assert_null(get_ok(s, STORE_HOURS, "c"));
    assert_string_equal(get_ok(s, STORE_HOURS, "d"), "v");
    assert_true(store_used_bytes(s, STORE_HISTORY) > 0);
    store_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_samples_are_kept),
        TEST(a_day_of_minutes_is_kept_over_restarts),
        TEST(a_full_history_loses_the_oldest_hour),
        TEST(keys_before_another_are_deleted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
