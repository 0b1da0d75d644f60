/* SPDX-License-Identifier: Apache-2.0 */
#include "model/match.h"

#include "model/condition.h"

#include <stdlib.h>
#include <string.h>

struct reader {
    struct arena *a;
    size_t nodes;
    unsigned depth; /* of any and not */
};

static const char *const by_names[] = {"src", "cookie", "header", NULL};

/* What the API takes, so without `all`. */
static const char *const member_names[] = {
#define MATCH_KIND(id, name, code) [MATCH_##id] = name,
#include "model/match_kinds.def"
#undef MATCH_KIND
};

static int read_all(struct reader *r, const struct json *o, struct match *m, struct err *e);

const char *match_kind_name(enum match_kind kind)
{
    return member_names[kind];
}

const char *percent_by_name(enum percent_by by)
{
    return by_names[by];
}

struct str match_host(struct str value)
{
    struct str name = value;
    size_t colon;

    while (name.n && name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9')
        name.n--;
    if (name.n == 0 || name.p[name.n - 1] != ':')
        return value;
    name.n--;
    /* ::1 has no port, [::1]:80 has one */
    if (str_find(name, ':', &colon) && name.p[name.n - 1] != ']')
        return value;
    return name;
}

static struct match *add(struct reader *r, struct match *m, enum match_kind kind, struct err *e)
{
    struct match *part;

    if (++r->nodes > LIMIT_MATCH_NODES) {
        (void)err_field(e, "", "more than %d conditions", LIMIT_MATCH_NODES);
        return NULL;
    }
    part = ARENA_PUSH(r->a, m->parts, m->part_count);
    *part = (struct match){.kind = kind, .name = STR("")};
    part->condition.text = STR("");
    return part;
}

/* A name of a header: a token of RFC 9110; of a cookie the same; of a parameter any text. */
static int check_field_name(enum match_kind kind, struct str name, struct err *e)
{
    if (name.n == 0)
        return err_field(e, "", "a name must not be empty");
    if (name.n > LIMIT_NAME)
        return err_field(e, "", "a name longer than %d bytes", LIMIT_NAME);
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("!#$%&'*+-.^_`|~", c));
        if (kind == MATCH_QUERY ? (unsigned char)c < 0x20 || c == 0x7f : !token)
            return err_field(e, "", "a %s cannot have the name \"" STR_FMT "\"",
                             match_kind_name(kind), STR_ARG(name));
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct match *)a)->name, ((const struct match *)b)->name);
}

/* "header":{NAME:CONDITION,...}: one part for each. */
static int read_named(struct reader *r, const struct json *v, enum match_kind kind, struct match *m,
                      struct err *e)
{
    size_t first = m->part_count;

    if (v->type != JSON_OBJECT)
        return err_field(e, "", "an object wanted, this is %s", json_type_name(v->type));
    if (v->count == 0)
        return err_field(e, "", "must not be empty");
    JSON_EACH(child, v) {
        struct match *part = add(r, m, kind, e);
        if (!part || check_field_name(kind, child->key, e))
            return -1;
        part->name =
            kind == MATCH_HEADER ? arena_str_lower(r->a, child->key) : arena_str(r->a, child->key);
        if (condition_parse(r->a, child, false, &part->condition, e)) {
            err_in(e, "%s", part->name.p);
            return err_wrap(e, "%s", part->name.p);
        }
    }
    qsort(m->parts + first, m->part_count - first, sizeof *m->parts, by_name);
    for (size_t i = first + 1; i < m->part_count; i++) {
        if (str_eq(m->parts[i - 1].name, m->parts[i].name))
            return err_field(e, m->parts[i].name.p, "%s is given twice", m->parts[i].name.p);
    }
    return 0;
}

static int read_methods(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    struct json list = {.type = JSON_OBJECT, .count = 1};
    struct json copy = *v;

    copy.next = NULL;
    list.first = &copy;
    if (read_str_list(&list, "method", LIMIT_MATCH_LIST, r->a, &part->methods, e))
        return -1;
    if (part->methods.count == 0)
        return err_field(e, "method", "method: must not be empty");
    for (size_t i = 0; i < part->methods.count; i++) {
        if (check_field_name(MATCH_METHOD, part->methods.items[i], e)) {
            err_in(e, "method[%zu]", i);
            return err_wrap(e, "method[%zu]", i);
        }
    }
    texts_sort(&part->methods);
    return 0;
}

static void networks_sort(struct match *part)
{
    size_t kept = 0;

    qsort(part->networks, part->network_count, sizeof *part->networks, network_cmp);
    for (size_t i = 0; i < part->network_count; i++) {
        if (kept == 0 || network_cmp(&part->networks[kept - 1], &part->networks[i]) != 0)
            part->networks[kept++] = part->networks[i];
    }
    part->network_count = kept;
}

static int read_networks(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    struct json list = {.type = JSON_OBJECT, .count = 1};
    struct json copy = *v;
    struct str_list texts = {0};

    copy.next = NULL;
    list.first = &copy;
    if (read_str_list(&list, "src", LIMIT_MATCH_LIST, r->a, &texts, e))
        return -1;
    if (texts.count == 0)
        return err_field(e, "src", "src: must not be empty");
    part->networks = ARENA_ARRAY(r->a, struct network, texts.count);
    part->network_count = texts.count;
    for (size_t i = 0; i < texts.count; i++) {
        if (network_parse(texts.items[i], &part->networks[i])) {
            (void)err_field(e, "", "no network: \"%.60s\"", texts.items[i].p);
            err_in(e, "src[%zu]", i);
            return err_wrap(e, "src[%zu]", i);
        }
    }
    networks_sort(part);
    return 0;
}

static int read_by(struct reader *r, struct str by, struct match *part, struct err *e)
{
    struct str rest = by, word = str_cut(&rest, ':');
    unsigned i = 0;

    while (by_names[i] && !str_eq_z(word, by_names[i]))
        i++;
    if (!by_names[i] || (rest.p != NULL) != (i != PERCENT_SRC))
        return err_field(e, "by", "by: \"%.60s\" is none of src, cookie:NAME, header:NAME", by.p);
    part->by = (enum percent_by)i;
    if (!rest.p)
        return 0;
    if (check_field_name(i == PERCENT_COOKIE ? MATCH_COOKIE : MATCH_HEADER, rest, e)) {
        err_in(e, "by");
        return err_wrap(e, "by");
    }
    part->name = i == PERCENT_HEADER ? arena_str_lower(r->a, rest) : rest;
    return 0;
}

static int read_percent(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    static const char *const known[] = {"share", "by", NULL};
    uint64_t share = UINT64_MAX;
    struct str by = STR("src");

    if (v->type != JSON_OBJECT)
        return err_field(e, "", "an object wanted, this is %s", json_type_name(v->type));
    if (read_known(v, known, e) || read_uint(v, "share", 0, PERCENT_WHOLE, &share, e) ||
        read_str(v, "by", r->a, &by, e))
        return -1;
    if (share == UINT64_MAX)
        return err_field(e, "share", "share: required, in 1/100 %%");
    part->share = (unsigned)share;
    return read_by(r, by, part, e);
}

static int read_any(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    size_t i = 0;

    if (v->type != JSON_ARRAY)
        return err_field(e, "", "a list wanted, this is %s", json_type_name(v->type));
    if (v->count == 0 || v->count > LIMIT_MATCH_LIST)
        return err_field(e, "", "1 to %d elements", LIMIT_MATCH_LIST);
    JSON_EACH(child, v) {
        struct match *all = add(r, part, MATCH_ALL, e);
        if (!all || read_all(r, child, all, e)) {
            err_in(e, "[%zu]", i);
            return err_wrap(e, "[%zu]", i);
        }
        i++;
    }
    return 0;
}

static int read_not(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    struct match *all = add(r, part, MATCH_ALL, e);

    if (!all || read_all(r, v, all, e))
        return -1;
    return all->part_count ? 0 : err_field(e, "", "must not be empty: nothing would be left");
}

static int read_nested(struct reader *r, const struct json *v, struct match *part, struct err *e)
{
    int rc;

    if (r->depth == LIMIT_MATCH_DEPTH)
        return err_field(e, "", "more than %d levels of any and not", LIMIT_MATCH_DEPTH);
    r->depth++;
    rc = part->kind == MATCH_ANY ? read_any(r, v, part, e) : read_not(r, v, part, e);
    r->depth--;
    return rc;
}

/* The errors of what is read here still lack the member's name. */
static int read_kind(struct reader *r, const struct json *v, enum match_kind kind, struct match *m,
                     struct err *e)
{
    struct match *part;

    if (kind == MATCH_HEADER || kind == MATCH_COOKIE || kind == MATCH_QUERY)
        return read_named(r, v, kind, m, e);
    part = add(r, m, kind, e);
    if (!part)
        return -1;
    if (kind == MATCH_HOST || kind == MATCH_PATH)
        return condition_parse(r->a, v, kind == MATCH_HOST, &part->condition, e);
    return kind == MATCH_PERCENT ? read_percent(r, v, part, e) : read_nested(r, v, part, e);
}

static int read_member(struct reader *r, const struct json *v, enum match_kind kind,
                       struct match *m, struct err *e)
{
    const char *name = member_names[kind];
    struct match *part;

    if (kind != MATCH_METHOD && kind != MATCH_SRC) {
        if (read_kind(r, v, kind, m, e) == 0)
            return 0;
        err_in(e, "%s", name);
        return err_wrap(e, "%s", name);
    }
    part = add(r, m, kind, e); /* their errors come from a reader that names them */
    if (!part)
        return -1;
    return kind == MATCH_SRC ? read_networks(r, v, part, e) : read_methods(r, v, part, e);
}

static int check_members(const struct json *o, struct err *e)
{
    const char *known[MATCH_ALL + 1] = {NULL};

    if (o->type != JSON_OBJECT)
        return err_field(e, "", "an object wanted, this is %s", json_type_name(o->type));
    memcpy(known, member_names, MATCH_ALL * sizeof *known);
    if (read_known(o, known, e))
        return -1;
    JSON_EACH(child, o) {
        if (json_get(o, child->key.p) != child)
            return err_field(e, child->key.p, "%s is given twice", child->key.p);
    }
    return 0;
}

static int read_all(struct reader *r, const struct json *o, struct match *m, struct err *e)
{
    if (check_members(o, e))
        return -1;
    for (unsigned kind = 0; kind < MATCH_ALL; kind++) {
        const struct json *v = json_get(o, member_names[kind]);
        if (v && v->type != JSON_NULL && read_member(r, v, (enum match_kind)kind, m, e))
            return -1;
    }
    return 0;
}

int match_parse(struct arena *a, const struct json *o, struct match *m, struct err *e)
{
    struct reader r = {.a = a};

    *m = (struct match){.kind = MATCH_ALL, .name = STR("")};
    m->condition.text = STR("");
    return read_all(&r, o, m, e);
}

bool match_has_regex(const struct match *m)
{
    if (m->condition.op == CONDITION_REGEX)
        return true;
    for (size_t i = 0; i < m->part_count; i++) {
        if (match_has_regex(&m->parts[i]))
            return true;
    }
    return false;
}
