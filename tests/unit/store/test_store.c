/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void test_what_was_committed_is_there_after_reopening(void **state)
{
    struct place *p = *state;
    struct store *s = open_ok(p);

    put_ok(s, STORE_FRONTENDS, "web", "{\"a\":1}");
    put_ok(s, STORE_BACKENDS, "web", "other table, same key");
    put_ok(s, STORE_META, "empty", "");
    put_ok(s, STORE_WORK, "w", "history");
    store_close(s);
    s = open_ok(p);
    assert_string_equal(get_ok(s, STORE_FRONTENDS, "web"), "{\"a\":1}");
    assert_string_equal(get_ok(s, STORE_BACKENDS, "web"), "other table, same key");
    assert_string_equal(get_ok(s, STORE_META, "empty"), "");
    assert_string_equal(get_ok(s, STORE_META, "format"), "1");
    assert_string_equal(get_ok(s, STORE_WORK, "w"), "history");
    assert_null(get_ok(s, STORE_MEMBERS, "web"));
    store_close(s);
}

static void test_opening_an_unchanged_store_writes_nothing(void **state)
{
    struct place *p = *state;
    const char *path = place_path(p, "store/state/data.mdb");
    struct buf before, after;
    struct store *s = open_ok(p);

    put_ok(s, STORE_FRONTENDS, "web", "x");
    store_close(s);
    file_get(path, &before);
    store_close(open_ok(p));
    file_get(path, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_free(&before);
    buf_free(&after);
}

static void test_folders_belong_to_the_user_alone(void **state)
{
    static const char *const names[] = {"store", "store/state", "store/history"};
    struct place *p = *state;
    struct stat st;

    store_close(open_ok(p));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(place_path(p, names[i]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0700);
    }
    assert_int_equal(stat(place_path(p, "store/state/data.mdb"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_an_aborted_change_leaves_nothing(void **state)
{
    struct store *s = open_ok(*state);
    struct err e;
    struct store_txn *t = store_write(s, STORE_STATE, &e);

    store_put(t, STORE_META, STR("a"), STR("1"));
    store_abort(t);
    assert_null(get_ok(s, STORE_META, "a"));
    store_close(s);
}

static void test_a_failed_put_sticks_and_stores_nothing(void **state)
{
    char long_key[STORE_KEY_MAX + 1];
    struct store *s = open_ok(*state);
    struct err e;
    struct store_txn *t = store_write(s, STORE_STATE, &e);

    memset(long_key, 'k', sizeof long_key);
    store_put(t, STORE_META, STR("a"), STR("1"));
    store_put(t, STORE_META, (struct str){long_key, sizeof long_key}, STR("1"));
    store_put(t, STORE_META, STR("b"), STR("1"));
    assert_int_equal(store_commit(t, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_null(get_ok(s, STORE_META, "a"));
    assert_null(get_ok(s, STORE_META, "b"));
    store_close(s);
}

static void test_bounds_of_keys_and_values(void **state)
{
    struct store *s = open_ok(*state);
    char *big = calloc(1, STORE_VALUE_MAX + 1);
    char key[STORE_KEY_MAX];
    struct str largest = {big, STORE_VALUE_MAX};
    struct err e;

    memset(key, 'k', sizeof key);
    assert_int_equal(commit_one(s, STORE_STATE, STORE_META, STR(""), STR("x"), &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_int_equal(commit_one(s, STORE_STATE, STORE_META, STR("k"),
                                (struct str){big, STORE_VALUE_MAX + 1}, &e),
                     -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    assert_int_equal(
        commit_one(s, STORE_STATE, STORE_META, (struct str){key, sizeof key}, largest, &e), 0);
    store_close(s);
    s = open_ok(*state);
    struct store_txn *t = store_read(s, STORE_STATE, &e);
    struct str value;
    assert_int_equal(store_get(t, STORE_META, (struct str){key, sizeof key}, &value, &e), 0);
    assert_true(str_eq(value, largest));
    store_abort(t);
    free(big);
    store_close(s);
}

static void test_a_table_of_the_other_environment_is_refused(void **state)
{
    struct store *s = open_ok(*state);
    struct str value;
    struct err e;
    struct store_txn *t;

    assert_int_equal(commit_one(s, STORE_STATE, STORE_ACTIVITY, STR("k"), STR("x"), &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    t = store_read(s, STORE_HISTORY, &e);
    assert_int_equal(store_get(t, STORE_META, STR("k"), &value, &e), -1);
    store_put(t, STORE_ACTIVITY, STR("k"), STR("x")); /* a reader must not */
    assert_int_equal(store_commit(t, &e), -1);
    store_close(s);
}

static void test_a_second_writer_is_an_error_and_no_wait(void **state)
{
    struct store *s = open_ok(*state);
    struct err e;
    struct store_txn *t = store_write(s, STORE_STATE, &e), *other;

    assert_null(store_write(s, STORE_STATE, &e));
    assert_int_equal(e.kind, ERR_INTERNAL);
    other = store_write(s, STORE_HISTORY, &e); /* another environment is another matter */
    assert_non_null(other);
    store_abort(other);
    other = store_read(s, STORE_STATE, &e);
    assert_non_null(other);
    store_abort(other);
    store_abort(t);
    t = store_write(s, STORE_STATE, &e);
    assert_non_null(t);
    assert_int_equal(store_commit(t, &e), 0);
    store_close(s);
}

struct collected {
    char keys[128];
    int stop_at;
};

static int collect(void *ctx, struct str key, struct str value, struct err *e)
{
    struct collected *c = ctx;
    size_t n = strlen(c->keys);

    (void)snprintf(c->keys + n, sizeof c->keys - n, STR_FMT "=" STR_FMT " ", STR_ARG(key),
                   STR_ARG(value));
    if (c->stop_at && key.p[0] == c->stop_at)
        return value.n == 0 ? err_set(e, ERR_CONFLICT, "told") : 1;
    return 0;
}

static int each(struct store *s, enum store_order order, const char *from, int stop_at,
                struct collected *c, struct err *e)
{
    struct store_txn *t = store_read(s, STORE_STATE, e);
    int rc;

    *c = (struct collected){.stop_at = stop_at};
    rc = store_each(t, STORE_MEMBERS, order, from ? str_z(from) : STR_NONE, collect, c, e);
    store_abort(t);
    return rc;
}

static void test_records_come_in_the_order_of_their_keys(void **state)
{
    struct store *s = open_ok(*state);
    struct collected c;
    struct err e;

    assert_int_equal(each(s, STORE_FORWARD, NULL, 0, &c, &e), 0);
    assert_string_equal(c.keys, "");
    assert_int_equal(each(s, STORE_BACKWARD, "x", 0, &c, &e), 0);
    assert_string_equal(c.keys, "");
    put_ok(s, STORE_MEMBERS, "d", "4");
    put_ok(s, STORE_MEMBERS, "b", "2");
    put_ok(s, STORE_MEMBERS, "f", "");
    assert_int_equal(each(s, STORE_FORWARD, NULL, 0, &c, &e), 0);
    assert_string_equal(c.keys, "b=2 d=4 f= ");
    assert_int_equal(each(s, STORE_FORWARD, "c", 0, &c, &e), 0);
    assert_string_equal(c.keys, "d=4 f= ");
    assert_int_equal(each(s, STORE_BACKWARD, NULL, 0, &c, &e), 0);
    assert_string_equal(c.keys, "f= d=4 b=2 ");
    assert_int_equal(each(s, STORE_BACKWARD, "d", 0, &c, &e), 0);
    assert_string_equal(c.keys, "d=4 b=2 ");
    assert_int_equal(each(s, STORE_BACKWARD, "e", 0, &c, &e), 0);
    assert_string_equal(c.keys, "d=4 b=2 ");
    assert_int_equal(each(s, STORE_BACKWARD, "z", 0, &c, &e), 0);
    assert_string_equal(c.keys, "f= d=4 b=2 ");
    assert_int_equal(each(s, STORE_BACKWARD, "a", 0, &c, &e), 0);
    assert_string_equal(c.keys, "");
    assert_int_equal(each(s, STORE_FORWARD, NULL, 'd', &c, &e), 0);
    assert_string_equal(c.keys, "b=2 d=4 ");
    assert_int_equal(each(s, STORE_FORWARD, NULL, 'f', &c, &e), -1);
    assert_int_equal(e.kind, ERR_CONFLICT);
    store_close(s);
}

static void test_trim_drops_the_first_records(void **state)
{
    struct store *s = open_ok(*state);
    struct collected c;
    struct err e;
    struct store_txn *t;

    for (int k = 'a'; k <= 'e'; k++)
        put_ok(s, STORE_MEMBERS, (char[]){(char)k, 0}, "v");
    t = store_write(s, STORE_STATE, &e);
    store_trim(t, STORE_MEMBERS, 7);
    assert_int_equal(store_count(t, STORE_MEMBERS), 5);
    store_trim(t, STORE_MEMBERS, 2);
    assert_int_equal(store_count(t, STORE_MEMBERS), 2);
    store_del(t, STORE_MEMBERS, STR("not there"));
    assert_int_equal(store_commit(t, &e), 0);
    assert_int_equal(each(s, STORE_FORWARD, NULL, 0, &c, &e), 0);
    assert_string_equal(c.keys, "d=v e=v ");
    t = store_write(s, STORE_STATE, &e);
    store_trim(t, STORE_MEMBERS, 0);
    assert_int_equal(store_commit(t, &e), 0);
    assert_int_equal(each(s, STORE_FORWARD, NULL, 0, &c, &e), 0);
    assert_string_equal(c.keys, "");
    store_close(s);
}

static void open_as_second(void *ctx)
{
    struct place *p = ctx;
    struct err e = {0};
    char pid[32];
    struct store *s = store_open(p->store, NULL, &e);

    (void)snprintf(pid, sizeof pid, "process %ld", (long)getppid());
    _exit(s == NULL && e.kind == ERR_CONFLICT && strstr(e.text, p->store) && strstr(e.text, pid)
              ? 7
              : 1);
}

static void test_a_second_agent_is_refused_and_the_first_goes_on(void **state)
{
    struct store *s = open_ok(*state);

    put_ok(s, STORE_META, "a", "1");
    assert_int_equal(WEXITSTATUS(child_run(open_as_second, *state)), 7);
    put_ok(s, STORE_META, "a", "2");
    store_close(s);
    s = open_ok(*state); /* the lock went with the first */
    assert_string_equal(get_ok(s, STORE_META, "a"), "2");
    store_close(s);
}

static void check_newer(struct place *p, enum store_table meta, const char *env, const char *data)
{
    struct buf before, after;
    struct err e;
    struct store *s = open_ok(p);

    put_ok(s, meta, "format", "2");
    store_close(s);
    file_get(place_path(p, data), &before);
    e = open_fails(p);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_non_null(strstr(e.text, "newer version"));
    assert_non_null(strstr(e.text, env));
    assert_non_null(strstr(e.text, "format 2"));
    file_get(place_path(p, data), &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_free(&before);
    buf_free(&after);
}

static void test_a_newer_state_is_refused_untouched(void **state)
{
    check_newer(*state, STORE_META, "store/state", "store/state/data.mdb");
}

static void test_a_newer_history_is_refused_untouched(void **state)
{
    check_newer(*state, STORE_HISTORY_META, "store/history", "store/history/data.mdb");
}

static void test_a_folder_that_cannot_be_made_is_an_error(void **state)
{
    struct place *p = *state;
    struct err e;
    char longer[PATH_MAX + 10];

    file_set(p->store, STR("a file"));
    e = open_fails(p);
    assert_non_null(strstr(e.text, p->store));
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = 0;
    assert_null(store_open(longer, NULL, &e));
}

static int double_cmp(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;

    return (a > b) - (a < b);
}

static double now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void measure(struct store *s, enum store_env env, enum store_table table, const char *what)
{
    enum { COUNT = 200 };
    double took[COUNT];
    char value[1000], key[16];
    struct err e;

    memset(value, 'v', sizeof value);
    for (int i = 0; i < COUNT; i++) {
        double begin = now_ms();
        struct str k = {key, (size_t)snprintf(key, sizeof key, "%d", i % 50)};
        assert_int_equal(commit_one(s, env, table, k, (struct str){value, sizeof value}, &e), 0);
        took[i] = now_ms() - begin;
    }
    qsort(took, COUNT, sizeof *took, double_cmp);
    print_message("%s commit of 1000 bytes: p50 %.3f ms, p99 %.3f ms\n", what, took[COUNT / 2],
                  took[COUNT * 99 / 100]);
    assert_true(took[COUNT / 2] < 1000);
}

static void test_a_commit_takes_milliseconds(void **state)
{
    struct store *s = open_ok(*state);

    measure(s, STORE_STATE, STORE_BACKENDS, "synced");
    measure(s, STORE_HISTORY, STORE_WORK, "unsynced");
    store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_committed_is_there_after_reopening),
        TEST(test_opening_an_unchanged_store_writes_nothing),
        TEST(test_folders_belong_to_the_user_alone),
        TEST(test_an_aborted_change_leaves_nothing),
        TEST(test_a_failed_put_sticks_and_stores_nothing),
        TEST(test_bounds_of_keys_and_values),
        TEST(test_a_table_of_the_other_environment_is_refused),
        TEST(test_a_second_writer_is_an_error_and_no_wait),
        TEST(test_records_come_in_the_order_of_their_keys),
        TEST(test_trim_drops_the_first_records),
        TEST(test_a_second_agent_is_refused_and_the_first_goes_on),
        TEST(test_a_newer_state_is_refused_untouched),
        TEST(test_a_newer_history_is_refused_untouched),
        TEST(test_a_folder_that_cannot_be_made_is_an_error),
        TEST(test_a_commit_takes_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
