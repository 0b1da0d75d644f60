/* SPDX-License-Identifier: Apache-2.0 */
/* Membership of one backend over time: which instances of a service are members now, and which of
 * those that the registry no longer names are held. A pure state machine; the rules that keep
 * traffic alive are all here.
 *
 * Gains never wait: new members, and every change of health, weight or address of members that a
 * reading names, apply with any reading, whatever its trust. An error is no reading: it changes
 * nothing. Another service or version is another pool: no loss.
 *
 * A member that a reading does not name (a loss), by the reading's trust (catalog/continuity.h):
 *
 *   trust       disturbed  loss    catalog     the member is
 *   UNBROKEN    -          small   -           removed
 *   UNBROKEN    -          large   -           held: SHRINK
 *   DOUBTFUL    -          any     -           held: UNCONFIRMED
 *   CONFIRMED   -          small   -           removed
 *   CONFIRMED   no         large   sound       removed
 *   CONFIRMED   no         large   not sound   held: SHRINK
 *   CONFIRMED   yes        large   -           held: DISTURBED
 *   REFUTED     -          any     -           held: DISTURBED
 *
 *   held before      and then
 *   UNCONFIRMED      stays with UNBROKEN and DOUBTFUL readings; a CONFIRMED or REFUTED one decides
 *   SHRINK           decided anew by each reading
 *   DISTURBED        stays until a reading names it, or pool_accept
 *   any              named by a reading: an ordinary member again; pool_accept: removed
 *
 * A loss is large when it leaves the pool without a usable member, or when the usable members lost
 * beyond those gained in the same reading are more than max_shrink_percent of the pool. Members
 * held as DISTURBED are not of the pool that this is reckoned by.
 *
 * UNCONFIRMED and SHRINK ask for a confirming read. Held members keep the state they had. */
#ifndef THALASSA_CATALOG_POOL_H
#define THALASSA_CATALOG_POOL_H

#include "catalog/continuity.h"
#include "catalog/select.h"

enum hold { HOLD_NONE, HOLD_UNCONFIRMED, HOLD_SHRINK, HOLD_DISTURBED };
const char *hold_name(enum hold h);   /* "unconfirmed" ... */
const char *hold_reason(enum hold h); /* one line for people */

struct pool_options {
    unsigned max_shrink_percent; /* 0..100 */
    bool panic;                  /* critical members serve when nobody else does */
};

struct held {
    const struct member *member; /* in the view's list */
    enum hold hold;
    int64_t since_ms; /* wall clock */
};

/* What is to be served. Immutable; refs counts owners (loop thread only). */
struct pool_view {
    struct arena arena;
    unsigned refs;
    struct member_list members; /* sorted by host, port; held ones among them */
    struct held *held;          /* in the order of the members */
    size_t held_count;
    bool known; /* some reading (or a restored state) said who the members are */
    bool panic; /* usable critical members serve */
};
struct pool_view *pool_view_ref(struct pool_view *v);
void pool_view_unref(struct pool_view *v); /* NULL is fine */

struct pool;

struct pool *pool_new(const struct pool_options *options, struct str service, struct str version);
void pool_free(struct pool *p);

struct str pool_service(const struct pool *p);
struct str pool_version(const struct pool *p);

/* The current view, borrowed until the next call that changes the pool; ref it to keep it. */
struct pool_view *pool_view(const struct pool *p);

/* Another subscription: starts anew, unknown. False, and nothing happens, if it is the same. */
bool pool_subscribe(struct pool *p, struct str service, struct str version);

/* A reading of the pool's service. True if the view changed in more than its times. */
bool pool_read(struct pool *p, const struct service_read *read, const struct name_table *names,
               const struct evidence *evidence);

/* What names resolve to may have changed: members with host names get their addresses anew. True if
 * the view changed. */
bool pool_resolve(struct pool *p, const struct name_table *names);

/* Does a held member wait for a confirming read? */
bool pool_wants_confirm(const struct pool *p);

/* Remove whoever is held: the operator's word. Number of members removed. */
size_t pool_accept(struct pool *p);

/* State as a JSON object, for the store; `key` as in json_out. */
void pool_export(const struct pool *p, struct json_out *o, const char *key);
/* Take the state that pool_export wrote, if it is of this service and version (else: 0, nothing
 * happens). Held and ordinary members return as they were. ERR_INVALID leaves the pool alone. */
int pool_import(struct pool *p, const struct json *o, struct err *e);

/* For catalog/pool_json.c and the tests: the members with what they are decided from. */
struct pool_member {
    struct candidate candidate;
    enum hold hold;
    int64_t since_ms; /* held: since when */
};
struct pool_state {
    struct arena arena;
    struct pool_member *items; /* sorted by host, port */
    size_t count;
    bool known;
};
const struct pool_state *pool_state(const struct pool *p);
/* Replace the state (its arena becomes the pool's). True if the view changed. */
bool pool_install(struct pool *p, struct pool_state *state);

#endif
