/* SPDX-License-Identifier: Apache-2.0 */
/* Stored objects + members known -> what HAProxy should run. Pure. */
#ifndef THALASSA_CONTROL_BUILD_H
#define THALASSA_CONTROL_BUILD_H

#include "control/objects.h"
#include "model/desired.h"
#include "plan/ledger.h"
#include "plan/proxies.h"
#include "plan/scope.h"
#include "render/caps.h"

/* The members of one backend as known now. Held ones are among them. */
struct pool_members {
    struct member_list list;
    bool unknown; /* the registry has not told them since our start */
    bool panic;   /* critical members (not those in maintenance) serve, since nobody else does */
};

struct build_input {
    struct objects *objects;
    void *ctx;
    /* May allocate in `a`, which lives until the backend is built. */
    struct pool_members (*members)(void *ctx, struct arena *a, const struct backend *b);
    const struct have *have; /* NULL: HAProxy is not observed yet */
    const struct ledger *ledger;
    const struct render_caps *caps;
    bool plain; /* the template writes sections that are nothing but their profile */
    const struct proxies_input *proxies; /* what is known of proxies; NULL: own names */
    struct desired *former;    /* built from the same have, ledger, members and caps, save for */
    const struct scope *scope; /* the backends in here: others are shared with it if their object
                                * and their proxy are the same. NULL: all is built anew */
    const struct objects *former_objects; /* that it was built from; NULL: not known */
};

/* Never fails: a server whose options cannot be written is left out with a warning (one text each
 * in *problems, which lives in the result's arena). One reference is the caller's. It is the former
 * itself when nothing can have become of it. */
struct desired *build_desired(const struct build_input *in, struct str_list *problems);

#endif
