/* SPDX-License-Identifier: Apache-2.0 */
#include "control/structural.h"

#include "render/profile.h"

bool structural_is_plain(const struct backend *b)
{
    return b->natives.count == 0 && b->cookie.n == 0;
}

static bool lists_equal(const struct str_list *a, const struct str_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (!str_eq(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

/* Each header of a rule has a line of its own that looks it up. */
static bool looks_up(const struct frontend *f, struct str header)
{
    for (size_t i = 0; i < f->rule_count; i++) {
        if (str_eq(f->rules[i].header, header))
            return true;
    }
    return false;
}

static bool has_lookups_of(const struct frontend *a, const struct frontend *b)
{
    for (size_t i = 0; i < b->rule_count; i++) {
        if (b->rules[i].header.n && !looks_up(a, b->rules[i].header))
            return false;
    }
    return true;
}

static bool frontends_equal(const struct frontend *a, const struct frontend *b)
{
    return a == b ||
           (str_eq(a->name, b->name) && a->mode == b->mode && a->keepalive == b->keepalive &&
            str_eq(a->bind_params, b->bind_params) && lists_equal(&a->bind, &b->bind) &&
            lists_equal(&a->natives, &b->natives) && has_lookups_of(a, b) && has_lookups_of(b, a));
}

static bool backends_equal(const struct backend *a, const struct backend *b)
{
    return a == b ||
           (str_eq(a->name, b->name) && str_eq(a->cookie, b->cookie) &&
            lists_equal(&a->natives, &b->natives) && profile_equal(profile_of(a), profile_of(b)));
}

/* Plain ones come and go at runtime. */
static bool same_section(const struct backend *a, const struct backend *b)
{
    bool own_a = a && !structural_is_plain(a), own_b = b && !structural_is_plain(b);

    return own_a == own_b && (!own_a || backends_equal(a, b));
}

bool structural_equal(const struct objects *a, const struct objects *b)
{
    struct objects_walk w = {0};

    if (a == b)
        return true;
    if (a->frontend_count != b->frontend_count)
        return false;
    for (size_t i = 0; i < a->frontend_count; i++) {
        if (!frontends_equal(a->frontends[i], b->frontends[i]))
            return false;
    }
    while (objects_next_difference(&w, a, b)) {
        if (!same_section(w.was, w.is))
            return false;
    }
    return true;
}

bool structural_new_options(const struct objects *now, const struct objects *next)
{
    struct objects_walk w = {0};

    while (objects_next_difference(&w, now, next)) {
        if (w.is && w.is->server.count && (!w.was || !lists_equal(&w.was->server, &w.is->server)))
            return true;
    }
    return false;
}
