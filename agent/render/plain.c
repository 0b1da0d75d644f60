/* SPDX-License-Identifier: Apache-2.0 */
#include "render/plain.h"

#include "base/json_in.h"
#include "render/profile.h"
#include "render/rules.h"
#include "render/structure.h"

#include <stdio.h>

/* Two of each, so that a template which treats modes differently is seen. */
static const char frontends[] =
    "{\"thalassa-http\":{\"bind\":\"127.0.0.1:1\",\"backend\":\"thalassa-web\"},"
    "\"thalassa-tcp\":{\"bind\":\"127.0.0.1:2\",\"backend\":\"thalassa-db\",\"mode\":\"tcp\"}}";
static const char backends[] =
    "{\"thalassa-db\":{\"type\":\"static\",\"mode\":\"tcp\",\"balance\":\"leastconn\"},"
    "\"thalassa-web\":{\"type\":\"static\",\"health\":{\"uri\":\"/\"}}}";

static int make_frontends(struct desired *d, struct err *e)
{
    struct json *list;

    if (json_parse(&d->arena, str_z(frontends), JSON_MAX_DEPTH, &list, e))
        return -1;
    d->rulesets = ARENA_ARRAY(&d->arena, struct ruleset, list->count);
    JSON_EACH(o, list) {
        struct frontend *f = frontend_parse(o->key, o, e);

        if (!f)
            return -1;
        *ARENA_PUSH(&d->arena, d->frontends, d->frontend_count) = f;
        if (f->mode == MODE_HTTP)
            rules_compile(&d->arena, f, &d->rulesets[d->ruleset_count++]);
    }
    return 0;
}

static int make_backends(struct desired *d, struct err *e)
{
    struct json *list;

    if (json_parse(&d->arena, str_z(backends), JSON_MAX_DEPTH, &list, e))
        return -1;
    JSON_EACH(o, list) {
        struct backend *b = backend_parse(o->key, o, e);

        if (!b)
            return -1;
        *ARENA_PUSH(&d->arena, d->objects, d->object_count) = b;
        *ARENA_PUSH(&d->arena, d->backends, d->backend_count) =
            (struct desired_backend){.object = b, .proxy = b->name};
    }
    return 0;
}

static void free_objects(struct desired *d)
{
    for (size_t i = 0; i < d->frontend_count; i++)
        frontend_unref(d->frontends[i]);
    for (size_t i = 0; i < d->object_count; i++)
        backend_unref(d->objects[i]);
    arena_free(&d->arena);
}

/* No backend may be named by the text: HAProxy would not delete it, and a spare in its place would
 * not be found. */
static const char *look_at_frontend(const struct structure_section *s)
{
    bool by_map = false;

    if (!s)
        return "it leaves out a frontend";
    for (size_t i = 0; i < s->lines.count; i++) {
        struct str rest = s->lines.items[i], first = str_word(&rest), second = str_word(&rest);

        if (str_eq(first, STR("default_backend")) ||
            (str_eq(first, STR("use_backend")) && !str_starts(second, STR("%["))))
            return "its frontends name their backends";
        by_map = by_map || str_starts(s->lines.items[i], STR("use_backend %[var(txn.px)]"));
    }
    return by_map ? NULL : "its frontends do not look for the proxy that serves a backend";
}

static const char *look_at_backend(struct arena *a, const struct structure *s,
                                   const struct backend *b)
{
    const struct structure_section *section = structure_find(s, STR("backend"), b->name);
    struct str profile = profile_name(a, profile_of(b));

    if (!section)
        return "it leaves out a backend";
    if (!structure_is_plain(section))
        return profile_is_name(section->from) ? "its backends have lines of their own"
                                              : "its backends inherit no profile";
    if (!str_eq(section->from, profile) || !structure_find(s, STR("defaults"), profile))
        return "it does not write the profiles of its backends";
    return NULL;
}

static bool has_spare(struct arena *a, const struct structure *s, const struct backend *b)
{
    struct str name = profile_spare(a, profile_name(a, profile_of(b)), 1);
    const struct structure_section *section = structure_find(s, STR("backend"), name);

    return section && structure_is_spare(section) && structure_is_plain(section);
}

static const char *look(struct arena *a, const struct structure *s, const struct desired *d,
                        bool *spares)
{
    const char *why = NULL;

    for (size_t i = 0; i < d->frontend_count && !why; i++)
        why = look_at_frontend(structure_find(s, STR("frontend"), d->frontends[i]->name));
    for (size_t i = 0; i < d->backend_count && !why; i++)
        why = look_at_backend(a, s, d->objects[i]);
    *spares = !why;
    for (size_t i = 0; i < d->backend_count; i++)
        *spares = *spares && has_spare(a, s, d->objects[i]);
    return why;
}

void plain_probe(const struct render_input *in, struct plain *out)
{
    struct arena a = ARENA_INIT;
    struct desired d = {.refs = 1};
    struct render_input probe = *in;
    struct rendered text;
    struct structure s;
    struct err e;
    const char *why;

    *out = (struct plain){0};
    probe.desired = &d;
    probe.active_count = 0;
    probe.spares = 1;
    if (make_frontends(&d, &e) == 0 && make_backends(&d, &e) == 0) {
        maps_build(&d);
        if (render_config(&probe, &text, &e) == 0) {
            structure_parse(&a, text.config, NULL, &s);
            why = look(&a, &s, &d, &out->spares);
        } else {
            why = e.text;
        }
        rendered_free(&text);
    } else {
        why = e.text;
    }
    out->at_runtime = !why;
    if (why)
        (void)snprintf(out->why, sizeof out->why, "%.150s", why);
    free_objects(&d);
    arena_free(&a);
}
