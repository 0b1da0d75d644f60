/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions of the store. */
#include "base/fault.h"
#include "store/env.h"
#include "store/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_OVERHEAD = 32 }; /* of LMDB's node and our checksum, rounded up */

struct store_txn {
    struct store *store;
    struct env *env;
    MDB_txn *mdb;
    bool writes;
    size_t room_bytes; /* what may still be put */
    struct err err;    /* the first failure of a put or del */
    bool failed;
};

static int key_check(struct str key, struct err *e)
{
    if (key.n == 0 || key.n > STORE_KEY_MAX)
        return err_set(e, ERR_INVALID, "key of %zu bytes (1 to %d)", key.n, STORE_KEY_MAX);
    return 0;
}

static MDB_val val(struct str s)
{
    return (MDB_val){s.n, (void *)s.p}; /* LMDB does not write through it */
}

static struct str view(MDB_val v)
{
    return (struct str){v.mv_data, v.mv_size};
}

/* Pages that the list of free pages names. LMDB shows that list to readers only. */
static int count_free(MDB_env *env, size_t *pages)
{
    enum { TABLE_OF_FREE_PAGES = 0 };
    MDB_cursor *cursor = NULL;
    MDB_val key, data;
    MDB_txn *txn;
    int rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);

    *pages = 0;
    if (rc)
        return rc;
    rc = mdb_cursor_open(txn, TABLE_OF_FREE_PAGES, &cursor);
    while (rc == 0 && (rc = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
        size_t n;
        memcpy(&n, data.mv_data, sizeof n);
        *pages += n;
    }
    if (cursor)
        mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

static int measure_used(const struct env *env, size_t *bytes, bool free_ones_too)
{
    size_t free_pages = 0;
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(env->mdb, &info);

    if (!rc)
        rc = mdb_env_stat(env->mdb, &stat);
    if (!rc && !free_ones_too)
        rc = count_free(env->mdb, &free_pages);
    *bytes = rc ? 0 : (info.me_last_pgno + 1 - free_pages) * stat.ms_psize;
    return rc;
}

/* LMDB needs free pages to delete, too: an eighth of the map is out of reach for puts. */
static int measure_room(struct store_txn *t)
{
    size_t limit = t->env->map_bytes - t->env->map_bytes / 8, used;
    int rc = measure_used(t->env, &used, true);

    if (!rc && used > limit / 2)
        rc = measure_used(t->env, &used, false);
    t->room_bytes = !rc && used < limit ? limit - used : 0;
    return rc;
}

static struct store_txn *begin(struct store *s, enum store_env which, bool writes, struct err *e)
{
    struct env *env = &s->envs[which];
    struct store_txn *t = calloc(1, sizeof *t);
    int rc;

    if (!t)
        abort();
    *t = (struct store_txn){.store = s, .env = env, .writes = writes};
    rc = mdb_txn_begin(env->mdb, NULL, writes ? 0 : MDB_RDONLY, &t->mdb);
    if (!rc && writes)
        rc = measure_room(t);
    if (rc) {
        if (t->mdb)
            mdb_txn_abort(t->mdb);
        free(t);
        (void)env_error(env, rc, e);
        return NULL;
    }
    if (writes)
        env->writer = t;
    return t;
}

struct store_txn *store_read(struct store *s, enum store_env env, struct err *e)
{
    return begin(s, env, false, e);
}

struct store_txn *store_write(struct store *s, enum store_env env, struct err *e)
{
    if (s->envs[env].writer) { /* LMDB would wait for ourselves */
        err_set(e, ERR_INTERNAL, "%s: a change is open already", s->envs[env].folder);
        return NULL;
    }
    return begin(s, env, true, e);
}

static bool may_write(struct store_txn *t, enum store_table table)
{
    if (t->failed)
        return false;
    if (t->writes && table_env(table) == t->env->which)
        return true;
    err_set(&t->err, ERR_INTERNAL, "%s: not open for a change of table \"%s\"", t->env->folder,
            table_name(table));
    t->failed = true;
    return false;
}

/* Keep a failure of LMDB until the commit. */
static void stick(struct store_txn *t, int rc)
{
    if (rc == 0 || rc == MDB_NOTFOUND)
        return;
    (void)env_error(t->env, rc, &t->err);
    t->failed = true;
}

static int put_check(struct store_txn *t, struct str key, struct str value, struct err *e)
{
    if (key_check(key, e))
        return -1;
    if (value.n > STORE_VALUE_MAX)
        return err_set(e, ERR_TOO_LARGE, "value of %zu bytes (at most %d)", value.n,
                       STORE_VALUE_MAX);
    if (key.n + value.n + RECORD_OVERHEAD > t->room_bytes)
        return env_error(t->env, MDB_MAP_FULL, e);
    t->room_bytes -= key.n + value.n + RECORD_OVERHEAD;
    return 0;
}

void store_put(struct store_txn *t, enum store_table table, struct str key, struct str value)
{
    MDB_val k = val(key), record = {RECORD_SUM_BYTES + value.n, NULL};
    int rc;

    if (!may_write(t, table))
        return;
    if (put_check(t, key, value, &t->err)) {
        t->failed = true;
        return;
    }
    rc = mdb_put(t->mdb, t->store->tables[table], &k, &record, MDB_RESERVE);
    if (rc == 0)
        record_seal(record.mv_data, str_z(table_name(table)), key, value);
    stick(t, rc);
}

void store_del(struct store_txn *t, enum store_table table, struct str key)
{
    MDB_val k = val(key);

    if (!may_write(t, table))
        return;
    if (key_check(key, &t->err))
        t->failed = true;
    else
        stick(t, mdb_del(t->mdb, t->store->tables[table], &k, NULL));
}

/* The first records, until `keep` are left or one is not before `end`. */
static void trim(struct store_txn *t, enum store_table table, size_t keep, struct str end)
{
    size_t count = store_count(t, table);
    MDB_val key, data, last = val(end);
    MDB_dbi dbi = t->store->tables[table];
    MDB_cursor *cursor;
    int rc;

    if (count <= keep)
        return;
    rc = mdb_cursor_open(t->mdb, dbi, &cursor);
    if (rc) {
        stick(t, rc);
        return;
    }
    for (; rc == 0 && count > keep; count--) {
        rc = mdb_cursor_get(cursor, &key, &data, MDB_FIRST);
        if (rc == 0 && end.p && mdb_cmp(t->mdb, dbi, &key, &last) >= 0)
            break;
        if (rc == 0)
            rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    stick(t, rc);
}

void store_trim(struct store_txn *t, enum store_table table, size_t keep)
{
    if (may_write(t, table))
        trim(t, table, keep, STR_NONE);
}

void store_trim_before(struct store_txn *t, enum store_table table, struct str end)
{
    if (may_write(t, table))
        trim(t, table, 0, end);
}

size_t store_used_bytes(struct store *s, enum store_env env)
{
    size_t bytes;

    (void)measure_used(&s->envs[env], &bytes, false);
    return bytes;
}

static int read_record(struct store_txn *t, enum store_table table, struct str key,
                       struct str record, struct str *value, struct err *e)
{
    if (record_open(record, str_z(table_name(table)), key, value) == 0)
        return 0;
    *value = STR_NONE;
    return err_set(e, ERR_INTERNAL, "%s: table \"%s\": damaged record", t->env->folder,
                   table_name(table));
}

static int table_check(struct store_txn *t, enum store_table table, struct err *e)
{
    if (table_env(table) == t->env->which)
        return 0;
    return err_set(e, ERR_INTERNAL, "%s: has no table \"%s\"", t->env->folder, table_name(table));
}

int store_get(struct store_txn *t, enum store_table table, struct str key, struct str *value,
              struct err *e)
{
    MDB_val k = val(key), record;
    int rc;

    *value = STR_NONE;
    if (table_check(t, table, e) || key_check(key, e))
        return -1;
    rc = mdb_get(t->mdb, t->store->tables[table], &k, &record);
    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc)
        return env_error(t->env, rc, e);
    return read_record(t, table, key, view(record), value, e);
}

size_t store_count(struct store_txn *t, enum store_table table)
{
    MDB_stat stat;

    if (table_check(t, table, NULL) || mdb_stat(t->mdb, t->store->tables[table], &stat))
        return 0;
    return stat.ms_entries;
}

/* The cursor at the first record of the wanted order. */
static int seek(MDB_cursor *cursor, enum store_order order, struct str from, MDB_val *key,
                MDB_val *data)
{
    MDB_val want = val(from);
    int rc;

    if (!from.p)
        return mdb_cursor_get(cursor, key, data, order == STORE_FORWARD ? MDB_FIRST : MDB_LAST);
    *key = want;
    rc = mdb_cursor_get(cursor, key, data, MDB_SET_RANGE);
    if (order == STORE_FORWARD)
        return rc;
    if (rc == MDB_NOTFOUND) /* all are smaller */
        return mdb_cursor_get(cursor, key, data, MDB_LAST);
    if (rc == 0 && !str_eq(view(*key), from))
        return mdb_cursor_get(cursor, key, data, MDB_PREV);
    return rc;
}

int store_each(struct store_txn *t, enum store_table table, enum store_order order, struct str from,
               store_on_record *on_record, void *ctx, struct err *e)
{
    MDB_cursor *cursor;
    MDB_val key, data;
    struct str value;
    int rc, told = 0;

    if (table_check(t, table, e) || (from.p && key_check(from, e)))
        return -1;
    rc = mdb_cursor_open(t->mdb, t->store->tables[table], &cursor);
    if (rc)
        return env_error(t->env, rc, e);
    for (rc = seek(cursor, order, from, &key, &data); rc == 0 && told == 0;) {
        told = read_record(t, table, view(key), view(data), &value, e);
        if (told == 0)
            told = on_record(ctx, view(key), value, e);
        if (told == 0)
            rc = mdb_cursor_get(cursor, &key, &data, order == STORE_FORWARD ? MDB_NEXT : MDB_PREV);
    }
    mdb_cursor_close(cursor);
    if (rc && rc != MDB_NOTFOUND)
        return env_error(t->env, rc, e);
    return told < 0 ? -1 : 0;
}

/* LMDB calls every write that was cut short an I/O error. Writing behind the end of the file, where
 * nothing is in use, tells the reason: a full disk, a quota, a limit. */
static int reason_of_short_write(const struct env *env)
{
    struct stat st;
    int fd, rc = EIO;

    if (mdb_env_get_fd(env->mdb, &fd) || fstat(fd, &st))
        return rc;
    if (pwrite(fd, (char[4096]){0}, 4096, st.st_size) < 4096)
        rc = pwrite(fd, "", 1, st.st_size + 4096) < 0 ? errno : EIO;
    return ftruncate(fd, st.st_size) ? EIO : rc;
}

int store_commit(struct store_txn *t, struct err *e)
{
    struct env *env = t->env;
    int rc;

    if (t->failed) {
        if (e)
            *e = t->err;
        store_abort(t);
        return -1;
    }
    if (t->writes) {
        fault_point("store.commit.before");
        env->writer = NULL;
    }
    rc = mdb_txn_commit(t->mdb);
    if (rc == EIO && t->writes)
        rc = reason_of_short_write(env);
    if (t->writes)
        fault_point("store.commit.after");
    free(t);
    return rc ? env_error(env, rc, e) : 0;
}

void store_abort(struct store_txn *t)
{
    if (!t)
        return;
    if (t->writes)
        t->env->writer = NULL;
    mdb_txn_abort(t->mdb);
    free(t);
}
