/* SPDX-License-Identifier: Apache-2.0 */
/* What of a configuration only a reload can change. Two texts are compared as HAProxy reads them:
 * comments, blanks, the order of sections, the servers of our backends and what maps decide make
 * no difference. */
#ifndef THALASSA_RENDER_STRUCTURE_H
#define THALASSA_RENDER_STRUCTURE_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/desired.h"
#include "model/reason.h"

struct structure_section {
    struct str kind;       /* "frontend" */
    struct str name;       /* unnamed defaults: "(1)", "(2)" ...; may be empty */
    struct str from;       /* the defaults that it inherits, by name; empty: none */
    struct str_list lines; /* words as written, parted by one blank */
    size_t *numbers;       /* of the lines in the text, from 1 */
    size_t number_count;
    size_t at; /* which section of the text it is */
};

struct structure {
    struct structure_section *sections; /* sorted by kind and name */
    size_t count;
};

struct structure_server {
    struct str backend, name, address; /* address as written: "127.0.0.1:80", "[::1]:80" */
    unsigned weight;                   /* 1 unless written */
    struct str args;                   /* what server_args wrote: without the guid at its end */
};

struct structure_servers {
    struct structure_server *items; /* in the order of the text */
    size_t count;
};

/* Take a configuration apart. `ours` names the backends whose servers are changed at runtime; NULL:
 * all. Views of `config` where nothing had to be put together anew: it must outlive the result. */
void structure_parse(struct arena *a, struct str config, const struct str_list *ours,
                     struct structure *out);

/* A section that says no more than which profile a backend has: "backend live from
 * thalassa.http-first", its guid and mode. Such backends come, go and change their profile at
 * runtime, or it is told elsewhere why they cannot (plan/). Spares are plain, too. */
bool structure_is_plain(const struct structure_section *s);
bool structure_is_spare(const struct structure_section *s);

/* NULL when there is none. */
const struct structure_section *structure_find(const struct structure *s, struct str kind,
                                               struct str name);

/* Why `want` cannot be reached from `have` at runtime; no reason: nothing to reload for. Spares are
 * left out, and so are, with `objects`, the backends that are plain on both sides; a plain section
 * that is not one of `objects` is the template's own and comes by a reload. With NULL nobody
 * changes backends at runtime. A profile or a header's lookup more or less is no reason, but a
 * profile that reads otherwise is one. Sorted as the sections are.
 * Fields are the API's ("bind", "mode", "keepalive", "natives", "cookie", "rules": a header without
 * a lookup), "profile", "created", "deleted"; the object "template" is what Thalassa writes itself,
 * or of the template, with the section as its field. */
struct reasons structure_diff(struct arena *a, const struct structure *have,
                              const struct structure *want, const struct desired *objects);

struct structure_bind {
    struct str owner;   /* "frontend/web" */
    struct str address; /* "127.0.0.1:80", "*:443", "[::]:80" */
};

struct structure_binds {
    struct structure_bind *items;
    size_t count;
};

/* Addresses that `want` listens on and `have` does not, in the order of `want`. */
struct structure_binds structure_new_binds(struct arena *a, const struct structure *have,
                                           const struct structure *want);

struct structure_name {
    struct str kind, name; /* "frontend", "web" */
};

/* Two sections of one name among frontends, backends, listens and named defaults, which share one
 * namespace. Views of `config`. False when there are none. */
bool structure_name_clash(struct str config, struct structure_name *one,
                          struct structure_name *other);

/* The structure as text: structure_parse of it gives the structure again. */
void structure_print(struct buf *to, const struct structure *s);

/* The `server` lines of the backend sections. */
struct structure_servers structure_servers(struct arena *a, struct str config);

#endif
