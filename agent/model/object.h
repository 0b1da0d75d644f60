/* SPDX-License-Identifier: Apache-2.0 */
/* What frontends and backends share: an immutable object in an arena of its own, counted by
 * references (loop thread only), and lists of strings. */
#ifndef THALASSA_MODEL_OBJECT_H
#define THALASSA_MODEL_OBJECT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_in.h"
#include "base/json_out.h"

struct str_list {
    struct str *items;
    size_t count;
};

enum proxy_mode { MODE_HTTP, MODE_TCP };

const char *mode_name(enum proxy_mode mode); /* "http", "tcp" */

/* Limits of what the API takes; documented in openapi.json. */
enum {
    LIMIT_NAME = 128,
    LIMIT_VALUE = 4096,
    LIMIT_RULES = 10000,
    LIMIT_NATIVES = 1000,
    LIMIT_BINDS = 64,
    LIMIT_MEMBERS = 20000
};

/* --- readers: each takes the object's member `key`, checks the type, and on error returns -1 with
 * ERR_INVALID and the field's name. Absent and null leave *out alone and return 0. --- */
int read_str(const struct json *o, const char *key, struct arena *a, struct str *out,
             struct err *e); /* refuses control characters and more than LIMIT_VALUE bytes */
int read_uint(const struct json *o, const char *key, uint64_t min, uint64_t max, uint64_t *out,
              struct err *e); /* number or numeric string */
int read_bool(const struct json *o, const char *key, bool *out, struct err *e);
int read_str_list(const struct json *o, const char *key, size_t max, struct arena *a,
                  struct str_list *out, struct err *e); /* a single string is a list of one */
/* `names` ends with NULL; *out becomes the index. */
int read_enum(const struct json *o, const char *key, const char *const *names, unsigned *out,
              struct err *e);
/* Refuse members of `o` that `known` (ended by NULL) does not list: 400 with the field's name. */
int read_known(const struct json *o, const char *const *known, struct err *e);
/* `id`, `_type`, `key`, `name`: absent or in agreement with the path ("frontend", "web"). */
int read_identity(const struct json *o, const char *type, struct str key, bool name_too,
                  struct err *e);

/* Whether two texts are the same; frees both. */
bool put_same(struct buf *a, struct buf *b);

void put_str_list(struct json_out *o, const char *key, const struct str_list *list);

#endif
