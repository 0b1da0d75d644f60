/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: read with a limit, replaced so that a crash at any moment leaves the old one or the
 * new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "folder.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char folder[64], path[96];
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    folder_make(p->folder, "file");
    (void)snprintf(p->path, sizeof p->path, "%s/file", p->folder);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    folder_remove(p->folder);
    free(p);
    return 0;
}

static void assert_file(const char *path, const char *want)
{
    struct buf b;
    struct err e = {0};

    buf_init(&b, 1 << 20);
    if (file_read(path, &b, &e))
        fail_msg("%s", e.text);
    assert_true(str_eq_z(buf_str(&b), want));
    buf_free(&b);
}

static void test_written_is_read(void **state)
{
    struct place *p = *state;
    struct stat st;
    struct err e;

    assert_int_equal(file_write_atomic(p->path, STR("one"), 0640, &e), 0);
    assert_file(p->path, "one");
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(file_write_atomic(p->path, STR(""), 0600, &e), 0);
    assert_file(p->path, "");
}

static void test_reading_has_a_limit(void **state)
{
    struct place *p = *state;
    struct buf b;
    struct err e;

    assert_int_equal(file_write_atomic(p->path, STR("0123456789"), 0600, &e), 0);
    buf_init(&b, 10);
    assert_int_equal(file_read(p->path, &b, &e), 0); /* fits exactly */
    assert_int_equal(b.n, 10);
    assert_false(buf_failed(&b));
    buf_free(&b);
    buf_init(&b, 9);
    assert_int_equal(file_read(p->path, &b, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    buf_free(&b);
}

static void test_what_cannot_be_read(void **state)
{
    struct place *p = *state;
    struct buf b;
    struct err e;

    buf_init(&b, 100);
    assert_int_equal(file_read(p->path, &b, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_non_null(strstr(e.text, p->path));
    assert_int_equal(file_read(p->folder, &b, &e), -1); /* a folder */
    assert_int_equal(e.kind, ERR_INTERNAL);
    buf_free(&b);
}

static size_t count_names;

static int count_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)path;
    (void)st;
    (void)at;
    count_names += type == FTW_F;
    return 0;
}

static size_t files_in(const char *folder)
{
    count_names = 0;
    assert_int_equal(nftw(folder, count_one, 8, FTW_PHYS), 0);
    return count_names;
}

static void test_a_failed_write_leaves_nothing_behind(void **state)
{
    struct place *p = *state;
    char path[128];
    struct err e;

    (void)snprintf(path, sizeof path, "%s/nosuch/file", p->folder);
    assert_int_equal(file_write_atomic(path, STR("x"), 0600, &e), -1);
    assert_int_equal(e.kind, ERR_INTERNAL);
    (void)snprintf(path, sizeof path, "%s/taken", p->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(file_write_atomic(path, STR("x"), 0600, &e), -1); /* a folder has the name */
    assert_int_equal(files_in(p->folder), 0);
}

static void test_folders(void **state)
{
    struct place *p = *state;
    char path[128];
    struct stat st;
    struct err e;

    (void)snprintf(path, sizeof path, "%s/a//b/c/", p->folder);
    assert_int_equal(file_make_folder(path, 0700, &e), 0);
    assert_int_equal(file_make_folder(path, 0700, &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(file_make_folder("", 0700, &e), -1);
    assert_int_equal(file_write_atomic(p->path, STR("x"), 0600, &e), 0);
    assert_int_equal(file_make_folder(p->path, 0700, &e), -1); /* a file has the name */
    assert_non_null(strstr(e.text, "Not a directory"));
    (void)snprintf(path, sizeof path, "%s/below", p->path);
    assert_int_equal(file_make_folder(path, 0700, &e), -1);
}

#ifdef THALASSA_FAULTS
/* Killed at the Nth point on the way: true as long as there is one. */
static bool write_and_die(const char *path, int at)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        char order[32];
        struct err e;
        (void)snprintf(order, sizeof order, "kill:%d", at);
        (void)setenv("THALASSA_FAULT", order, 1);
        (void)freopen("/dev/null", "w", stderr);
        _exit(file_write_atomic(path, STR("new content"), 0600, &e) ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return false;
    }
    assert_int_equal(WTERMSIG(status), SIGKILL);
    return true;
}

static void test_killed_anywhere_the_file_is_old_or_new(void **state)
{
    struct place *p = *state;
    int at = 1, old = 0, fresh = 0;
    struct err e;

    for (;; at++) {
        struct buf b;
        bool died;

        assert_int_equal(file_write_atomic(p->path, STR("old"), 0600, &e), 0);
        died = write_and_die(p->path, at);
        buf_init(&b, 100);
        assert_int_equal(file_read(p->path, &b, &e), 0);
        if (str_eq(buf_str(&b), STR("old")))
            old++;
        else if (str_eq(buf_str(&b), STR("new content")))
            fresh++;
        else
            fail_msg("after a kill at %d: %s", at, b.p);
        buf_free(&b);
        if (!died)
            break;
    }
    assert_true(at > 3); /* write, fsync, rename, fsync of the folder */
    assert_true(old >= 3);
    assert_true(fresh >= 2);
}
#endif

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(test_written_is_read),
        WITH_PLACE(test_reading_has_a_limit),
        WITH_PLACE(test_what_cannot_be_read),
        WITH_PLACE(test_a_failed_write_leaves_nothing_behind),
        WITH_PLACE(test_folders),
#ifdef THALASSA_FAULTS
        WITH_PLACE(test_killed_anywhere_the_file_is_old_or_new),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
