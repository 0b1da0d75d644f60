/* SPDX-License-Identifier: Apache-2.0 */
/* What `thalassa check` finds: one line each. Pure. */
#ifndef THALASSA_CLI_FINDINGS_H
#define THALASSA_CLI_FINDINGS_H

#include "base/arena.h"
#include "base/buf.h"

enum finding_state { FINDING_OK, FINDING_WARNING, FINDING_MISSING };

struct finding {
    enum finding_state state;
    const char *subject; /* "admin socket" */
    struct str text;
    struct str hint; /* what to do about it; may be empty */
};

struct findings {
    struct arena arena;
    struct finding *items;
    size_t count;
};

/* `subject` is a literal. */
void findings_add(struct findings *f, enum finding_state state, const char *subject,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What to do about the finding added last. */
void findings_hint(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void findings_free(struct findings *f);

size_t findings_count(const struct findings *f, enum finding_state state);

/* "ok       admin socket   /run/..." and "         -> hint"; then a line that sums up. */
void findings_put(const struct findings *f, struct buf *out, bool colours);
/* {"missing":n,"findings":[{"state","subject","text","hint"?}]} */
void findings_put_json(const struct findings *f, struct buf *out);

#endif
