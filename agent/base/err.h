/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: functions return 0, or -1 with a `struct err` filled. Each layer that adds a name wraps
 * once, so that the text reads `backend web: server s1: weight: not a number: "x"`. */
#ifndef THALASSA_BASE_ERR_H
#define THALASSA_BASE_ERR_H

#include <stdarg.h>

/* What kind of failure: web/ maps these to HTTP status codes, cli/ to exit codes. */
enum err_kind {
    ERR_NONE,
    ERR_INVALID,       /* 400: the input is wrong; `field` names the place */
    ERR_FORBIDDEN,     /* 403 */
    ERR_NOT_FOUND,     /* 404 */
    ERR_CONFLICT,      /* 409 */
    ERR_PRECONDITION,  /* 412 */
    ERR_TOO_LARGE,     /* 413 */
    ERR_UNPROCESSABLE, /* 422: HAProxy refuses the result; `detail` has its words */
    ERR_UNAVAILABLE,   /* 503: store full, HAProxy away, a deadline passed */
    ERR_INTERNAL       /* 500: a system call or a library failed */
};

struct err {
    enum err_kind kind;
    char field[192];   /* path of the offending field, such as "rules[1].value"; may be empty */
    char text[512];    /* one line for people */
    char detail[2048]; /* longer material, such as HAProxy's messages; may be empty */
};

/* Fill `e` (kind, text by printf format) and return -1. `e` may be NULL. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with ERR_INVALID, and names the field. */
int err_field(struct err *e, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and strerror(number) behind the text. */
int err_errno(struct err *e, enum err_kind kind, int number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Put `prefix: ` before the text; returns -1 so that `return err_wrap(...)` works. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put a path before the field: err_in(e, "rules[1]") makes "value" into "rules[1].value". A field
 * that starts with '[' is joined without a dot. Returns -1. */
int err_in(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
