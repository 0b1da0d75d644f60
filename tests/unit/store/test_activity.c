/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include "base/json_in.h"
#include "store/activity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct activity_log *log_ok(struct store *s, size_t max)
{
    struct err e;
    struct activity_log *log = activity_open(s, max, &e);

    if (!log)
        fail_msg("%s", e.text);
    return log;
}

static uint64_t append_ok(struct activity_log *log, const char *verb, const char *object,
                          const char *reason)
{
    struct activity what = {.time_ms = 1700000000000,
                            .verb = str_z(verb),
                            .object = str_z(object),
                            .actor = STR("api"),
                            .reason = str_z(reason)};
    uint64_t seq = 0;
    struct err e;

    if (activity_append(log, &what, &seq, NULL, &e))
        fail_msg("%s", e.text);
    return seq;
}

/* The numbers that a query gives, such as "3 2 1 ". */
static const char *ask_seqs(struct activity_log *log, uint64_t since, size_t limit,
                            const char *filter, bool oldest_first)
{
    static char seqs[256];
    struct activity_query query = {since, limit, str_z(filter), oldest_first};
    struct arena a = ARENA_INIT;
    struct json *list;
    struct buf out;
    struct err e;

    buf_init(&out, 1u << 20);
    if (activity_query(log, &query, &out, &e))
        fail_msg("%s", e.text);
    assert_int_equal(json_parse(&a, buf_str(&out), JSON_MAX_DEPTH, &list, &e), 0);
    assert_int_equal(list->type, JSON_ARRAY);
    seqs[0] = 0;
    for (const struct json *o = list->first; o; o = o->next) {
        size_t n = strlen(seqs);
        (void)snprintf(seqs + n, sizeof seqs - n, "%d ", (int)json_get(o, "seq")->integer);
    }
    arena_free(&a);
    buf_free(&out);
    return seqs;
}

static const char *query_seqs(struct activity_log *log, uint64_t since, size_t limit,
                              const char *filter)
{
    return ask_seqs(log, since, limit, filter, false);
}

static void test_the_newest_comes_first(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);

    assert_string_equal(query_seqs(log, 0, 0, ""), "");
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(append_ok(log, "online", "backend/web", ""), i);
    assert_string_equal(query_seqs(log, 0, 0, ""), "5 4 3 2 1 ");
    assert_string_equal(query_seqs(log, 0, 2, ""), "5 4 ");
    assert_string_equal(query_seqs(log, 3, 0, ""), "5 4 ");
    assert_string_equal(query_seqs(log, 3, 1, ""), "5 ");
    assert_string_equal(query_seqs(log, 5, 0, ""), "");
    assert_string_equal(query_seqs(log, UINT64_MAX, 0, ""), "");
    activity_close(log);
    store_close(s);
}

static void test_the_oldest_behind_a_number_come_first(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 4);

    assert_string_equal(ask_seqs(log, 0, 0, "", true), "");
    for (uint64_t i = 1; i <= 6; i++)
        append_ok(log, i % 2 ? "online" : "offline", "backend/web", "");
    assert_string_equal(ask_seqs(log, 0, 0, "", true), "3 4 5 6 "); /* 1 and 2 are trimmed */
    assert_string_equal(ask_seqs(log, 1, 2, "", true), "3 4 ");
    assert_string_equal(ask_seqs(log, 4, 0, "", true), "5 6 ");
    assert_string_equal(ask_seqs(log, 3, 1, "", true), "4 ");
    assert_string_equal(ask_seqs(log, 3, 1, "online", true), "5 ");
    assert_string_equal(ask_seqs(log, 6, 0, "", true), "");
    assert_string_equal(ask_seqs(log, UINT64_MAX, 0, "", true), "");
    activity_close(log);
    store_close(s);
}

static void test_an_entry_has_this_form(void **state)
{
    static const char wanted[] =
        "{\"type\":\"activity\",\"seq\":1,\"time\":1700000000000,\"verb\":\"switched\","
        "\"object\":\"backend/web\",\"actor\":\"api\",\"reason\":\"a \\\"b\\\"\\n\","
        "\"generation\":42,\"before\":{\"version\":\"1\"},\"after\":\"no JSON\"}";
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);
    struct activity what = {1700000000000,
                            STR("switched"),
                            STR("backend/web"),
                            STR("api"),
                            STR("a \"b\"\n"),
                            42,
                            STR("{\"version\": \"1\"}"),
                            STR("no JSON")};
    struct activity_query query = {0, 1, STR_NONE, false};
    struct buf entry, list;
    uint64_t seq;
    struct err e;

    buf_init(&entry, 4096);
    buf_init(&list, 4096);
    assert_int_equal(activity_append(log, &what, &seq, &entry, &e), 0);
    assert_string_equal(buf_str(&entry).p, wanted);
    assert_int_equal(activity_query(log, &query, &list, &e), 0);
    assert_int_equal(list.n, entry.n + 2);
    assert_memory_equal(list.p + 1, entry.p, entry.n);
    buf_free(&entry);
    buf_free(&list);
    activity_close(log);
    store_close(s);
}

static void test_a_filter_finds_words_in_any_field(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);

    append_ok(log, "online", "backend/web", "10.0.0.1:80");
    append_ok(log, "switched", "backend/Shop", "by hand \"x\\y\"");
    append_ok(log, "online", "backend/shop", "type activity");
    assert_string_equal(query_seqs(log, 0, 0, "ONLINE"), "3 1 ");
    assert_string_equal(query_seqs(log, 0, 0, "shop"), "3 2 ");
    assert_string_equal(query_seqs(log, 0, 0, " online  SHOP "), "3 ");
    assert_string_equal(query_seqs(log, 0, 1, "backend/"), "3 ");
    assert_string_equal(query_seqs(log, 0, 0, "\"x\\y\""), "2 ");
    assert_string_equal(query_seqs(log, 0, 0, "api"), "3 2 1 ");
    assert_string_equal(query_seqs(log, 0, 0, "1700000000000"), ""); /* of no text field */
    assert_string_equal(query_seqs(log, 0, 0, "verb"), "");
    assert_string_equal(query_seqs(log, 0, 0, "activity"), "3 ");
    activity_close(log);
    store_close(s);
}

static void test_bad_queries_name_the_parameter(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);
    struct activity_query many = {.limit = ACTIVITY_LIMIT_MAX + 1};
    struct activity_query words = {.filter = STR("a b c d e f g h i")};
    struct activity_query all = {0};
    struct buf out;
    struct err e;

    buf_init(&out, 300);
    assert_int_equal(activity_query(log, &many, &out, &e), -1);
    assert_string_equal(e.field, "limit");
    assert_int_equal(e.kind, ERR_INVALID);
    assert_int_equal(activity_query(log, &words, &out, &e), -1);
    assert_string_equal(e.field, "filter");
    for (int i = 0; i < 5; i++)
        append_ok(log, "online", "backend/web", "");
    assert_int_equal(activity_query(log, &all, &out, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    buf_free(&out);
    activity_close(log);
    store_close(s);
}

static void test_the_oldest_entries_go(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 3);

    for (int i = 0; i < 10; i++)
        append_ok(log, "online", "backend/web", "");
    assert_string_equal(query_seqs(log, 0, 0, ""), "10 9 8 ");
    activity_close(log);
    log = log_ok(s, 2); /* a smaller limit applies with the next entry */
    append_ok(log, "online", "backend/web", "");
    assert_string_equal(query_seqs(log, 0, 0, ""), "11 10 ");
    activity_close(log);
    store_close(s);
}

static void test_numbers_go_on_after_a_restart(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);

    append_ok(log, "started", "agent", "");
    append_ok(log, "online", "backend/web", "");
    activity_close(log);
    store_close(s);
    s = open_ok(*state);
    log = log_ok(s, 100);
    assert_int_equal(append_ok(log, "started", "agent", ""), 3);
    assert_string_equal(query_seqs(log, 0, 0, ""), "3 2 1 ");
    activity_close(log);
    store_close(s);
}

static void append_and_die(void *ctx)
{
    struct place *p = ctx;
    struct err e;
    struct store *s = store_open(p->store, NULL, &e);
    struct activity_log *log = activity_open(s, 100, &e);

    for (int i = 0; i < 5; i++)
        append_ok(log, "online", "backend/web", "");
    _exit(0); /* neither closed */
}

static void lose_history(struct place *p)
{
    (void)unlink(place_path(p, "store/history/data.mdb"));
    (void)unlink(place_path(p, "store/history/lock.mdb"));
}

static void test_no_number_is_used_twice_when_history_is_lost(void **state)
{
    struct place *p = *state;
    struct store *s;
    struct activity_log *log;
    uint64_t last;

    assert_int_equal(child_run(append_and_die, p), 0);
    lose_history(p);
    s = open_ok(p);
    log = log_ok(s, 100);
    last = append_ok(log, "started", "agent", "");
    assert_true(last > 5 && last <= 5 + 2 * ACTIVITY_STEP);
    activity_close(log);
    store_close(s);
    lose_history(p); /* and after a clean end */
    s = open_ok(p);
    log = log_ok(s, 100);
    assert_int_equal(append_ok(log, "started", "agent", ""), last + 1);
    activity_close(log);
    store_close(s);
}

static void test_entries_outlive_kill(void **state)
{
    struct place *p = *state;
    struct store *s;
    struct activity_log *log;

    assert_int_equal(child_run(append_and_die, p), 0);
    s = open_ok(p);
    log = log_ok(s, 100);
    assert_string_equal(query_seqs(log, 0, 0, ""), "5 4 3 2 1 ");
    activity_close(log);
    store_close(s);
}

static void test_large_texts_are_bounded(void **state)
{
    struct store *s = open_ok(*state);
    struct activity_log *log = log_ok(s, 100);
    char *big = malloc(100000);
    struct buf entry;
    uint64_t seq;
    struct err e;

    memset(big, 1, 100000); /* each byte becomes six in JSON */
    struct str text = {big, 100000}, object = {big, ACTIVITY_OBJECT_MAX};
    struct activity what = {1, text, text, text, text, 1, text, object};
    buf_init(&entry, 1u << 20);
    if (activity_append(log, &what, &seq, &entry, &e))
        fail_msg("%s", e.text);
    assert_non_null(strstr(entry.p, "\"before\":\"left out: 100000 bytes\""));
    assert_true(entry.n < 200000);
    assert_string_equal(query_seqs(log, 0, 0, ""), "1 ");
    free(big);
    buf_free(&entry);
    activity_close(log);
    store_close(s);
}

static void test_a_full_history_makes_room(void **state)
{
    struct place *p = *state;
    const struct store_limits small = {.history_bytes = 1024 * 1024};
    struct err e;
    struct store *s = store_open(p->store, &small, &e);
    struct activity_log *log = log_ok(s, 100000);
    struct store_txn *t;
    char reason[1500];
    uint64_t seq = 0;
    size_t count;

    memset(reason, 'r', sizeof reason - 1);
    reason[sizeof reason - 1] = 0;
    for (int i = 0; i < 3000; i++)
        seq = append_ok(log, "online", "backend/web", reason);
    assert_int_equal(seq, 3000);
    t = store_read(s, STORE_HISTORY, &e);
    count = store_count(t, STORE_ACTIVITY);
    store_abort(t);
    assert_true(count > 200 && count < 700);
    assert_string_equal(query_seqs(log, 2997, 0, ""), "3000 2999 2998 ");
    activity_close(log);
    store_close(s);
}

static double now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void measure_query(struct activity_log *log, const char *filter)
{
    struct activity_query query = {0, 100, str_z(filter), false};
    struct buf out;
    struct err e;
    double begin = now_ms();

    buf_init(&out, 1u << 20);
    assert_int_equal(activity_query(log, &query, &out, &e), 0);
    print_message("100 newest of %d with filter \"%s\": %.2f ms\n", ACTIVITY_ENTRIES, filter,
                  now_ms() - begin);
    assert_true(now_ms() - begin < 5000);
    buf_free(&out);
}

static void test_a_hundred_thousand_entries_are_no_burden(void **state)
{
    struct place *p = *state;
    struct store *s = open_ok(p);
    struct activity_log *log = log_ok(s, ACTIVITY_ENTRIES);
    double begin = now_ms();
    char object[64];

    for (int i = 0; i < ACTIVITY_ENTRIES + 5000; i++) {
        (void)snprintf(object, sizeof object, "backend/shop-%d/shop-%d_10.0.%d.%d:8080", i % 50,
                       i % 50, i % 250, i % 7);
        append_ok(log, i % 2 ? "online" : "offline", object, "the registry says so");
    }
    print_message("append: %.1f us each\n", (now_ms() - begin) * 1e3 / (ACTIVITY_ENTRIES + 5000));
    measure_query(log, "");
    measure_query(log, "offline shop-7");
    measure_query(log, "found nowhere");
    activity_close(log);
    store_close(s);
    begin = now_ms();
    s = open_ok(p);
    print_message("opening it: %.1f ms\n", now_ms() - begin);
    log = log_ok(s, ACTIVITY_ENTRIES);
    assert_int_equal(append_ok(log, "started", "agent", ""), ACTIVITY_ENTRIES + 5001);
    activity_close(log);
    store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_newest_comes_first),
        TEST(test_the_oldest_behind_a_number_come_first),
        TEST(test_an_entry_has_this_form),
        TEST(test_a_filter_finds_words_in_any_field),
        TEST(test_bad_queries_name_the_parameter),
        TEST(test_the_oldest_entries_go),
        TEST(test_numbers_go_on_after_a_restart),
        TEST(test_no_number_is_used_twice_when_history_is_lost),
        TEST(test_entries_outlive_kill),
        TEST(test_large_texts_are_bounded),
        TEST(test_a_full_history_makes_room),
        TEST(test_a_hundred_thousand_entries_are_no_burden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
