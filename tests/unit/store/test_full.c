/* SPDX-License-Identifier: Apache-2.0 */
/* A full store and a full disk: changes are refused, what is stored stays, deletes go on. */
#include "place.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 20 };

/* Put BATCH values of `n` bytes at once until that is refused; how many values were taken. */
static unsigned fill(struct store *s, size_t n, struct err *e)
{
    char *value = malloc(n), key[16];
    unsigned taken = 0;
    int rc = 0;

    memset(value, 'v', n);
    while (rc == 0) {
        struct store_txn *t = store_write(s, STORE_STATE, e);
        if (!t)
            fail_msg("%s", e->text);
        for (unsigned i = taken; i < taken + BATCH; i++) {
            (void)snprintf(key, sizeof key, "%06u", i);
            store_put(t, STORE_BACKENDS, str_z(key), (struct str){value, n});
        }
        rc = store_commit(t, e);
        taken += rc ? 0 : BATCH;
    }
    free(value);
    return taken;
}

/* Delete in steps as small as they are at their hardest. */
static void delete_keys(struct store *s, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to;) {
        struct err e;
        unsigned end = i < from + 5 ? i + 1 : i + BATCH;
        struct store_txn *t = store_write(s, STORE_STATE, &e);
        assert_non_null(t);
        for (; i < end && i < to; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "%06u", i);
            store_del(t, STORE_BACKENDS, str_z(key));
        }
        if (store_commit(t, &e))
            fail_msg("delete to %u: %s", i, e.text);
    }
}

static void check_full(struct place *p, size_t value_bytes)
{
    const struct store_limits small = {.state_bytes = 1024 * 1024};
    struct err e;
    struct store *s = store_open(p->store, &small, &e);
    unsigned taken, again;

    assert_non_null(s);
    taken = fill(s, value_bytes, &e);
    assert_int_equal(e.kind, ERR_UNAVAILABLE);
    assert_non_null(strstr(e.text, "store full"));
    assert_true(taken * (value_bytes + 40) > 400 * 1024);
    put_ok(s, STORE_WORK, "history", "is not full");
    assert_non_null(get_ok(s, STORE_BACKENDS, "000000"));
    delete_keys(s, 0, taken);
    again = fill(s, value_bytes, &e);
    assert_true(again * 10 >= taken * 9);
    store_close(s);
    s = store_open(p->store, &small, &e);
    assert_non_null(s);
    delete_keys(s, 0, again);
    store_close(s);
}

static void test_a_full_store_refuses_puts_and_takes_deletes(void **state)
{
    check_full(*state, 10);
}

static void test_a_store_full_of_large_values_takes_deletes(void **state)
{
    check_full(*state, 9000);
}

/* Fill the disk below a mounted store; 0 when the refusal was right and the store whole. */
static int fill_disk(struct place *p)
{
    struct err e;
    struct store *s = store_open(p->store, NULL, &e);
    unsigned taken;

    if (!s)
        return 2;
    taken = fill(s, 1000, &e);
    if (e.kind != ERR_UNAVAILABLE || !strstr(e.text, "disk full") || taken < 100) {
        print_message("%u taken: %s\n", taken, e.text);
        return 3;
    }
    delete_keys(s, 0, 60); /* free pages of the file serve */
    if (commit_one(s, STORE_STATE, STORE_META, STR("small"), STR("1"), &e))
        return 4;
    store_close(s);
    s = store_open(p->store, NULL, &e);
    if (!s)
        return 5;
    if (!get_ok(s, STORE_META, "small") || get_ok(s, STORE_BACKENDS, "000000") ||
        !get_ok(s, STORE_BACKENDS, "000060"))
        return 6;
    store_close(s);
    return 0;
}

static void fill_tmpfs(void *ctx)
{
    struct place *p = ctx;
    int rc;

    if (mkdir(p->store, 0700) || mount("none", p->store, "tmpfs", 0, "size=1m,mode=0700"))
        _exit(77);
    rc = fill_disk(p);
    (void)umount2(p->store, MNT_DETACH);
    _exit(rc);
}

static void test_a_full_disk_refuses_and_damages_nothing(void **state)
{
    int status = child_run(fill_tmpfs, *state);

    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip(); /* no right to mount: the next test stands in for it */
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void fill_limited(void *ctx)
{
    struct rlimit limit = {600000, 600000};

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    _exit(fill_disk(ctx));
}

static void test_a_limit_on_the_file_refuses_and_damages_nothing(void **state)
{
    assert_int_equal(child_run(fill_limited, *state), 0);
}

static void create_on_full_disk(void *ctx)
{
    struct place *p = ctx;
    struct err e = {0};
    struct rlimit limit = {4096, 4096};

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    if (store_open(p->store, NULL, &e) || e.kind != ERR_UNAVAILABLE)
        _exit(2);
}

static void test_a_store_that_could_not_be_made_is_made_later(void **state)
{
    assert_int_equal(child_run(create_on_full_disk, *state), 0);
    store_close(open_ok(*state));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_store_refuses_puts_and_takes_deletes),
        TEST(test_a_store_full_of_large_values_takes_deletes),
        TEST(test_a_full_disk_refuses_and_damages_nothing),
        TEST(test_a_limit_on_the_file_refuses_and_damages_nothing),
        TEST(test_a_store_that_could_not_be_made_is_made_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
