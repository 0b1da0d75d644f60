/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON into a buf (yajl's generator underneath). `key` is the member's name inside an
 * object and NULL inside an array or at the top. Bytes that are not UTF-8 become '?'. */
#ifndef THALASSA_BASE_JSON_OUT_H
#define THALASSA_BASE_JSON_OUT_H

#include "base/buf.h"
#include "base/json_in.h"

struct json_out {
    void *gen; /* yajl_gen */
    struct buf *to;
};

void json_out_init(struct json_out *o, struct buf *to, bool beautify);
void json_out_fini(struct json_out *o); /* beautified text gets its final newline */

void json_open_object(struct json_out *o, const char *key);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o, const char *key);
void json_close_array(struct json_out *o);
void json_put_str(struct json_out *o, const char *key, struct str value);
void json_put_z(struct json_out *o, const char *key, const char *value); /* NULL gives null */
void json_put_int(struct json_out *o, const char *key, int64_t value);
void json_put_decimal(struct json_out *o, const char *key,
                      double value); /* to two places; finite */
void json_put_bool(struct json_out *o, const char *key, bool value);
void json_put_null(struct json_out *o, const char *key);
void json_put_tree(struct json_out *o, const char *key, const struct json *value);

/* As the four openers, but with a member name that is a view. */
void json_key_str(struct json_out *o, struct str key); /* then call a function with key NULL */

#endif
