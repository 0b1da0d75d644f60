/* SPDX-License-Identifier: Apache-2.0 */
/* The request target (RFC 9112 3.2.1, origin form): a path, kept as it was sent, and the query's
 * parameters, decoded. Pure. */
#ifndef THALASSA_WEB_TARGET_H
#define THALASSA_WEB_TARGET_H

#include "base/arena.h"
#include "base/err.h"

enum { TARGET_MAX_BYTES = 8192, TARGET_MAX_PARAMS = 32 };

struct param {
    struct str name, value; /* decoded; a parameter without '=' has an empty value */
};

struct target {
    struct str path; /* raw, starts with '/'; or "*" */
    struct param *params;
    size_t param_count;
};

/* Views into `raw` and copies in `a`. ERR_INVALID on anything but printable ASCII, another form
 * than
 * "/..." or "*", a bad escape, or a parameter that decodes to control characters; ERR_TOO_LARGE
 * past the limits above. */
int target_parse(struct arena *a, struct str raw, struct target *out, struct err *e);

/* Undo %XX, and with `plus_is_blank` '+' as well. -1 on an escape that is cut or not hexadecimal,
 * or when the result has a control character. */
int target_decode(struct arena *a, struct str in, bool plus_is_blank, struct str *out);

#endif
