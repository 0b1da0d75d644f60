/* SPDX-License-Identifier: Apache-2.0 */
/* The file set: all of it or none, back byte for byte, whole files whatever moment we die at. */
#include "haproxy/files.h"

#include "base/file.h"
#include "haproxy/mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char root[64], config[96], folder[96];
};

static void place_init(struct place *p)
{
    (void)snprintf(p->root, sizeof p->root, "/tmp/thalassa-files.XXXXXX");
    assert_non_null(mkdtemp(p->root));
    (void)snprintf(p->config, sizeof p->config, "%s/haproxy.cfg", p->root);
    (void)snprintf(p->folder, sizeof p->folder, "%s/thalassa.d", p->root);
}

static void place_fini(struct place *p)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", p->root);
    assert_int_equal(system(command), 0); /* NOLINT: a folder of ours */
}

static struct buf read_all(const char *path)
{
    struct buf b;
    struct err e;

    buf_init(&b, 1 << 20);
    if (file_read(path, &b, &e))
        buf_add_z(&b, "(none)");
    return b;
}

static bool file_is(const char *folder, const char *name, const char *text)
{
    char path[256];
    struct buf b;
    bool same;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    b = read_all(path);
    same = str_eq_z(buf_str(&b), text);
    buf_free(&b);
    return same;
}

static void expect_file(const char *folder, const char *name, const char *text)
{
    if (!file_is(folder, name, text))
        fail_msg("%s is not \"%s\"", name, text);
}

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];
    struct err e;

    assert_int_equal(file_make_folder(folder, 0755, &e), 0);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, str_z(text), 0644, &e), 0);
}

static const struct files_item new_items[] = {
    {.name = {"maps/a.map", 10}, .text = {"k new\n", 6}},
    {.name = {"maps/b.map", 10}, .text = {"same\n", 5}},
    {.name = {"server.state", 12}, .text = {"1\n", 2}, .keep = true},
    {.name = {"spoe.conf", 9}, .text = {"", 0}},
};

static struct file_set new_set(const struct place *p)
{
    return (struct file_set){.config_path = p->config,
                             .folder = p->folder,
                             .config = STR("new config\n"),
                             .items = new_items,
                             .count = 4};
}

static void put_old(const struct place *p)
{
    char maps[128];

    (void)snprintf(maps, sizeof maps, "%s/maps", p->folder);
    put(p->root, "haproxy.cfg", "old config\n");
    put(maps, "a.map", "k old\n");
    put(maps, "b.map", "same\n");
    put(maps, "left.map", "x\n");
    put(p->folder, "server.state", "1\nkept\n");
}

static void expect_old(const struct place *p)
{
    expect_file(p->root, "haproxy.cfg", "old config\n");
    expect_file(p->folder, "maps/a.map", "k old\n");
    expect_file(p->folder, "maps/b.map", "same\n");
    expect_file(p->folder, "server.state", "1\nkept\n");
    expect_file(p->folder, "spoe.conf", "(none)");
}

static void expect_new(const struct place *p)
{
    expect_file(p->root, "haproxy.cfg", "new config\n");
    expect_file(p->folder, "maps/a.map", "k new\n");
    expect_file(p->folder, "maps/b.map", "same\n");
    expect_file(p->folder, "server.state", "1\nkept\n");
    expect_file(p->folder, "spoe.conf", "");
}

static void install_and_restore_are_byte_for_byte(void **state)
{
    struct place p;
    struct file_set set;
    struct files_backup *backup = NULL;
    size_t written;
    char edited[FILES_PATH];
    struct err e;

    (void)state;
    place_init(&p);
    put_old(&p);
    set = new_set(&p);
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
    assert_int_equal(written, 3); /* a.map, spoe.conf, the configuration */
    assert_string_equal(edited, "");
    expect_new(&p);
    assert_int_equal(files_restore(backup, &e), 0);
    expect_old(&p);
    files_backup_free(backup);
    place_fini(&p);
}

static void same_bytes_are_not_written(void **state)
{
    struct place p;
    struct file_set set;
    struct files_backup *backup = NULL;
    struct stat before, after;
    size_t written;
    char edited[FILES_PATH];
    struct err e;

    (void)state;
    place_init(&p);
    set = new_set(&p);
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
    assert_int_equal(written, 5);
    files_backup_free(backup);
    assert_int_equal(stat(p.config, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0644);
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
    files_backup_free(backup);
    assert_int_equal(written, 0);
    assert_int_equal(stat(p.config, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    place_fini(&p);
}

static void what_somebody_writes_after_an_install_has_another_time(void **state)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct place p;
    struct file_set set;
    struct files_backup *backup = NULL;
    size_t written;
    char edited[FILES_PATH];
    struct err e;

    (void)state;
    place_init(&p);
    set = new_set(&p);
    assert_int_equal(files_time_ns(p.config), 0);
    assert_int_equal(files_installed_ns(&set), 0);
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
    files_backup_free(backup);
    assert_true(files_time_ns(p.config) > FILES_NOT_OURS);
    assert_int_equal(files_installed_ns(&set), files_time_ns(p.config));
    put(p.root, "haproxy.cfg", "new confiG\n"); /* right away, of the same size */
    assert_int_equal(files_installed_ns(&set), FILES_NOT_OURS);
    assert_int_equal(utimensat(AT_FDCWD, p.config, long_ago, 0), 0);
    assert_int_equal(files_time_ns(p.config), 1000000000000);
    place_fini(&p);
}

static void failed_install_can_be_taken_back(void **state)
{
    struct place p;
    struct file_set set;
    struct files_backup *backup = NULL;
    size_t written;
    char edited[FILES_PATH];
    struct err e;

    (void)state;
    place_init(&p);
    put_old(&p);
    set = new_set(&p);
    set.config_path = "/proc/no/haproxy.cfg";
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), -1);
    expect_file(p.folder, "maps/a.map", "k new\n");
    assert_int_equal(files_restore(backup, &e), 0);
    expect_old(&p);
    files_backup_free(backup);
    place_fini(&p);
}

static void sweep_removes_only_maps_that_nothing_names(void **state)
{
    struct place p;
    struct file_set set;

    (void)state;
    place_init(&p);
    put_old(&p);
    set = new_set(&p);
    files_sweep(&set);
    expect_file(p.folder, "maps/left.map", "(none)");
    expect_old(&p);
    place_fini(&p);
}

static void edited_configuration_is_kept_beside(void **state)
{
    struct place p;
    struct file_set set;
    struct files_backup *backup = NULL;
    struct buf marked;
    size_t written, kept = 0;
    char edited[FILES_PATH];
    struct dirent *entry;
    struct err e;
    DIR *d;

    (void)state;
    place_init(&p);
    buf_init(&marked, 1000);
    mark_write(&marked, 3, STR("ours\n"));
    buf_add_z(&marked, "and a line by hand\n");
    put(p.root, "haproxy.cfg", marked.p);
    set = new_set(&p);
    assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
    assert_true(str_starts(str_z(edited), str_z(p.config)));
    d = opendir(p.root);
    while ((entry = readdir(d)))
        if (strstr(entry->d_name, ".edited-")) {
            kept++;
            expect_file(p.root, entry->d_name, marked.p);
        }
    (void)closedir(d);
    assert_int_equal(kept, 1);
    buf_free(&marked);
    files_backup_free(backup);
    place_fini(&p);
}

static void scratch_copy_points_to_itself(void **state)
{
    struct place p;
    struct file_set set;
    char scratch[64], config[512], text[512];
    struct err e;

    (void)state;
    place_init(&p);
    put_old(&p);
    set = new_set(&p);
    (void)snprintf(text, sizeof text, "map %s/maps/a.map (%s) %s.d %s2/x", p.folder, p.folder,
                   p.folder, p.folder);
    set.config = str_z(text);
    assert_int_equal(files_write_scratch(&set, scratch, &e), 0);
    (void)snprintf(config, sizeof config, "map %s/maps/a.map (%s) %s.d %s2/x", scratch, scratch,
                   p.folder, p.folder);
    expect_file(scratch, "haproxy.cfg", config);
    expect_file(scratch, "maps/a.map", "k new\n");
    expect_old(&p);
    files_remove_scratch(scratch);
    assert_int_equal(access(scratch, F_OK), -1);
    place_fini(&p);
}

static void mark_tells_ours_edited_foreign(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b, 1000);
    mark_write(&b, 17, STR("global\n"));
    assert_int_equal(mark_check(buf_str(&b)), MARK_OURS);
    b.p[b.n - 2] = 'X';
    assert_int_equal(mark_check(buf_str(&b)), MARK_EDITED);
    assert_int_equal(mark_check(STR("global\n")), MARK_FOREIGN);
    assert_int_equal(mark_check(STR_NONE), MARK_FOREIGN);
    buf_reset(&b);
    mark_write(&b, 17, STR(""));
    assert_int_equal(mark_check(buf_str(&b)), MARK_OURS);
    for (size_t n = 0; n < b.n; n++)
        if (mark_check((struct str){b.p, n}) == MARK_OURS && n + 1 < b.n)
            fail_msg("cut at %zu it counts as ours", n);
    buf_free(&b);
}

#ifdef THALASSA_FAULTS
static void install_in_a_child(const struct place *p, int fault)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct file_set set = new_set(p);
        struct files_backup *backup;
        size_t written;
        char edited[FILES_PATH];
        struct err e;
        char order[32];
        (void)snprintf(order, sizeof order, "kill:%d", fault);
        (void)setenv("THALASSA_FAULT", order, 1);
        (void)!freopen("/dev/null", "w", stderr);
        _exit(files_install(&set, &backup, &written, edited, &e) ? 1 : 42);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 42)
        fail_msg("install failed at fault %d", fault);
    if (WIFEXITED(status))
        assert_int_equal(WEXITSTATUS(status), 42);
}

/* Killed at the Nth point, for every N: each file is whole, the configuration is new only when
 * everything else is, and a second run completes the set. */
static void kill_at_any_moment_leaves_whole_files(void **state)
{
    int fault, killed = 0;

    (void)state;
    for (fault = 1; fault < 200; fault++) {
        struct place p;
        struct file_set set;
        struct files_backup *backup = NULL;
        size_t written;
        bool config_new;
        char edited[FILES_PATH];
        struct err e;
        place_init(&p);
        put_old(&p);
        install_in_a_child(&p, fault);
        config_new = file_is(p.root, "haproxy.cfg", "new config\n");
        assert_true(config_new || file_is(p.root, "haproxy.cfg", "old config\n"));
        assert_true(file_is(p.folder, "maps/a.map", "k new\n") ||
                    (!config_new && file_is(p.folder, "maps/a.map", "k old\n")));
        if (config_new)
            expect_new(&p);
        killed += !config_new;
        set = new_set(&p);
        assert_int_equal(files_install(&set, &backup, &written, edited, &e), 0);
        expect_new(&p);
        files_backup_free(backup);
        place_fini(&p);
        if (config_new && written == 0 && killed >= 5)
            break;
    }
    assert_true(killed >= 5 && fault < 200);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(install_and_restore_are_byte_for_byte),
        cmocka_unit_test(same_bytes_are_not_written),
        cmocka_unit_test(what_somebody_writes_after_an_install_has_another_time),
        cmocka_unit_test(failed_install_can_be_taken_back),
        cmocka_unit_test(sweep_removes_only_maps_that_nothing_names),
        cmocka_unit_test(edited_configuration_is_kept_beside),
        cmocka_unit_test(scratch_copy_points_to_itself),
        cmocka_unit_test(mark_tells_ours_edited_foreign),
#ifdef THALASSA_FAULTS
        cmocka_unit_test(kill_at_any_moment_leaves_whole_files),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
