/* SPDX-License-Identifier: Apache-2.0 */
/* Opens, verifies and creates one LMDB environment. Must not write into one that it refuses. */
#include "store/env.h"

#include "base/fault.h"
#include "base/file.h"
#include "store/pages.h"
#include "store/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    enum store_env env;
    const char *name;
} tables[] = {
#define STORE_TABLE(id, env, name) [STORE_##id] = {STORE_##env, name},
#include "store/tables.def"
#undef STORE_TABLE
};

enum store_env table_env(enum store_table table)
{
    return tables[table].env;
}

const char *table_name(enum store_table table)
{
    return tables[table].name;
}

int env_error(const struct env *env, int rc, struct err *e)
{
    switch (rc) {
    case MDB_MAP_FULL:
        return err_set(e, ERR_UNAVAILABLE, "%s: store full (%zu MiB)", env->folder,
                       env->map_bytes >> 20);
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return err_errno(e, ERR_UNAVAILABLE, rc, "%s: disk full", env->folder);
    default: return err_set(e, ERR_INTERNAL, "%s: %s", env->folder, mdb_strerror(rc));
    }
}

static int path_in(const char *folder, const char *name, char out[PATH_MAX], struct err *e)
{
    if (snprintf(out, PATH_MAX, "%s%s", folder, name) >= PATH_MAX)
        return err_set(e, ERR_INVALID, "%s: path too long", folder);
    return 0;
}

static int verify_fd(const struct env *env, int fd, const char *path, bool *damaged, struct err *e)
{
    struct pages_summary summary;
    struct stat st;
    void *map;
    int rc;

    if (fstat(fd, &st))
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    if (st.st_size == 0) {
        *damaged = true;
        return err_set(e, ERR_INTERNAL, "%s: damaged: the file is empty", path);
    }
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    rc = pages_verify((struct str){map, (size_t)st.st_size}, STORE_FORMAT, &summary, e);
    (void)munmap(map, (size_t)st.st_size);
    if (rc) {
        *damaged = true;
        return err_wrap(e, "%s", path);
    }
    if (summary.format > STORE_FORMAT)
        return err_set(e, ERR_INVALID, "%s: written by a newer version (format %llu, known: %d)",
                       env->folder, (unsigned long long)summary.format, STORE_FORMAT);
    if (summary.format == 0) {
        *damaged = true;
        return err_set(e, ERR_INTERNAL, "%s: damaged: it does not tell its format", path);
    }
    return 0;
}

/* *exists is false, and nothing wrong, when there is no data file. */
static int verify(const struct env *env, bool *exists, bool *damaged, struct err *e)
{
    char path[PATH_MAX];
    int fd, rc;

    *exists = false;
    if (path_in(env->folder, "/data.mdb", path, e))
        return -1;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return err_errno(e, ERR_INTERNAL, errno, "%s", path);
    *exists = true;
    rc = verify_fd(env, fd, path, damaged, e);
    (void)close(fd);
    return rc;
}

static int open_tables(struct store *s, const struct env *env, MDB_txn *txn)
{
    for (int i = 0; i < STORE_TABLE_COUNT; i++) {
        int rc;
        if (tables[i].env != env->which)
            continue;
        rc = mdb_dbi_open(txn, tables[i].name, MDB_CREATE, &s->tables[i]);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_format(MDB_txn *txn, MDB_dbi meta)
{
    char number[16], record[RECORD_SUM_BYTES + sizeof number];
    struct str value = {number, (size_t)snprintf(number, sizeof number, "%d", STORE_FORMAT)};
    struct str name = STR("meta"), word = STR("format");
    MDB_val key = {word.n, (void *)word.p}, data = {RECORD_SUM_BYTES + value.n, record};
    int rc;

    record_seal(record, name, word, value);
    rc = mdb_put(txn, meta, &key, &data, MDB_NOOVERWRITE);
    return rc == MDB_KEYEXIST ? 0 : rc;
}

/* Tables that an older version did not have are added; otherwise this writes nothing. */
static int prepare(struct store *s, struct env *env)
{
    MDB_dbi *meta = &s->tables[env->which == STORE_STATE ? STORE_META : STORE_HISTORY_META];
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);

    if (rc)
        return rc;
    rc = open_tables(s, env, txn);
    if (!rc)
        rc = put_format(txn, *meta);
    if (rc) {
        mdb_txn_abort(txn);
        return rc;
    }
    return mdb_txn_commit(txn);
}

static int env_map(struct store *s, struct env *env, const char *folder, struct err *e)
{
    unsigned flags = MDB_NOTLS | (env->which == STORE_HISTORY ? MDB_NOSYNC : 0);
    int rc = mdb_env_create(&env->mdb);

    if (rc)
        return env_error(env, rc, e);
    rc = mdb_env_set_mapsize(env->mdb, env->map_bytes);
    if (!rc)
        rc = mdb_env_set_maxdbs(env->mdb, STORE_TABLE_COUNT);
    if (!rc)
        rc = mdb_env_open(env->mdb, folder, flags, 0600);
    if (!rc)
        rc = prepare(s, env);
    if (!rc)
        return 0;
    env_close(env);
    return env_error(env, rc, e);
}

static int sync_parent(const char *path, struct err *e)
{
    char parent[PATH_MAX];
    int fd, rc;

    if (path_in(path, "/..", parent, e))
        return -1;
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd < 0 ? -1 : fsync(fd);
    if (rc)
        (void)err_errno(e, ERR_INTERNAL, errno, "%s", parent);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* Remove an environment's files and its folder; fine if they are not there. */
static void remove_env(const char *folder)
{
    static const char *const files[] = {"/data.mdb", "/lock.mdb", ""};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (path_in(folder, files[i], path, NULL) == 0)
            (void)remove(path);
    }
}

/* An empty data file in place is damage, so a new environment appears there whole or not at all. */
static int create(struct store *s, struct env *env, struct err *e)
{
    char folder[PATH_MAX], lock[PATH_MAX];

    if (path_in(env->folder, ".new", folder, e) || path_in(env->folder, "/lock.mdb", lock, e))
        return -1;
    remove_env(folder);
    if (mkdir(folder, 0700))
        return err_errno(e, ERR_INTERNAL, errno, "%s", folder);
    if (env_map(s, env, folder, e))
        return -1;
    (void)mdb_env_sync(env->mdb, 1);
    env_close(env);
    fault_point("store.create");
    (void)unlink(lock);
    if (rename(folder, env->folder))
        return err_errno(e, ERR_INTERNAL, errno, "%s", env->folder);
    fault_point("store.created");
    return sync_parent(env->folder, e);
}

int env_move_aside(const struct env *env, struct err *e)
{
    char aside[PATH_MAX];

    if (path_in(env->folder, ".damaged", aside, e))
        return -1;
    remove_env(aside);
    if (rename(env->folder, aside))
        return err_errno(e, ERR_INTERNAL, errno, "%s", aside);
    return 0;
}

int env_open(struct store *s, enum store_env which, bool *damaged, struct err *e)
{
    struct env *env = &s->envs[which];
    bool exists;

    *damaged = false;
    if (verify(env, &exists, damaged, e))
        return -1;
    if (!exists && create(s, env, e))
        return -1;
    return env_map(s, env, env->folder, e);
}

void env_close(struct env *env)
{
    if (env->mdb)
        mdb_env_close(env->mdb);
    env->mdb = NULL;
}
