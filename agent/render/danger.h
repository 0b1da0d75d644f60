/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that HAProxy takes from a configuration and dies of later, with all its traffic, when a
 * backend or a server is made at runtime. Found by what the structure says and inherits
 * (danger.def: measured on 2.6.12, 3.0.11, 3.2.26 and 3.4.7). Pure. */
#ifndef THALASSA_RENDER_DANGER_H
#define THALASSA_RENDER_DANGER_H

#include "render/structure.h"

enum danger {
#define DANGER(id, what, instead) DANGER_##id,
#include "render/danger.def"
#undef DANGER
    DANGER_COUNT
};

struct danger_found {
    enum danger danger;
    const struct structure_section *section; /* where the line stands */
    size_t at;                               /* which of its lines */
};

struct danger_list {
    struct danger_found *items; /* each line once */
    size_t count;
};

/* True when `add backend NAME from DEFAULTS` (HAProxy 3.4), or the first server or request of that
 * backend, would end HAProxy. */
bool danger_in_defaults(const struct structure *s, struct str defaults, struct danger_found *out);

/* True when `add server` with a check would end HAProxy in this backend. */
bool danger_in_backend(const struct structure *s, const struct structure_section *backend,
                       struct danger_found *out);

/* The backends in which that is so, sorted. Views of the structure. */
struct str_list danger_backends(struct arena *a, const struct structure *s);

/* All that is dangerous in a configuration. `add_backend`: profiles of ours are made backends of at
 * runtime. */
struct danger_list danger_all(struct arena *a, const struct structure *s, bool add_backend);

/* "\"errorfiles errs\" in defaults base: HAProxy ends when ..." */
struct str danger_text(struct arena *a, const struct danger_found *found);
const char *danger_instead(enum danger danger); /* what to write instead */

#endif
