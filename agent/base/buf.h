/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a limit given at birth. Failure sticks: a builder appends without
 * tests and asks buf_failed() once at its end. Always NUL behind the last byte once non-empty. */
#ifndef THALASSA_BASE_BUF_H
#define THALASSA_BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

struct buf {
    char *p;
    size_t n, size, limit;
    bool failed; /* an append would have passed the limit; nothing more is taken */
};

void buf_init(struct buf *b, size_t limit_bytes);
void buf_free(struct buf *b);  /* may be used again after buf_init */
void buf_reset(struct buf *b); /* empty, keeps memory, forgets failure */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_z(struct buf *b, const char *z);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_drop_front(struct buf *b, size_t n); /* the first n bytes were consumed */
void buf_cut(struct buf *b, size_t n);        /* keep only the first n bytes */
bool buf_failed(const struct buf *b);
struct str buf_str(const struct buf *b); /* view, valid until the next change */

/* Room for at least n more bytes, for read(2): returns the place and sets *room; NULL past the
 * limit. Call buf_grown with what was written there. */
char *buf_room(struct buf *b, size_t n, size_t *room);
void buf_grown(struct buf *b, size_t n);

#endif
