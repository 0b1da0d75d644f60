/* SPDX-License-Identifier: Apache-2.0 */
/* A backend may be served by a proxy of another name: a spare, or a generation "live.2". A reload
 * gives it its own name, and with it what HAProxy remembers of its servers: here the texts that
 * carry that over (`show servers state`, `dump stats-file`) are told the new names. Pure. */
#ifndef THALASSA_RENDER_RENAME_H
#define THALASSA_RENDER_RENAME_H

#include "base/arena.h"
#include "base/buf.h"

struct rename {
    struct str from, to; /* proxy and the backend that it serves */
};

struct renames {
    struct rename *items; /* sorted by `from` */
    struct str *taken;    /* every `to`, sorted */
    size_t count;
};

/* All at once, not one after another: "a" may become "b" while "b" becomes "c". Names that stay as
 * they are are left out. Of a proxy with several names the first counts. The names must outlive
 * *out. */
void rename_all(struct arena *a, const struct rename *items, size_t count, struct renames *out);

/* What `proxy` is called afterwards; empty when its name goes to another one and itself ends. */
struct str rename_proxy(const struct renames *r, struct str proxy);

/* Append the reply of `show servers state` with the new names. Rows of a proxy that ends are left
 * out, since no name may be there twice. */
void rename_state(const struct renames *r, struct str state, struct buf *out);

/* Append the reply of `dump stats-file` with the new guids: those of backends and of the servers
 * that `state` tells (as HAProxy gave it, before rename_state). Other guids stay. */
void rename_stats(const struct renames *r, struct str state, struct str stats, struct buf *out);

#endif
