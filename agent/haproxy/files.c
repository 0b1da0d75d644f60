/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/files.h"

#include "base/fault.h"
#include "base/file.h"
#include "base/log.h"
#include "haproxy/mark.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MODE = 0644, FOLDER_MODE = 0755, SCRATCH_MODE = 0700, FILE_BYTES = 128 * 1024 * 1024 };

struct former {
    char *path;
    bool existed;
    struct buf bytes;
};

struct files_backup {
    struct former *items;
    size_t count;
};

/* --- paths --- */

static int join(char out[PATH_MAX], const char *folder, struct str name, struct err *e)
{
    if (snprintf(out, PATH_MAX, "%s/" STR_FMT, folder, STR_ARG(name)) >= PATH_MAX)
        return err_set(e, ERR_INTERNAL, "path too long: %s/...", folder);
    return 0;
}

static int make_parent(const char *path, mode_t mode, struct err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        return 0;
    str_copy(folder, sizeof folder, (struct str){path, (size_t)(slash - path)});
    return file_make_folder(folder, mode, e);
}

/* --- scratch --- */

/* Copy `text`, with the folder's path replaced by the scratch folder's. A path ends at a '/', or at
 * what cannot be part of a name. */
static void replace_folder(struct buf *out, struct str text, struct str folder, const char *scratch)
{
    size_t at = 0;

    while (at < text.n) {
        struct str rest = {text.p + at, text.n - at};
        char after = rest.n > folder.n ? rest.p[folder.n] : 0;
        if (str_starts(rest, folder) &&
            (after == '/' || after == 0 || strchr(" \t\n,)'\"", after))) {
            buf_add_z(out, scratch);
            at += folder.n;
        } else {
            buf_add_char(out, text.p[at++]);
        }
    }
}

static int write_plain(const char *path, struct str text, struct err *e)
{
    FILE *f = fopen(path, "we");
    size_t n;

    if (!f)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    n = fwrite(text.p, 1, text.n, f);
    if (fclose(f) || n != text.n)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    return 0;
}

static int write_scratch_config(const struct file_set *set, const char *scratch, struct err *e)
{
    char path[PATH_MAX];
    struct buf config;
    int rc;

    buf_init(&config, FILE_BYTES);
    replace_folder(&config, set->config, str_z(set->folder), scratch);
    (void)snprintf(path, sizeof path, "%s/haproxy.cfg", scratch);
    rc = write_plain(path, buf_str(&config), e);
    buf_free(&config);
    return rc;
}

int files_write_scratch(const struct file_set *set, char scratch[64], struct err *e)
{
    const char *base = getenv("TMPDIR");
    char path[PATH_MAX];

    if (!base || strlen(base) > 40)
        base = "/tmp";
    (void)snprintf(scratch, 64, "%s/thalassa.XXXXXX", base);
    if (!mkdtemp(scratch))
        return err_errno(e, ERR_INTERNAL, errno, "scratch folder %s", scratch);
    for (size_t i = 0; i < set->count; i++) {
        if (join(path, scratch, set->items[i].name, e) || make_parent(path, SCRATCH_MODE, e) ||
            write_plain(path, set->items[i].text, e))
            return -1;
    }
    return write_scratch_config(set, scratch, e);
}

static void remove_tree(const char *path, int depth)
{
    DIR *d = depth > 4 ? NULL : opendir(path);
    struct dirent *entry;
    char inner[PATH_MAX];

    while (d && (entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= (int)sizeof inner)
            continue;
        if (unlink(inner) && (errno == EISDIR || errno == EPERM))
            remove_tree(inner, depth + 1);
    }
    if (d)
        (void)closedir(d);
    (void)rmdir(path);
}

void files_remove_scratch(const char *scratch)
{
    if (scratch[0])
        remove_tree(scratch, 0);
}

/* --- install --- */

static struct former *remember(struct files_backup *b, const char *path)
{
    struct former *f;

    b->items = realloc(b->items, (b->count + 1) * sizeof *b->items);
    if (!b->items)
        abort();
    f = &b->items[b->count++];
    *f = (struct former){.path = strdup(path)};
    if (!f->path)
        abort();
    buf_init(&f->bytes, FILE_BYTES);
    return f;
}

void files_backup_free(struct files_backup *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->items[i].path);
        buf_free(&b->items[i].bytes);
    }
    free(b->items);
    free(b);
}

/* The present bytes of `path`; *exists false when there is no such file. */
static int read_present(const char *path, struct buf *bytes, bool *exists, struct err *e)
{
    *exists = true;
    if (file_read(path, bytes, e) == 0)
        return 0;
    *exists = false;
    return e->kind == ERR_NOT_FOUND ? 0 : -1;
}

static int keep_edited(const char *path, struct str bytes, char kept[FILES_PATH], struct err *e)
{
    char when[32];
    time_t now = time(NULL);
    struct tm tm;

    if (mark_check(bytes) != MARK_EDITED)
        return 0;
    (void)strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    if (snprintf(kept, FILES_PATH, "%s.edited-%s", path, when) >= FILES_PATH)
        return err_set(e, ERR_INTERNAL, "path too long: %s", path);
    return file_write_atomic(kept, bytes, FILE_MODE, e);
}

static int install_one(const char *path, struct str text, bool keep, struct files_backup *b,
                       size_t *written, char *edited, struct err *e)
{
    struct former *f = remember(b, path);

    if (read_present(path, &f->bytes, &f->existed, e))
        return -1;
    if (f->existed && (keep || str_eq(buf_str(&f->bytes), text))) {
        free(f->path); /* nothing to put back */
        buf_free(&f->bytes);
        b->count--;
        return 0;
    }
    if (edited && f->existed && keep_edited(path, buf_str(&f->bytes), edited, e))
        return -1;
    if (make_parent(path, FOLDER_MODE, e) || file_write_atomic(path, text, FILE_MODE, e))
        return -1;
    (*written)++;
    return 0;
}

int files_install(const struct file_set *set, struct files_backup **backup, size_t *written,
                  char edited[FILES_PATH], struct err *e)
{
    struct files_backup *b = calloc(1, sizeof *b);
    char path[PATH_MAX];

    if (!b)
        abort();
    *backup = b;
    *written = 0;
    edited[0] = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct files_item *item = &set->items[i];
        if (join(path, set->folder, item->name, e) ||
            install_one(path, item->text, item->keep, b, written, NULL, e))
            return -1;
    }
    return install_one(set->config_path, set->config, false, b, written, edited, e);
}

int64_t files_time_ns(const char *config_path)
{
    struct stat st;

    if (stat(config_path, &st))
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

int64_t files_installed_ns(const struct file_set *set)
{
    int64_t at = files_time_ns(set->config_path); /* first: what is written later has another */
    struct buf bytes;
    struct err e;

    buf_init(&bytes, FILE_BYTES);
    if (at && (file_read(set->config_path, &bytes, &e) || !str_eq(buf_str(&bytes), set->config)))
        at = FILES_NOT_OURS;
    buf_free(&bytes);
    return at;
}

int files_restore(const struct files_backup *b, struct err *e)
{
    int rc = 0;

    for (size_t i = b->count; i > 0; i--) { /* the configuration first */
        const struct former *f = &b->items[i - 1];
        if (f->existed)
            rc = file_write_atomic(f->path, buf_str(&f->bytes), FILE_MODE, e) || rc;
        else if (unlink(f->path) && errno != ENOENT)
            rc = err_errno(e, ERR_INTERNAL, errno, "%s", f->path);
    }
    return rc ? -1 : 0;
}

static bool is_named(const struct file_set *set, const char *map)
{
    char name[NAME_MAX + 8];

    (void)snprintf(name, sizeof name, "maps/%s", map);
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq_z(set->items[i].name, name))
            return true;
    }
    return false;
}

void files_sweep(const struct file_set *set)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct dirent *entry;
    DIR *d;

    if (snprintf(folder, sizeof folder, "%s/maps", set->folder) >= (int)sizeof folder)
        return;
    d = opendir(folder);
    while (d && (entry = readdir(d))) {
        if (entry->d_name[0] == '.' || is_named(set, entry->d_name))
            continue;
        fault_point("files.sweep");
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path &&
            unlink(path))
            log_debug("%s stays: %s", path, strerror(errno));
    }
    if (d)
        (void)closedir(d);
}
