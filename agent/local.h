/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects, members last known, and what they render to, without being the agent: nothing is
 * written, nobody is told. */
#ifndef THALASSA_LOCAL_H
#define THALASSA_LOCAL_H

#include "app.h"
#include "haproxy/check.h"
#include "haproxy/child.h"

struct local {
    struct app app;              /* only what rendering reads is filled */
    struct objects *objects;     /* NULL before local_read_objects */
    struct catalog *catalog;     /* members out of the store; may be NULL */
    const struct json *backends; /* members that the running agent tells; may be NULL */
    const struct json *panic;    /* backends whose unhealthy members serve, as it tells */
    struct arena arena;
    char source[1024]; /* where the objects are from, for people */
};

void local_open(struct local *l, const struct options *options);
void local_close(struct local *l);

/* What HAProxy can do: by `version` if it is not NULL ("3.0"), else by what the program says with
 * -v (through sudo with --sudo). *said is that version. */
int local_learn_version(struct local *l, const char *version, struct str *said, struct err *e);

/* local_objects.c: --persistence if the command line names it, else the store, which the running
 * agent is asked for when it holds it, else --persistence. With nothing at all there are none. */
int local_read_objects(struct local *l, struct err *e);
struct pool_members local_members(void *local, struct arena *arena, const struct backend *b);

/* *out is the caller's (app_rendered_free). Needs version and objects. */
int local_render(struct local *l, struct app_rendered **out, struct err *e);

/* Would HAProxy take it? In a scratch folder. -1 with ERR_UNPROCESSABLE: no; the object in
 * `field`, all its words in `detail`. *warnings are HAProxy's, either way. */
int local_check(struct local *l, const struct app_rendered *r, struct str_list *warnings,
                struct err *e);

#endif
