/* SPDX-License-Identifier: Apache-2.0 */
/* Views of bytes: a pointer and a length, never owned, not ended by NUL unless made from a C
 * string. Text from outside stays a view until an arena copies it. */
#ifndef THALASSA_BASE_STR_H
#define THALASSA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

struct str str_z(const char *z); /* view of a C string; NULL gives the empty view */

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_z(struct str a, const char *z);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters */

/* Byte order, shorter first: for sorting. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool str_starts(struct str s, struct str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix);

/* Space, tab, CR, LF. */
static inline bool str_is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Without blanks at both ends. */
static inline struct str str_trim(struct str s)
{
    while (s.n && str_is_blank(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && str_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static inline bool str_find(struct str s, char c, size_t *at)
{
    const char *hit = s.n ? (const char *)memchr(s.p, c, s.n) : NULL;

    if (!hit)
        return false;
    *at = (size_t)(hit - s.p);
    return true;
}

/* Cut the part before the first `sep` off the front of `*rest` and return it; without a `sep` the
 * whole rest, and `*rest` becomes the none view (p NULL). Loop: while (rest.p) { ... }. */
static inline struct str str_cut(struct str *rest, char sep)
{
    struct str part = *rest;

    if (!str_find(part, sep, &part.n)) {
        *rest = STR_NONE;
        return part;
    }
    rest->p += part.n + 1;
    rest->n -= part.n + 1;
    return part;
}

/* Next word of blanks-separated text, or an empty view at the end. */
struct str str_word(struct str *rest);

/* True if a byte below 0x20 or 0x7f is in `s` (HAProxy text must never carry one). */
bool str_has_control(struct str s);

/* Decimal number, whole text, no sign (u64) or optional '-' (i64), no overflow. 0 or -1. */
int str_u64(struct str s, uint64_t *out);
int str_i64(struct str s, int64_t *out);

/* Copy into `out` with a NUL behind, cut at size - 1. Returns out. */
char *str_copy(char *out, size_t size, struct str s);

#endif
