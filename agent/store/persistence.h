/* SPDX-License-Identifier: Apache-2.0 */
/* The persistence file: {"version":1,"frontends":[...],"backends":[...]} and, where there are any,
 * "splits":[...] and "policies":[...]; read when the store is empty, rewritten whole on each
 * change. */
#ifndef THALASSA_STORE_PERSISTENCE_H
#define THALASSA_STORE_PERSISTENCE_H

#include "model/backend.h"
#include "model/frontend.h"
#include "model/override.h"
#include "model/policy.h"
#include "model/split.h"

enum {
    PERSISTENCE_VERSION = 1,
    PERSISTENCE_FILE_MAX = 64 * 1024 * 1024, /* bytes */
    PERSISTENCE_OBJECTS_MAX = 20000          /* of each list */
};

struct persistence {
    struct arena arena;
    struct frontend **frontends; /* sorted by name; each with one reference */
    size_t frontend_count;
    struct backend **backends;
    size_t backend_count;
    struct split **splits; /* sorted by backend */
    size_t split_count;
    struct policy **policies; /* sorted by name */
    size_t policy_count;
    struct override_set **overrides; /* one of each backend of which members something is said */
    size_t override_count;
    struct str_list warnings; /* unknown fields, which were ignored; one line each */
    struct str_list problems; /* objects that did not pass and are missing; one line each */
};

/* Read the file. 0 also when some objects did not pass: look at out->problems. -1 with
 * ERR_NOT_FOUND when there is no file, ERR_INVALID when it is not of this form, ERR_TOO_LARGE.
 * *out needs persistence_free in either case. */
int persistence_read(const char *path, struct persistence *out, struct err *e);
void persistence_free(struct persistence *p);

/* Replace the file atomically (mode 0644) by the objects of `what`, in their order. */
int persistence_write(const char *path, const struct persistence *what, struct err *e);

#endif
