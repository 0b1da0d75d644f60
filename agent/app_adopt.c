/* SPDX-License-Identifier: Apache-2.0 */
#include "app_adopt.h"

#include "base/log.h"
#include "haproxy/lock.h"
#include "haproxy/mark.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One that is not there is a slip of the pen: nobody would look for a configuration in it. */
static int check_folder(const char *path, struct err *e)
{
    char folder[PATH_MAX];

    file_folder(path, folder);
    if (access(folder, F_OK))
        return err_errno(e, ERR_INVALID, errno, "--haproxyCfgPath: folder %s", folder);
    return 0;
}

/* "" without a file. */
static int read_config(const char *path, struct buf *text, struct err *e)
{
    if (file_read(path, text, e) && e->kind != ERR_NOT_FOUND)
        return err_wrap(e, "--haproxyCfgPath");
    return 0;
}

static int keep_copy(const char *path, struct str text, struct err *e)
{
    char copy[PATH_MAX];

    if (snprintf(copy, sizeof copy, "%s.before-thalassa", path) >= (int)sizeof copy)
        return err_set(e, ERR_INVALID, "--haproxyCfgPath: path too long");
    if (access(copy, F_OK) == 0)
        return 0; /* the first one is the operator's own */
    log_info("the former configuration is kept as %s", copy);
    return file_write_atomic(copy, text, 0644, e);
}

static int check_owner(struct app *a, struct str text, struct err *e)
{
    const char *path = a->options->haproxyCfgPath;

    if (str_trim(text).n == 0 || mark_check(text) != MARK_FOREIGN)
        return 0;
    if (!a->options->adopt)
        return err_set(e, ERR_CONFLICT,
                       "%s was not written by Thalassa and is left as it is; --adopt takes it over "
                       "and keeps a copy",
                       path);
    return keep_copy(path, text, e);
}

int app_adopt(struct app *a, struct err *e)
{
    const char *path = a->options->haproxyCfgPath;
    char maps[PATH_MAX];
    struct buf text;
    int rc;

    if (check_folder(path, e))
        return -1;
    buf_init(&text, RENDER_MAX_CONFIG + 4096);
    rc = read_config(path, &text, e);
    if (rc == 0)
        rc = check_owner(a, buf_str(&text), e);
    buf_free(&text);
    if (rc)
        return -1;
    if (snprintf(maps, sizeof maps, "%s/maps", a->options->haproxyDir) >= (int)sizeof maps)
        return err_set(e, ERR_INVALID, "--haproxyDir: path too long");
    if (file_make_folder(maps, 0755, e))
        return err_wrap(e, "--haproxyDir");
    a->lock = lock_take(path, e);
    return a->lock < 0 ? -1 : 0;
}
