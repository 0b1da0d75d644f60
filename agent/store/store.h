/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent remembers, in two LMDB environments below one folder: FOLDER/state is durable
 * before a commit returns; FOLDER/history is not synced and thrown away when it is damaged.
 *
 * All of it belongs to one thread, and one agent: FOLDER/lock is held while the store is open. */
#ifndef THALASSA_STORE_STORE_H
#define THALASSA_STORE_STORE_H

#include "base/err.h"
#include "base/str.h"

enum store_env { STORE_STATE, STORE_HISTORY, STORE_ENV_COUNT };

enum store_table {
#define STORE_TABLE(id, env, name) STORE_##id,
#include "store/tables.def"
#undef STORE_TABLE
    STORE_TABLE_COUNT
};

enum {
    STORE_FORMAT = 1,
    STORE_KEY_MAX = 256,
    STORE_VALUE_MAX = 32 * 1024 * 1024,
    STORE_STATE_BYTES = 256 * 1024 * 1024,  /* sizes of the maps; the files are as large as what */
    STORE_HISTORY_BYTES = 256 * 1024 * 1024 /* is in them. One eighth is kept back for deletes. */
};

struct store;
struct store_txn;

/* Sizes of the maps for tests; 0 means the default. */
struct store_limits {
    size_t state_bytes, history_bytes;
};

/* Open or create the store below `folder` (made with mode 0700). NULL with:
 *  ERR_CONFLICT     another agent holds it (the text names folder and process);
 *  ERR_INVALID      state/ or history/ has a newer format; nothing was written;
 *  ERR_INTERNAL     state/ is damaged (nothing was written), or a system call failed;
 *  ERR_UNAVAILABLE  no room on the disk.
 * A damaged history/ is moved to history.damaged (the former one of that name is removed) with a
 * warning, and made anew. `limits` may be NULL. */
struct store *store_open(const char *folder, const struct store_limits *limits, struct err *e);

/* No transaction may be open. NULL is fine. */
void store_close(struct store *s);

/* Begin a transaction. One that writes excludes a second writer on the same environment
 * (ERR_INTERNAL, never a wait). Keep it short: pages are not reused while an old reader lives. */
struct store_txn *store_read(struct store *s, enum store_env env, struct err *e);
struct store_txn *store_write(struct store *s, enum store_env env, struct err *e);

/* Put replaces; del of what is absent is fine. The first failure sticks and is told by
 * store_commit: key empty or over STORE_KEY_MAX (ERR_INVALID), value over STORE_VALUE_MAX
 * (ERR_TOO_LARGE), environment full (ERR_UNAVAILABLE). Deletes succeed in a full environment. */
void store_put(struct store_txn *t, enum store_table table, struct str key, struct str value);
void store_del(struct store_txn *t, enum store_table table, struct str key);

/* Delete the first records, in the order of the keys, until `keep` are left. */
void store_trim(struct store_txn *t, enum store_table table, size_t keep);

/* Delete the records whose keys are before `end`. */
void store_trim_before(struct store_txn *t, enum store_table table, struct str end);

/* Pages in use of an environment. */
size_t store_used_bytes(struct store *s, enum store_env env);

/* *value becomes a view that is valid until the transaction ends or writes; p is NULL when there is
 * no such record. ERR_INTERNAL when the record is damaged. */
int store_get(struct store_txn *t, enum store_table table, struct str key, struct str *value,
              struct err *e);

/* Number of records; 0 for one that cannot be counted. */
size_t store_count(struct store_txn *t, enum store_table table);

enum store_order { STORE_FORWARD, STORE_BACKWARD };

/* Return 0 to go on, 1 to stop without error, -1 with `e` filled. Must not write. */
typedef int store_on_record(void *ctx, struct str key, struct str value, struct err *e);

/* Call `on_record` for each record, from `from` (inclusive, need not exist; the none view: from the
 * end where the order begins). */
int store_each(struct store_txn *t, enum store_table table, enum store_order order, struct str from,
               store_on_record *on_record, void *ctx, struct err *e);

/* End the transaction, whatever is returned. 0: all of it is stored, on state/ durable. -1: nothing
 * of it is (ERR_UNAVAILABLE: store or disk full). */
int store_commit(struct store_txn *t, struct err *e);

/* End the transaction without storing anything; the end of a read. NULL is fine. */
void store_abort(struct store_txn *t);

#endif
