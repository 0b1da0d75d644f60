/* SPDX-License-Identifier: Apache-2.0 */
#include "render/structure.h"

#include "render/find.h"
#include "render/lookup.h"
#include "render/profile.h"

/* Which field of an object a line of its section stands for. */
enum field {
    FIELD_BIND,
    FIELD_MODE,
    FIELD_KEEPALIVE,
    FIELD_BALANCE,
    FIELD_HEALTH,
    FIELD_COOKIE,
    FIELD_RULES,
    FIELD_OWN,
    FIELD_NATIVES,
    FIELDS
};

static const char *const field_names[] = {
    [FIELD_BIND] = "bind",       [FIELD_MODE] = "mode",     [FIELD_KEEPALIVE] = "keepalive",
    [FIELD_BALANCE] = "balance", [FIELD_HEALTH] = "health", [FIELD_COOKIE] = "cookie",
    [FIELD_RULES] = "rules",     [FIELD_OWN] = "template",  [FIELD_NATIVES] = "natives",
};
_Static_assert(sizeof field_names / sizeof *field_names == FIELDS, "a field has no name");

static const struct {
    const char *start; /* of the line, up to the end of a word */
    enum field field;
} line_fields[] = {
    {"bind", FIELD_BIND},
    {"mode", FIELD_MODE},
    {"option http-server-close", FIELD_KEEPALIVE},
    {"option http-pretend-keepalive", FIELD_KEEPALIVE},
    {"option httpclose", FIELD_KEEPALIVE},
    {"balance", FIELD_BALANCE},
    {"hash-type", FIELD_BALANCE},
    {"option httpchk", FIELD_HEALTH},
    {"http-check", FIELD_HEALTH},
    {"cookie", FIELD_COOKIE},
    {"dynamic-cookie-key", FIELD_COOKIE},
    {"guid", FIELD_OWN},
    {"server", FIELD_OWN},
    {"log-format", FIELD_OWN},
    {"http-request set-var(txn.g)", FIELD_OWN},
    {"http-request set-var(txn.be)", FIELD_OWN},
    {"http-request set-var(txn.px)", FIELD_OWN},
    {"tcp-request content set-var(txn.be)", FIELD_OWN},
    {"tcp-request content set-var(txn.px)", FIELD_OWN},
    {"use_backend %[var(txn.px)]", FIELD_OWN},
    {"http-request set-var(txn.split)", FIELD_OWN},
    {"http-request set-var(txn.bkt)", FIELD_OWN},
    {"http-request set-var(txn.ask)", FIELD_OWN},
    {"http-request send-spoe-group thalassa", FIELD_OWN},
    {"http-request lua.thalassa_decide", FIELD_OWN},
    {"filter spoe engine thalassa", FIELD_OWN},
};

static enum field field_of(struct str line)
{
    if (lookup_is_line(line))
        return FIELD_RULES;
    for (size_t i = 0; i < sizeof line_fields / sizeof *line_fields; i++) {
        struct str start = str_z(line_fields[i].start);
        if (str_starts(line, start) && (line.n == start.n || line.p[start.n] == ' '))
            return line_fields[i].field;
    }
    return FIELD_NATIVES;
}

bool structure_is_spare(const struct structure_section *s)
{
    return str_eq(s->kind, STR("backend")) && s->from.n &&
           str_eq(profile_of_spare(s->name), s->from);
}

bool structure_is_plain(const struct structure_section *s)
{
    if (!str_eq(s->kind, STR("backend")) || !profile_is_name(s->from))
        return false;
    for (size_t i = 0; i < s->lines.count; i++) {
        struct str rest = s->lines.items[i], first = str_word(&rest);
        if (!str_eq(first, STR("guid")) && !str_eq(first, STR("mode")))
            return false;
    }
    return true;
}

struct differ {
    struct arena *a;
    const struct desired *objects;
    struct reasons reasons;
};

static void tell(struct differ *d, struct str object, const char *field, struct str why)
{
    *ARENA_PUSH(d->a, d->reasons.items, d->reasons.count) =
        (struct reason){object, str_z(field), why};
}

static struct str object_of(struct arena *a, const struct structure_section *s)
{
    if (str_eq(s->kind, STR("frontend")) || str_eq(s->kind, STR("backend")))
        return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(s->kind), STR_ARG(s->name));
    return STR("template");
}

static bool is_object(const struct structure_section *s)
{
    return str_eq(s->kind, STR("frontend")) || str_eq(s->kind, STR("backend"));
}

/* "defaults thalassa.http-roundrobin": unused it does nothing, used it is told by its user. */
static bool is_profile(const struct structure_section *s)
{
    return str_eq(s->kind, STR("defaults")) && str_starts(s->name, STR("thalassa."));
}

static const char *title_of(struct arena *a, const struct structure_section *s)
{
    return arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(s->kind), s->name.n ? " " : "",
                        STR_ARG(s->name))
        .p;
}

/* Left to those who do it at runtime. A section of the template's own has nobody who would. */
static bool is_done_at_runtime(const struct differ *d, const struct structure_section *have,
                               const struct structure_section *want)
{
    if ((have && !structure_is_plain(have)) || (want && !structure_is_plain(want)))
        return false;
    if ((!have || structure_is_spare(have)) && (!want || structure_is_spare(want)))
        return true;
    return d->objects && (!want || find_backend(d->objects, want->name));
}

static void tell_one_sided(struct differ *d, const struct structure_section *s, bool created)
{
    if (is_done_at_runtime(d, created ? NULL : s, created ? s : NULL))
        return;
    if (is_object(s))
        tell(d, object_of(d->a, s), created ? "created" : "deleted",
             created ? STR("is not in the running configuration") : STR("is not wanted any more"));
    else if (!is_profile(s))
        tell(d, STR("template"), title_of(d->a, s), created ? STR("added") : STR("removed"));
}

/* Next line of the field at or behind *i; NULL at the end. */
static const struct str *next_line(const struct structure_section *s, enum field field, size_t *i)
{
    while (*i < s->lines.count) {
        const struct str *line = &s->lines.items[(*i)++];
        if (field == FIELDS || field_of(*line) == field)
            return line;
    }
    return NULL;
}

/* Long lines are cut: it is for people. */
static struct str shown(const struct str *line)
{
    enum { SHOWN = 200 };
    struct str text = line ? *line : STR("");

    text.n = text.n < SHOWN ? text.n : SHOWN;
    return text;
}

static struct str first_difference(struct arena *a, const struct str *have, const struct str *want)
{
    struct str h = shown(have), w = shown(want);

    if (!have)
        return arena_printf(a, "\"" STR_FMT "\" is new", STR_ARG(w));
    if (!want)
        return arena_printf(a, "\"" STR_FMT "\" is gone", STR_ARG(h));
    return arena_printf(a, "\"" STR_FMT "\" was \"" STR_FMT "\"", STR_ARG(w), STR_ARG(h));
}

/* Compare the lines of one field, in order; FIELDS: all. True if they differ. */
static bool fields_differ(const struct structure_section *have,
                          const struct structure_section *want, enum field field,
                          const struct str **h, const struct str **w)
{
    size_t hi = 0, wi = 0;

    do {
        *h = next_line(have, field, &hi);
        *w = next_line(want, field, &wi);
        if (!*h != !*w || (*h && !str_eq(**h, **w)))
            return true;
    } while (*h);
    return false;
}

static bool has_line(const struct structure_section *s, struct str line)
{
    for (size_t i = 0; i < s->lines.count; i++) {
        if (str_eq(s->lines.items[i], line))
            return true;
    }
    return false;
}

/* A lookup that is there without a rule finds nothing; one that is missing needs a reload. */
static void diff_rules(struct differ *d, struct str object, const struct structure_section *have,
                       const struct structure_section *want)
{
    size_t i = 0;
    const struct str *line;

    while ((line = next_line(want, FIELD_RULES, &i)) != NULL) {
        if (!has_line(have, *line)) {
            tell(d, object, "rules", first_difference(d->a, NULL, line));
            return;
        }
    }
}

static struct str_list without_rules(struct arena *a, const struct structure_section *s)
{
    struct str_list list = {0};

    for (size_t i = 0; i < s->lines.count; i++) {
        if (field_of(s->lines.items[i]) != FIELD_RULES)
            *ARENA_PUSH(a, list.items, list.count) = s->lines.items[i];
    }
    return list;
}

static void diff_order(struct differ *d, struct str object, const struct structure_section *have,
                       const struct structure_section *want)
{
    struct structure_section h = {.lines = without_rules(d->a, have)};
    struct structure_section w = {.lines = without_rules(d->a, want)};
    const struct str *hl, *wl;

    if (fields_differ(&h, &w, FIELDS, &hl, &wl))
        tell(d, object, "natives", STR("the order of the lines is another"));
}

static void diff_object(struct differ *d, const struct structure_section *have,
                        const struct structure_section *want)
{
    struct str object = object_of(d->a, want);
    size_t before = d->reasons.count;
    const struct str *h, *w;

    if (is_done_at_runtime(d, have, want))
        return;
    if (!str_eq(have->from, want->from))
        tell(d, object, "profile", first_difference(d->a, &have->from, &want->from));
    for (unsigned field = 0; field < FIELDS; field++) {
        if (field == FIELD_RULES)
            diff_rules(d, object, have, want);
        else if (fields_differ(have, want, (enum field)field, &h, &w))
            tell(d, object, field_names[field], first_difference(d->a, h, w));
    }
    if (d->reasons.count == before)
        diff_order(d, object, have, want);
}

static void diff_other(struct differ *d, const struct structure_section *have,
                       const struct structure_section *want)
{
    const struct str *h = &have->from, *w = &want->from;

    if (!str_eq(*h, *w) || fields_differ(have, want, FIELDS, &h, &w))
        tell(d, STR("template"), title_of(d->a, want), first_difference(d->a, h, w));
}

static int cmp(const struct structure_section *a, const struct structure_section *b)
{
    int c = str_cmp(a->kind, b->kind);

    return c ? c : str_cmp(a->name, b->name);
}

struct reasons structure_diff(struct arena *a, const struct structure *have,
                              const struct structure *want, const struct desired *objects)
{
    struct differ d = {.a = a, .objects = objects};
    size_t h = 0, w = 0;

    while (h < have->count && w < want->count) {
        const struct structure_section *hs = &have->sections[h], *ws = &want->sections[w];
        int c = cmp(hs, ws);

        h += c <= 0;
        w += c >= 0;
        if (c < 0)
            tell_one_sided(&d, hs, false);
        else if (c > 0)
            tell_one_sided(&d, ws, true);
        else if (is_object(ws))
            diff_object(&d, hs, ws);
        else
            diff_other(&d, hs, ws);
    }
    while (h < have->count)
        tell_one_sided(&d, &have->sections[h++], false);
    while (w < want->count)
        tell_one_sided(&d, &want->sections[w++], true);
    return d.reasons;
}
