/* SPDX-License-Identifier: Apache-2.0 */
/* The query parameters that routes take, read and checked in one place. Pure. */
#ifndef THALASSA_WEB_PARAMS_H
#define THALASSA_WEB_PARAMS_H

#include "base/err.h"
#include "web/target.h"

enum {
    PARAM_WAIT_MAX_MS = 300000,
    PARAM_LIMIT_MAX = 1000,
    PARAM_LIMIT_DEFAULT = 100,
    PARAM_FILTER_MAX = 256,
    PARAM_EPOCH_MAX = 32
};

struct params {
    bool dry_run, force, prune, strict, oldest;
    uint64_t wait_ms; /* 0: do not wait */
    uint64_t since, limit;
    bool has_limit; /* it is not the default */
    struct str filter;
    bool has_resume;
    uint64_t resume;
    struct str epoch;
    struct str type, backend; /* none: not given */
};

/* `allowed` lists the route's parameters, parted by blanks. Another one, one that is there twice,
 * or a bad value is ERR_INVALID and names the parameter as the field: a misspelt dryRun must not
 * become a change. Flags: "true", "1", nothing; "false", "0". wait: "500ms", "5s", "2m". */
int params_read(const struct target *t, const char *allowed, struct params *out, struct err *e);

#endif
