/* SPDX-License-Identifier: Apache-2.0 */
/* `activity --follow` against an activity that lives: every entry once and in order, whatever
 * happens between two questions. */
#include "cli/follow.h"

#include "base/json_in.h"
#include "chance.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 4096 };

/* The agent's side: numbers ascend; an entry fits the filter or does not. */
struct activity_model {
    uint64_t seqs[ENTRIES_MAX];
    bool fits[ENTRIES_MAX];
    size_t count;
    uint64_t next;
};

/* What was shown. */
struct seen {
    uint64_t seqs[ENTRIES_MAX];
    size_t count;
};

static void happen(struct activity_model *m, bool fits)
{
    assert_true(m->count < ENTRIES_MAX);
    m->seqs[m->count] = m->next++;
    m->fits[m->count++] = fits;
}

static uint64_t number_after(const char *path, const char *name, uint64_t absent)
{
    const char *at = strstr(path, name);

    return at ? strtoull(at + strlen(name), NULL, 10) : absent;
}

/* The answer to `path`, as GET /activity gives it. */
static void answer(const struct activity_model *m, const char *path, struct buf *out)
{
    uint64_t since = number_after(path, "since=", 0), limit = number_after(path, "limit=", 100);
    bool oldest = strstr(path, "oldest=true") != NULL, filter = strstr(path, "filter=") != NULL;
    const char *before = "";

    assert_true(limit >= 1 && limit <= 1000);
    buf_add_char(out, '[');
    for (size_t k = 0; k < m->count && limit; k++) {
        size_t i = oldest ? k : m->count - 1 - k;
        if (m->seqs[i] <= since || (filter && !m->fits[i]))
            continue;
        buf_printf(out, "%s{\"seq\":%" PRIu64 "}", before, m->seqs[i]);
        before = ",";
        limit--;
    }
    buf_add_char(out, ']');
}

static void on_entry(void *ctx, const struct json *entry)
{
    struct seen *seen = ctx;

    assert_true(seen->count < ENTRIES_MAX);
    seen->seqs[seen->count++] = (uint64_t)json_get(entry, "seq")->integer;
}

/* One question to `m`; the agent may do something while it is answered. */
static enum follow_result ask(struct follow *f, const struct activity_model *m, struct seen *seen)
{
    struct arena a = ARENA_INIT;
    struct buf path, text;
    struct json *list;
    struct err e;
    enum follow_result result;

    buf_init(&path, 4096);
    buf_init(&text, 1U << 20);
    follow_put_path(f, &path);
    answer(m, path.p, &text);
    assert_int_equal(json_parse(&a, buf_str(&text), JSON_MAX_DEPTH, &list, &e), 0);
    result = follow_take(f, list, &a, on_entry, seen);
    buf_free(&path);
    buf_free(&text);
    arena_free(&a);
    return result;
}

static void ask_all(struct follow *f, const struct activity_model *m, struct seen *seen)
{
    while (ask(f, m, seen) != FOLLOW_WAIT)
        ;
}

static struct activity_model *model_new(void)
{
    struct activity_model *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->next = 1;
    return m;
}

static void expect_seen(const struct seen *seen, const char *wanted)
{
    char text[512] = "";

    for (size_t i = 0; i < seen->count; i++) {
        size_t n = strlen(text);
        (void)snprintf(text + n, sizeof text - n, "%" PRIu64 " ", seen->seqs[i]);
    }
    assert_string_equal(text, wanted);
}

static void test_the_last_ones_come_first_and_then_what_happens(void **state)
{
    struct activity_model *m = model_new();
    struct seen seen = {0};
    struct follow f;

    (void)state;
    for (int i = 0; i < 8; i++)
        happen(m, true);
    follow_init(&f, STR(""), 3);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "6 7 8 ");
    ask_all(&f, m, &seen);
    expect_seen(&seen, "6 7 8 ");
    happen(m, true);
    happen(m, true);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "6 7 8 9 10 ");
    free(m);
}

static void test_nothing_before_when_none_is_wanted(void **state)
{
    struct activity_model *m = model_new();
    struct seen seen = {0};
    struct follow f;

    (void)state;
    happen(m, true);
    follow_init(&f, STR(""), 0);
    ask_all(&f, m, &seen);
    happen(m, true);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "2 ");
    free(m);
}

static void test_an_empty_activity_begins_with_its_first_entry(void **state)
{
    struct activity_model *m = model_new();
    struct seen seen = {0};
    struct follow f;

    (void)state;
    follow_init(&f, STR(""), 10);
    ask_all(&f, m, &seen);
    happen(m, true);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "1 ");
    free(m);
}

/* Numbers that are smaller than those that were shown. */
static void test_another_store_is_told_and_shown_from_its_end(void **state)
{
    struct activity_model *m = model_new();
    struct seen seen = {0};
    struct follow f;

    (void)state;
    m->next = 100;
    happen(m, true);
    follow_init(&f, STR(""), 2);
    ask_all(&f, m, &seen);
    m->count = 0;
    m->next = 1;
    for (int i = 0; i < 3; i++)
        happen(m, true);
    assert_int_equal(ask(&f, m, &seen), FOLLOW_ANEW);
    ask_all(&f, m, &seen);
    happen(m, true);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "100 2 3 4 ");
    free(m);
}

static void test_what_does_not_fit_the_filter_is_not_read_again(void **state)
{
    struct activity_model *m = model_new();
    struct seen seen = {0};
    struct follow f;

    (void)state;
    follow_init(&f, STR("a b"), 10);
    happen(m, true);
    ask_all(&f, m, &seen);
    for (int i = 0; i < 300; i++)
        happen(m, false);
    ask_all(&f, m, &seen);
    assert_int_equal(f.last, 301);
    happen(m, true);
    ask_all(&f, m, &seen);
    expect_seen(&seen, "1 302 ");
    free(m);
}

static void test_the_filter_is_encoded(void **state)
{
    struct follow f = {.filter = STR("a&limit=7 \xc3\xa9"), .step = FOLLOW_MORE, .last = 4};
    struct buf path;

    (void)state;
    buf_init(&path, 256);
    follow_put_path(&f, &path);
    assert_string_equal(path.p,
                        "/activity?oldest=true&limit=100&since=4&filter=a%26limit%3D7%20%C3%A9");
    buf_free(&path);
}

static void test_what_is_no_activity_is_refused(void **state)
{
    static const char *const bad[] = {
        "{}", "7", "[{}]", "[7]", "[{\"seq\":0}]", "[{\"seq\":\"1\"}]"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = ARENA_INIT;
        struct json *o;
        struct follow f;
        follow_init(&f, STR(""), 10);
        assert_int_equal(json_parse(&a, str_z(bad[i]), JSON_MAX_DEPTH, &o, NULL), 0);
        assert_int_equal(follow_take(&f, o, &a, on_entry, NULL), FOLLOW_BAD);
        arena_free(&a);
    }
}

/* Bursts, skipped numbers (a crash), answers that are lost. */
static void live(uint64_t seed, const char *filter)
{
    struct activity_model *m = model_new();
    struct seen *seen = calloc(1, sizeof *seen);
    struct follow f;
    size_t expected = 0;

    assert_non_null(seen);
    follow_init(&f, str_z(filter), 0);
    ask_all(&f, m, seen);
    for (int step = 0; step < 120; step++) {
        unsigned burst = chance(&seed, 8) == 0 ? chance(&seed, 250) : chance(&seed, 3);
        while (burst-- && m->count < ENTRIES_MAX - 1)
            happen(m, chance(&seed, 3) != 0);
        if (chance(&seed, 20) == 0)
            m->next += chance(&seed, 1024);
        if (chance(&seed, 6) == 0)
            follow_miss(&f);
        else
            (void)ask(&f, m, seen);
    }
    ask_all(&f, m, seen);
    for (size_t i = 0; i < m->count; i++) {
        if (*filter && !m->fits[i])
            continue;
        assert_true(expected < seen->count);
        assert_int_equal(seen->seqs[expected++], m->seqs[i]);
    }
    assert_int_equal(seen->count, expected);
    free(m);
    free(seen);
}

static void test_every_entry_is_shown_once_and_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++)
        live(seed, seed % 2 ? "" : "word");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_ones_come_first_and_then_what_happens),
        cmocka_unit_test(test_nothing_before_when_none_is_wanted),
        cmocka_unit_test(test_an_empty_activity_begins_with_its_first_entry),
        cmocka_unit_test(test_another_store_is_told_and_shown_from_its_end),
        cmocka_unit_test(test_what_does_not_fit_the_filter_is_not_read_again),
        cmocka_unit_test(test_the_filter_is_encoded),
        cmocka_unit_test(test_what_is_no_activity_is_refused),
        cmocka_unit_test(test_every_entry_is_shown_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
