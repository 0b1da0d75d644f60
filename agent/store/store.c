/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "base/file.h"
#include "base/log.h"
#include "store/env.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static void write_pid(int fd)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    /* only for people: the lock is what counts */
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        log_debug("the process number could not be written into the lock file");
}

static int refuse_second(int fd, const char *folder, struct err *e)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text, 0);
    struct str pid = str_trim((struct str){text, n > 0 ? (size_t)n : 0});

    return err_set(e, ERR_CONFLICT, "%s: another agent has this store open (process " STR_FMT ")",
                   folder, STR_ARG(pid));
}

static int take_lock(struct store *s, const char *folder, struct err *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/lock", folder) >= (int)sizeof path)
        return err_set(e, ERR_INVALID, "%s: path too long", folder);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    if (file_lock(s->lock_fd) == 0) {
        write_pid(s->lock_fd);
        return 0;
    }
    if (errno == EWOULDBLOCK)
        return refuse_second(s->lock_fd, folder, e);
    return err_errno(e, ERR_INTERNAL, errno, "%s", path);
}

static int name_env(struct env *env, enum store_env which, const char *folder, size_t bytes,
                    struct err *e)
{
    const char *name = which == STORE_STATE ? "state" : "history";
    int n = snprintf(env->folder, sizeof env->folder, "%s/%s", folder, name);

    env->which = which;
    env->map_bytes = bytes;
    if (n >= (int)sizeof env->folder)
        return err_set(e, ERR_INVALID, "%s: path too long", folder);
    return 0;
}

static int open_history(struct store *s, struct err *e)
{
    struct err why;
    bool damaged;

    if (env_open(s, STORE_HISTORY, &damaged, e) == 0)
        return 0;
    if (!damaged)
        return -1;
    why = *e;
    if (env_move_aside(&s->envs[STORE_HISTORY], e))
        return -1;
    log_warn("%s; moved to %s.damaged, beginning anew", why.text, s->envs[STORE_HISTORY].folder);
    return env_open(s, STORE_HISTORY, &damaged, e);
}

static int open_all(struct store *s, const char *folder, const struct store_limits *limits,
                    struct err *e)
{
    size_t state = limits && limits->state_bytes ? limits->state_bytes : STORE_STATE_BYTES;
    size_t history = limits && limits->history_bytes ? limits->history_bytes : STORE_HISTORY_BYTES;
    bool damaged;

    if (name_env(&s->envs[STORE_STATE], STORE_STATE, folder, state, e) ||
        name_env(&s->envs[STORE_HISTORY], STORE_HISTORY, folder, history, e))
        return -1;
    if (file_make_folder(folder, 0700, e) || take_lock(s, folder, e))
        return -1;
    if (env_open(s, STORE_STATE, &damaged, e))
        return -1;
    return open_history(s, e);
}

struct store *store_open(const char *folder, const struct store_limits *limits, struct err *e)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->lock_fd = -1;
    if (open_all(s, folder, limits, e) == 0)
        return s;
    store_close(s);
    err_wrap(e, "store");
    return NULL;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->envs[STORE_HISTORY].mdb)
        (void)mdb_env_sync(s->envs[STORE_HISTORY].mdb, 1);
    for (int i = 0; i < STORE_ENV_COUNT; i++)
        env_close(&s->envs[i]);
    if (s->lock_fd >= 0)
        (void)close(s->lock_fd);
    free(s);
}
