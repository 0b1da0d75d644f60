/* SPDX-License-Identifier: Apache-2.0 */
/* What of the former desired state still holds, so that the next one shares it: backends that
 * nothing happened to. Whatever is in doubt is built anew. Pure. */
#ifndef THALASSA_CONTROL_FORMER_H
#define THALASSA_CONTROL_FORMER_H

#include "control/objects.h"
#include "model/desired.h"
#include "plan/scope.h"

struct former {
    const struct desired *desired; /* NULL: there is none */
    const struct scope *scope;     /* what something happened to */
    const bool *touched;           /* for each of its backends: it is in scope by its own name */
    bool touches;                  /* any of them is */
    const struct objects *objects; /* of the next one */
    bool keeps;                    /* its choices of proxies are of the same kind */
    size_t kept_at, shared_at;     /* backends are asked about in the order of their names */
};

/* `a` lives as long. */
struct former former_of(struct arena *a, const struct desired *desired, const struct scope *scope,
                        const struct objects *objects, bool profiles_named);

/* All of it is as it was, if the objects are the very same: no backend was touched, and each has
 * settled for the proxy of its own name. */
bool former_holds(const struct former *f);

/* The backend of the same object with its servers and its proxy, if that was settled. */
bool former_keep(struct former *f, const struct backend *object, struct desired_backend *out);
/* Its servers alone; the proxy was chosen anew, and is the same. */
bool former_share(struct former *f, struct desired_backend *b);

/* What is not shared is to be looked at, and what is not there any more: by the names of backends
 * and of their proxies. `old` may be NULL. */
void former_changes(const struct desired *old, const struct desired *new, struct scope *s);

#endif
