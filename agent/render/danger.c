/* SPDX-License-Identifier: Apache-2.0 */
#include "render/danger.h"

#include "render/profile.h"

enum { MAX_CHAIN = 64 }; /* of defaults that inherit from one another */

/* The last one that a section reads or inherits decides how servers are checked. */
static const char *const checks[] = {
    "external-check", "httpchk",     "tcp-check",   "ssl-hello-chk", "smtpchk",
    "mysql-check",    "pgsql-check", "redis-check", "ldap-check",    "spop-check"};

static bool is_proxy(const struct structure_section *s)
{
    return str_eq(s->kind, STR("backend")) || str_eq(s->kind, STR("frontend")) ||
           str_eq(s->kind, STR("listen"));
}

static const struct structure_section *parent_of(const struct structure *s,
                                                 const struct structure_section *section)
{
    return section->from.n ? structure_find(s, STR("defaults"), section->from) : NULL;
}

static bool is_check(struct str line)
{
    struct str option;

    if (!str_eq(str_word(&line), STR("option")))
        return false;
    option = str_word(&line);
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (str_eq_z(option, checks[i]))
            return true;
    }
    return false;
}

static bool is_errorfiles(struct str line)
{
    struct str first = str_word(&line), word;

    if (str_eq(first, STR("errorfiles")))
        return true;
    if (!str_eq(first, STR("http-error")))
        return false;
    while ((word = str_word(&line)).n) {
        if (str_eq(word, STR("errorfiles")))
            return true;
    }
    return false;
}

static bool is_cache_use(struct str line)
{
    return str_eq(str_word(&line), STR("http-request")) &&
           str_eq(str_word(&line), STR("cache-use"));
}

static bool is_external(struct str line)
{
    (void)str_word(&line);
    return str_eq(str_word(&line), STR("external-check"));
}

/* The last line of the section itself that `is`, -1 when there is none. */
static long last_line(const struct structure_section *section, bool (*is)(struct str))
{
    long found = -1;

    for (size_t i = 0; i < section->lines.count; i++)
        found = is(section->lines.items[i]) ? (long)i : found;
    return found;
}

static bool set(struct danger_found *out, enum danger danger,
                const struct structure_section *section, long at)
{
    *out = (struct danger_found){danger, section, (size_t)at};
    return true;
}

static bool find_external(const struct structure *s, const struct structure_section *section,
                          struct danger_found *out)
{
    for (unsigned depth = 0; section && depth < MAX_CHAIN; depth++) {
        long at = last_line(section, is_check);
        if (at >= 0)
            return is_external(section->lines.items[at]) &&
                   set(out, DANGER_EXTERNAL_CHECK, section, at);
        section = parent_of(s, section);
    }
    return false;
}

static bool find_errorfiles(const struct structure *s, const struct structure_section *section,
                            struct danger_found *out)
{
    for (unsigned depth = 0; section && depth < MAX_CHAIN; depth++) {
        long at = last_line(section, is_errorfiles);
        if (at >= 0)
            return set(out, DANGER_ERRORFILES, section, at);
        section = parent_of(s, section);
    }
    return false;
}

/* Defaults with such a line cannot be inherited by others. */
static bool find_cache_use(const struct structure_section *defaults, struct danger_found *out)
{
    long at = defaults ? last_line(defaults, is_cache_use) : -1;

    return at >= 0 && set(out, DANGER_CACHE_USE, defaults, at);
}

bool danger_in_defaults(const struct structure *s, struct str defaults, struct danger_found *out)
{
    const struct structure_section *section = structure_find(s, STR("defaults"), defaults);

    return section && (find_errorfiles(s, section, out) || find_cache_use(section, out) ||
                       find_external(s, section, out));
}

bool danger_in_backend(const struct structure *s, const struct structure_section *backend,
                       struct danger_found *out)
{
    return find_external(s, backend, out);
}

struct str_list danger_backends(struct arena *a, const struct structure *s)
{
    struct str_list list = {0};
    struct danger_found found;

    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->sections[i].kind, STR("backend")) &&
            danger_in_backend(s, &s->sections[i], &found))
            *ARENA_PUSH(a, list.items, list.count) = s->sections[i].name;
    }
    return list;
}

static void add(struct arena *a, struct danger_list *list, const struct danger_found *found)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].section == found->section && list->items[i].at == found->at)
            return;
    }
    *ARENA_PUSH(a, list->items, list->count) = *found;
}

struct danger_list danger_all(struct arena *a, const struct structure *s, bool add_backend)
{
    struct danger_list list = {0};
    struct danger_found found;

    for (size_t i = 0; i < s->count; i++) {
        const struct structure_section *section = &s->sections[i];

        if (is_proxy(section) && find_cache_use(parent_of(s, section), &found))
            add(a, &list, &found);
        if (str_eq(section->kind, STR("backend")) && danger_in_backend(s, section, &found))
            add(a, &list, &found);
        if (!add_backend || !str_eq(section->kind, STR("defaults")) ||
            !profile_is_name(section->name))
            continue;
        if (find_errorfiles(s, section, &found))
            add(a, &list, &found);
        if (find_cache_use(section, &found))
            add(a, &list, &found);
        if (find_external(s, section, &found))
            add(a, &list, &found);
    }
    return list;
}

static const struct {
    const char *what, *instead;
} dangers[] = {
#define DANGER(id, what, instead) [DANGER_##id] = {what, instead},
#include "render/danger.def"
#undef DANGER
};

struct str danger_text(struct arena *a, const struct danger_found *found)
{
    const struct structure_section *s = found->section;
    bool unnamed = s->name.n && s->name.p[0] == '(';

    return arena_printf(a, "\"" STR_FMT "\" in " STR_FMT "%s" STR_FMT ": %s",
                        STR_ARG(s->lines.items[found->at]), STR_ARG(s->kind), unnamed ? "" : " ",
                        STR_ARG(unnamed ? STR("") : s->name), dangers[found->danger].what);
}

const char *danger_instead(enum danger danger)
{
    return dangers[danger].instead;
}
