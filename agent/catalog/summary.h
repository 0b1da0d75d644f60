/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of a service with counts and health: GET /services, and the question before a switch. */
#ifndef THALASSA_CATALOG_SUMMARY_H
#define THALASSA_CATALOG_SUMMARY_H

#include "catalog/instance.h"

struct version_count {
    struct str version;  /* empty: instances that tell none */
    size_t by_status[4]; /* indexed by enum member_status */
};

struct service_summary {
    struct str service;
    struct version_count *versions; /* sorted by version */
    size_t count;
    bool ambiguous; /* some instance has tags of two versions */
};

/* Everything copied into `a`. */
void service_summarise(struct arena *a, const struct service_read *read,
                       struct service_summary *out);

/* {"name","versions":[{"version","instances","passing","warning","critical","maintenance"}],
 * "warning"?} */
void service_summary_put(struct json_out *o, const char *key, const struct service_summary *s);

#endif
