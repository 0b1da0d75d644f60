/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the store: the two environments, shared by store.c and txn.c. */
#ifndef THALASSA_STORE_ENV_H
#define THALASSA_STORE_ENV_H

#include "store/store.h"

#include <limits.h>
#include <lmdb.h>

struct env {
    enum store_env which;
    MDB_env *mdb;
    char folder[PATH_MAX]; /* FOLDER/state */
    size_t map_bytes;
    struct store_txn *writer; /* the one open transaction that writes */
};

struct store {
    int lock_fd;
    struct env envs[STORE_ENV_COUNT];
    MDB_dbi tables[STORE_TABLE_COUNT];
};

/* Where a table lies and what LMDB calls it. */
enum store_env table_env(enum store_table table);
const char *table_name(enum store_table table);

/* Verify and open the environment, or create it whole (beside its place, then renamed). Errors as
 * store_open; *damaged tells a damaged file from other errors. */
int env_open(struct store *s, enum store_env which, bool *damaged, struct err *e);
void env_close(struct env *env);

/* Rename a damaged environment's folder to NAME.damaged, in place of the former one. */
int env_move_aside(const struct env *env, struct err *e);

/* Fill `e` from a return code of LMDB. */
int env_error(const struct env *env, int rc, struct err *e);

#endif
