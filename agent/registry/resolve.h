/* SPDX-License-Identifier: Apache-2.0 */
/* Host names -> addresses, in a thread of its own (a slow DNS server must hold up nothing else):
 * each name when it is first wanted, then each 30 s. The first address in sorted order is taken,
 * IPv4 before IPv6, so that the answer does not flap with the order of replies. After a failure the
 * last good address stays. */
#ifndef THALASSA_REGISTRY_RESOLVE_H
#define THALASSA_REGISTRY_RESOLVE_H

#include "catalog/select.h"

enum { RESOLVE_EVERY_S = 30, RESOLVE_HOSTS_MAX = 4096, RESOLVE_TEXT = 64 };

struct ev_loop;
struct resolver;

/* One lookup, on the thread: the address as text, or "" with `problem` filled. */
struct resolve_answer {
    char address[RESOLVE_TEXT];
    char problem[160];
};
typedef void resolve_lookup(const char *host, struct resolve_answer *out);

/* By the system: /etc/hosts, DNS (2 tries of 2 s for each server). */
resolve_lookup resolve_by_system;

/* on_change: the table changed. `lookup` NULL: resolve_by_system. */
struct resolver *resolver_start(struct ev_loop *loop, resolve_lookup *lookup, double every_s,
                                void (*on_change)(void *ctx), void *ctx);

/* The names that are wanted, replaced as a whole; past RESOLVE_HOSTS_MAX the rest is left out. */
void resolver_want(struct resolver *r, const struct str_list *hosts);

/* Names answered so far, valid until the next on_change. */
const struct name_table *resolver_table(const struct resolver *r);

/* Waits for the lookup under way. */
void resolver_stop(struct resolver *r);

#endif
