/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of a service as the registry tells them, and one whole reading of a service. */
#ifndef THALASSA_CATALOG_INSTANCE_H
#define THALASSA_CATALOG_INSTANCE_H

#include "model/backend.h"

enum {
    INSTANCE_TAGS_MAX = 64, /* kept for show; the version rule sees all of them */
    SERVICE_INSTANCES_MAX = LIMIT_MEMBERS
};

/* Texts carry no control characters: the parser writes '?' instead. */
struct instance {
    struct str node;    /* Node.Node; with `id` the identity */
    struct str node_id; /* Node.ID, empty for external nodes */
    struct str id;      /* Service.ID, unique within its node only */
    struct str version; /* by catalog/version.h; empty: none */
    bool ambiguous;     /* two tags look like versions and differ: the first was taken */
    struct str_list tags;
    struct str meta_version, meta_hostname, meta_pid, meta_registered; /* Service.Meta, or empty */
    struct str address; /* Service.Address, else Node.Address; a literal, a name, or nonsense */
    int64_t port;       /* as given: 0 and 70000 occur */
    unsigned weight_passing, weight_warning; /* 0..65535 */
    enum member_status status;               /* worst of the instance's and its node's checks */
    uint64_t create_index;                   /* order of creation, no time */
};

/* One reading of one service: sorted by (node, id), so that equal catalogs are equal snapshots
 * whatever the order of the reply. Immutable; refs counts owners (loop thread only). */
struct service_read {
    struct arena arena;
    unsigned refs;
    struct str service;
    struct instance *items;
    size_t count;
};

struct service_read *service_read_new(struct str service); /* empty, one reference */
struct service_read *service_read_ref(struct service_read *r);
void service_read_unref(struct service_read *r); /* NULL is fine */

/* Its instances are these, copied and sorted. */
void service_read_set(struct service_read *r, const struct instance *items, size_t count);

/* (node, id) in byte order, for qsort. */
int instance_compare(const void *a, const void *b);

#endif
