/* SPDX-License-Identifier: Apache-2.0 */
/* A desired state from JSON: {"active": {FRONTEND: "b"}, "frontends": [API objects], "backends":
 * [API objects], "members": {BACKEND: [members as member_read takes them]}}. Anything wrong in it
 * fails the test. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "base/buf.h"
#include "render/config.h"

struct fixture {
    struct arena arena;
    struct desired desired;
    struct active_set *active;
    size_t active_count;
};

extern const struct render_caps fixture_caps_26, fixture_caps_30, fixture_caps_34;

void fixture_load(struct fixture *f, struct str json, const struct render_caps *caps);
void fixture_free(struct fixture *f);

/* From a text with single quotes for double ones: short in a test's source. */
void fixture_text(struct fixture *f, const char *json, const struct render_caps *caps);

/* A file of the checkout, in `a`; the path is relative to its top. */
struct str fixture_read(struct arena *a, const char *path);

/* Input with the shipped partials and dev template, paths under /var/lib/thalassa. */
struct render_input fixture_input(struct fixture *f, const struct render_caps *caps);

#endif
