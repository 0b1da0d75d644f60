/* SPDX-License-Identifier: Apache-2.0 */
/* A damaged file is refused as it is, or does no harm: what opens has every record. */
#include "place.h"

#include "store/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS = 300 };

/* xorshift: the same numbers each time */
static uint64_t random_state = 88172645463325252u;

static uint64_t random_below(uint64_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % n;
}

static struct str key_of(unsigned i, char out[32])
{
    return (struct str){out, (size_t)snprintf(out, 32, "key-%06u-%08x", i, i * 2654435761u)};
}

/* What the store should hold: sizes of the values, whose bytes follow from key and size. */
struct model {
    size_t size[KEYS]; /* 0: absent */
    char text[65536];
};

static struct str value_of(struct model *m, unsigned i, size_t size)
{
    for (size_t k = 0; k < size; k++)
        m->text[k] = (char)('a' + (i * 7 + k + size) % 26);
    return (struct str){m->text, size};
}

static size_t random_size(void)
{
    switch (random_below(8)) {
    case 0: return 1 + random_below(20000);
    case 1: return 2000 + random_below(100);
    case 2: return 4070 + random_below(20);
    default: return 1 + random_below(300);
    }
}

static void random_change(struct store *s, struct model *m, enum store_env env,
                          enum store_table table)
{
    struct err e;
    struct store_txn *t = store_write(s, env, &e);
    unsigned count = (unsigned)random_below(12) + 1;

    assert_non_null(t);
    while (count--) {
        unsigned i = (unsigned)random_below(KEYS);
        char key[32];
        m->size[i] = random_below(3) ? random_size() : 0;
        if (m->size[i])
            store_put(t, table, key_of(i, key), value_of(m, i, m->size[i]));
        else
            store_del(t, table, key_of(i, key));
    }
    if (store_commit(t, &e))
        fail_msg("%s", e.text);
}

/* 0 when the store holds the model, and nothing else. */
static int compare(struct store *s, struct model *m)
{
    struct err e;
    struct store_txn *t = store_read(s, STORE_STATE, &e);
    size_t count = 0;
    int wrong = 0;

    assert_non_null(t);
    for (unsigned i = 0; i < KEYS; i++) {
        struct str value;
        char key[32];
        if (store_get(t, STORE_BACKENDS, key_of(i, key), &value, &e) ||
            (!m->size[i] ? value.p != NULL : !str_eq(value, value_of(m, i, m->size[i]))))
            wrong++;
        count += m->size[i] != 0;
    }
    wrong += store_count(t, STORE_BACKENDS) != count;
    store_abort(t);
    return wrong;
}

static void verify_ok(const char *path, struct pages_summary *summary)
{
    struct buf bytes;
    struct err e;

    file_get(path, &bytes);
    if (pages_verify(buf_str(&bytes), STORE_FORMAT, summary, &e))
        fail_msg("%s", e.text);
    buf_free(&bytes);
}

static void test_a_sound_file_is_never_called_damaged(void **state)
{
    struct place *p = *state;
    struct model *m = calloc(1, sizeof *m);
    struct store *s = open_ok(p);
    struct pages_summary summary = {0};
    uint64_t most_free = 0, most_pages = 0;

    for (int i = 0; i < 600; i++) {
        random_change(s, m, STORE_STATE, STORE_BACKENDS);
        if (i % 50 == 0 || i < 20) {
            verify_ok(place_path(p, "store/state/data.mdb"), &summary);
            most_free = summary.free_pages > most_free ? summary.free_pages : most_free;
            most_pages = summary.pages > most_pages ? summary.pages : most_pages;
        }
    }
    assert_int_equal(summary.format, STORE_FORMAT);
    print_message("up to %llu pages, %llu of them free\n", (unsigned long long)most_pages,
                  (unsigned long long)most_free);
    assert_true(most_free > 20 && most_pages > 200); /* the walk had something to do */
    store_close(s);
    s = open_ok(p);
    assert_int_equal(compare(s, m), 0);
    store_close(s);
    free(m);
}

static void test_a_full_history_is_never_called_damaged(void **state)
{
    struct place *p = *state;
    struct err e;
    struct store *s = store_open(p->store, NULL, &e);
    struct pages_summary summary;
    uint64_t next = 0;

    assert_non_null(s);
    for (int i = 0; i < 3000; i++) {
        struct store_txn *t = store_write(s, STORE_HISTORY, &e);
        for (uint64_t n = random_below(5); n; n--, next++) {
            unsigned char key[8] = {[5] = (unsigned char)(next >> 16),
                                    [6] = (unsigned char)(next >> 8),
                                    [7] = (unsigned char)next};
            char value[700] = {0};
            store_put(t, STORE_ACTIVITY, (struct str){(char *)key, 8},
                      (struct str){value, 1 + random_below(sizeof value)});
        }
        store_trim(t, STORE_ACTIVITY, 500);
        assert_int_equal(store_commit(t, &e), 0);
        if (i % 100 == 0)
            verify_ok(place_path(p, "store/history/data.mdb"), &summary);
    }
    store_close(s);
    verify_ok(place_path(p, "store/history/data.mdb"), &summary);
    assert_int_equal(summary.records, 501);
}

static struct buf sound_file(struct place *p, struct model *m)
{
    struct buf bytes;
    struct store *s = open_ok(p);

    for (int i = 0; i < 150; i++)
        random_change(s, m, STORE_STATE, STORE_BACKENDS);
    store_close(s);
    file_get(place_path(p, "store/state/data.mdb"), &bytes);
    return bytes;
}

/* Open a store whose data file was replaced by `bytes`; true when it was refused, and untouched. */
static bool refused(struct place *p, struct model *m, struct str bytes)
{
    const char *path = place_path(p, "store/state/data.mdb");
    struct err e = {0};
    struct pages_summary summary;
    struct store *s;
    struct buf after;

    file_set(path, bytes);
    s = store_open(p->store, NULL, &e);
    if (s) {
        assert_int_equal(compare(s, m), 0);
        put_ok(s, STORE_META, "after", "the damage");
        assert_int_equal(compare(s, m), 0);
        store_close(s);
        verify_ok(path, &summary);
        return false;
    }
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_non_null(strstr(e.text, "store/state/data.mdb: damaged: "));
    file_get(path, &after);
    assert_true(str_eq(buf_str(&after), bytes));
    buf_free(&after);
    return true;
}

/* Mostly where it hurts: meta pages, page headers, pointers to nodes. */
static size_t random_place(size_t size)
{
    size_t page = random_below(size / 4096) * 4096;

    switch (random_below(4)) {
    case 0: return random_below(4096 * 2);
    case 1: return page + random_below(64);
    default: return page + random_below(4096);
    }
}

static void test_a_changed_byte_is_refused_or_harmless(void **state)
{
    struct place *p = *state;
    struct model *m = calloc(1, sizeof *m);
    struct buf sound = sound_file(p, m);
    unsigned refusals = 0, rounds = 1000;

    for (unsigned i = 0; i < rounds; i++) {
        size_t at = random_place(sound.n);
        char old = sound.p[at];
        sound.p[at] = (char)(old ^ (1 + (int)random_below(255)));
        refusals += refused(p, m, buf_str(&sound));
        sound.p[at] = old;
    }
    print_message("%u of %u changed bytes refused\n", refusals, rounds);
    assert_true(refusals > rounds / 5);
    assert_false(refused(p, m, buf_str(&sound)));
    buf_free(&sound);
    free(m);
}

static void test_a_cluster_of_garbage_is_refused_or_harmless(void **state)
{
    struct place *p = *state;
    struct model *m = calloc(1, sizeof *m);
    struct buf sound = sound_file(p, m);
    char *copy = malloc(sound.n);

    for (int i = 0; i < 200; i++) {
        size_t n = 1 + random_below(8192), at = random_below(sound.n - n);
        memcpy(copy, sound.p, sound.n);
        for (size_t k = 0; k < n; k++)
            copy[at + k] = (char)random_below(256);
        (void)refused(p, m, (struct str){copy, sound.n});
    }
    free(copy);
    buf_free(&sound);
    free(m);
}

static void test_a_truncated_file_is_refused(void **state)
{
    struct place *p = *state;
    struct model *m = calloc(1, sizeof *m);
    struct buf sound = sound_file(p, m);
    size_t last_used = sound.n; /* the end may be free pages: then nothing is lost */

    for (size_t n = 0; n < 8192; n += 97)
        assert_true(refused(p, m, (struct str){sound.p, n}));
    while (last_used > 4096 && !refused(p, m, (struct str){sound.p, last_used - 4096}))
        last_used -= 4096;
    assert_true(last_used > sound.n / 2);
    for (int i = 0; i < 100; i++)
        assert_true(refused(p, m, (struct str){sound.p, random_below(last_used - 4096)}));
    buf_free(&sound);
    free(m);
}

static void test_what_is_no_store_is_refused(void **state)
{
    struct place *p = *state;
    struct model *m = calloc(1, sizeof *m);
    struct buf sound = sound_file(p, m);
    char *noise = malloc(65536);

    assert_true(refused(p, m, STR("")));
    assert_true(refused(p, m, STR("hello\n")));
    for (size_t i = 0; i < 65536; i++)
        noise[i] = (char)random_below(256);
    assert_true(refused(p, m, (struct str){noise, 65536}));
    memcpy(noise, sound.p, 8192); /* sound meta pages, nothing behind them */
    assert_true(refused(p, m, (struct str){noise, 65536}));
    memset(noise, 0, 65536);
    assert_true(refused(p, m, (struct str){noise, 65536}));
    free(noise);
    buf_free(&sound);
    free(m);
}

static void test_a_folder_in_place_of_the_file_is_an_error(void **state)
{
    struct place *p = *state;
    struct err e;

    store_close(open_ok(p));
    assert_int_equal(unlink(place_path(p, "store/state/data.mdb")), 0);
    assert_int_equal(mkdir(place_path(p, "store/state/data.mdb"), 0700), 0);
    e = open_fails(p);
    assert_int_equal(e.kind, ERR_INTERNAL);
    assert_non_null(strstr(e.text, "store/state/data.mdb"));
}

static void test_a_lost_data_file_begins_anew(void **state)
{
    struct place *p = *state;
    struct store *s = open_ok(p);

    put_ok(s, STORE_META, "a", "1");
    store_close(s);
    assert_int_equal(unlink(place_path(p, "store/state/data.mdb")), 0);
    s = open_ok(p); /* the lock file that stayed behind does no harm */
    assert_null(get_ok(s, STORE_META, "a"));
    store_close(s);
}

static void test_a_damaged_lock_file_does_no_harm(void **state)
{
    struct place *p = *state;
    struct store *s = open_ok(p);
    char noise[8192];

    put_ok(s, STORE_META, "a", "1");
    store_close(s);
    memset(noise, 0xa5, sizeof noise);
    file_set(place_path(p, "store/state/lock.mdb"), (struct str){noise, sizeof noise});
    s = open_ok(p);
    assert_string_equal(get_ok(s, STORE_META, "a"), "1");
    put_ok(s, STORE_META, "a", "2");
    store_close(s);
}

static void test_a_damaged_history_is_moved_aside(void **state)
{
    struct place *p = *state;
    const char *path = place_path(p, "store/history/data.mdb");
    struct store *s = open_ok(p);
    struct buf aside;

    put_ok(s, STORE_META, "a", "kept");
    put_ok(s, STORE_WORK, "w", "lost");
    store_close(s);
    file_set(path, STR("garbage 1"));
    store_close(open_ok(p));
    file_set(path, STR("garbage 2")); /* a second time: the first copy makes room */
    s = open_ok(p);
    assert_string_equal(get_ok(s, STORE_META, "a"), "kept");
    assert_null(get_ok(s, STORE_WORK, "w"));
    put_ok(s, STORE_WORK, "w", "anew");
    store_close(s);
    s = open_ok(p);
    assert_string_equal(get_ok(s, STORE_WORK, "w"), "anew");
    store_close(s);
    file_get(place_path(p, "store/history.damaged/data.mdb"), &aside);
    assert_true(str_eq_z(buf_str(&aside), "garbage 2"));
    buf_free(&aside);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_sound_file_is_never_called_damaged),
        TEST(test_a_full_history_is_never_called_damaged),
        TEST(test_a_changed_byte_is_refused_or_harmless),
        TEST(test_a_cluster_of_garbage_is_refused_or_harmless),
        TEST(test_a_truncated_file_is_refused),
        TEST(test_what_is_no_store_is_refused),
        TEST(test_a_folder_in_place_of_the_file_is_an_error),
        TEST(test_a_lost_data_file_begins_anew),
        TEST(test_a_damaged_lock_file_does_no_harm),
        TEST(test_a_damaged_history_is_moved_aside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
