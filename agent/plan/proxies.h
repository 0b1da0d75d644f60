/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy of HAProxy serves which backend of the operator: the record of our own work (which
 * proxy was made or taken for whom, from which profile), and the choice for what is wanted now. The
 * file set has every backend under its own name; at runtime a backend may be served by a spare or
 * by a generation of itself ("live.2"), to which the map of proxies leads. Pure: the shell stores
 * what proxies_each_dirty() gives. */
#ifndef THALASSA_PLAN_PROXIES_H
#define THALASSA_PLAN_PROXIES_H

#include "base/json_in.h"
#include "base/json_out.h"
#include "model/desired.h"
#include "plan/observed.h"

struct proxy_record {
    struct str proxy, backend, profile;
    bool stuck;       /* HAProxy does not delete it: it stays, empty, until the next reload */
    bool dirty, gone; /* for proxies_each_dirty */
};

struct proxies;

struct proxies *proxies_new(void);
void proxies_free(struct proxies *p);

/* NULL when unknown. */
const struct proxy_record *proxies_find(const struct proxies *p, struct str proxy);
/* The operator's name of what the proxy serves: the proxy's own when no record knows better. */
struct str proxies_backend(const struct proxies *p, struct str proxy);
/* Each record, in the order of names; NULL behind the last. */
const struct proxy_record *proxies_at(const struct proxies *p, size_t i);
/* Those of one backend, in the order of their proxies; gone ones among them. Good until the next
 * change. */
const struct proxy_record *const *proxies_of(const struct proxies *p, struct str backend,
                                             size_t *count);

void proxies_note(struct proxies *p, struct str proxy, struct str backend, struct str profile);
void proxies_note_stuck(struct proxies *p, struct str proxy);
void proxies_forget(struct proxies *p, struct str proxy);
bool proxies_are_dirty(const struct proxies *p);
void proxies_each_dirty(struct proxies *p, void (*visit)(void *ctx, const struct proxy_record *r),
                        void *ctx);

/* One record as JSON (an object at the top) and back. */
void proxies_put(struct json_out *o, const struct proxy_record *r);
int proxies_load(struct proxies *p, const struct json *o, struct err *e);

/* What the worker was started with, of that which it does not tell. */
struct proxy_section {
    struct str name, profile;
};
struct profile_state {
    struct str name;
    struct str danger; /* why no backend may be made of it at runtime; empty: none */
};
struct proxy_facts {
    struct proxy_section *plain; /* backends that are nothing but their profile; sorted by name */
    size_t plain_count;
    struct profile_state *profiles; /* named defaults, sorted by name */
    size_t profile_count;
    struct str *taken; /* names that no backend made at runtime may have; sorted */
    size_t taken_count;
};
/* NULL when absent. */
const struct proxy_section *proxy_facts_plain(const struct proxy_facts *f, struct str name);
const struct profile_state *proxy_facts_profile(const struct proxy_facts *f, struct str name);
bool proxy_facts_is_taken(const struct proxy_facts *f, struct str name);

/* Another worker answers, started from a file that has every backend under its own name: records of
 * proxies become records of the backends' own names where the worker has these as plain sections,
 * and vanish else. */
void proxies_rebase(struct proxies *p, const struct have *have, const struct proxy_facts *facts);

struct proxies_input {
    const struct have *have;    /* NULL: not observed; every backend has its own name */
    const struct have_map *map; /* backend -> proxy as HAProxy has it; NULL: not known */
    bool has_map;               /* HAProxy has one, known or not */
    const struct proxy_facts *running;
    const struct proxies *records;
    bool can_add; /* backends can be made at runtime */
};

/* Fill proxy, holder, make, undecided, blocked and settled of those of `backends` (sorted by the
 * object's name, with profile set) that are not settled from before. Texts in `a`, save that the
 * backend's own name is the object's. A proxy serves one backend, and no object's name is given to
 * another one's proxy. */
void proxies_choose(const struct proxies_input *in, struct arena *a,
                    struct desired_backend *backends, size_t count);

#endif
