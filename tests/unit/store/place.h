/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder for each test, and a child that may be killed. */
#ifndef TEST_STORE_PLACE_H
#define TEST_STORE_PLACE_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/buf.h"
#include "store/store.h"

#include <limits.h>

struct place {
    char folder[64];
    char store[80]; /* folder/store */
};

int place_setup(void **state); /* *state is a struct place */
int place_teardown(void **state);

/* folder + "/" + name; the text lives until the next call but seven. */
const char *place_path(const struct place *p, const char *name);

void file_get(const char *path, struct buf *out);
void file_set(const char *path, struct str bytes);

struct store *open_ok(const struct place *p);
/* Opening fails; the error is returned. */
struct err open_fails(const struct place *p);

/* One transaction with one put or get. */
void put_ok(struct store *s, enum store_table table, const char *key, const char *value);
/* One transaction with one put; what the commit says. */
int commit_one(struct store *s, enum store_env env, enum store_table table, struct str key,
               struct str value, struct err *e);
/* NULL when absent; valid until the next call. */
const char *get_ok(struct store *s, enum store_table table, const char *key);

/* Run in a child, wait to its end with a deadline; the status of waitpid. */
int child_run(void (*run)(void *ctx), void *ctx);

#endif
