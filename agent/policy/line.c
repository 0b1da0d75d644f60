/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/line.h"

#include "policy/networks.h"

#include <stdlib.h>
#include <string.h>

static const char kind_codes[] = {
#define MATCH_KIND(id, name, code) [MATCH_##id] = code,
#include "model/match_kinds.def"
#undef MATCH_KIND
};

static const char op_codes[] = {
#define CONDITION_OP(id, name, code) [CONDITION_##id] = code,
#include "model/condition_ops.def"
#undef CONDITION_OP
};

static void put_match(struct buf *to, const struct match *m);

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("._:/@+=-", c));
}

static void put_text(struct buf *to, struct str text)
{
    static const char digits[] = "0123456789abcdef";

    buf_add_char(to, ',');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (is_plain(text.p[i])) {
            buf_add_char(to, text.p[i]);
        } else {
            buf_add_char(to, '%');
            buf_add_char(to, digits[c >> 4]);
            buf_add_char(to, digits[c & 15]);
        }
    }
}

static void put_code(struct buf *to, char code)
{
    buf_add_char(to, ',');
    buf_add_char(to, code);
}

static void put_number(struct buf *to, size_t n)
{
    buf_printf(to, ",%zu", n);
}

static void put_texts(struct buf *to, const struct str_list *list)
{
    put_number(to, list->count);
    for (size_t i = 0; i < list->count; i++)
        put_text(to, list->items[i]);
}

static void put_condition(struct buf *to, const struct condition *c)
{
    put_code(to, op_codes[c->op]);
    switch (c->op) {
    case CONDITION_EQUALS:
    case CONDITION_PREFIX:
    case CONDITION_SUFFIX:
    case CONDITION_CONTAINS: put_text(to, c->text); break;
    case CONDITION_IN: put_texts(to, &c->texts); break;
    case CONDITION_REGEX: /* Lua has none: it needs no more than to know that there is one */
    case CONDITION_PRESENT:
    case CONDITION_ABSENT:
    case CONDITION_OP_COUNT: break;
    }
}

static void put_ranges(struct buf *to, const struct address_range *list, size_t count, size_t bytes)
{
    put_number(to, count);
    for (size_t i = 0; i < count; i++) {
        buf_add_char(to, ',');
        for (size_t b = 0; b < bytes; b++)
            buf_printf(to, "%02x", list[i].first[b]);
        for (size_t b = 0; b < bytes; b++)
            buf_printf(to, "%02x", list[i].last[b]);
    }
}

static void put_networks(struct buf *to, const struct match *m)
{
    struct arena a = ARENA_INIT;
    struct networks n = networks_build(&a, m->networks, m->network_count);

    put_ranges(to, n.v4, n.v4_count, 4);
    put_ranges(to, n.v6, n.v6_count, 16);
    arena_free(&a);
}

static void put_percent(struct buf *to, const struct match *m)
{
    put_number(to, m->share);
    switch (m->by) {
    case PERCENT_SRC: put_code(to, 's'); return;
    case PERCENT_COOKIE: put_code(to, 'c'); break;
    case PERCENT_HEADER: put_code(to, 'h'); break;
    }
    put_text(to, m->name);
}

static void put_parts(struct buf *to, const struct match *m)
{
    put_number(to, m->part_count);
    for (size_t i = 0; i < m->part_count; i++)
        put_match(to, &m->parts[i]);
}

static void put_match(struct buf *to, const struct match *m)
{
    if (m->kind == MATCH_ALL && m->part_count == 1) {
        put_match(to, &m->parts[0]);
        return;
    }
    put_code(to, kind_codes[m->kind]);
    switch (m->kind) {
    case MATCH_HEADER:
    case MATCH_COOKIE:
    case MATCH_QUERY:
        put_text(to, m->name);
        put_condition(to, &m->condition);
        break;
    case MATCH_HOST:
    case MATCH_PATH: put_condition(to, &m->condition); break;
    case MATCH_METHOD: put_texts(to, &m->methods); break;
    case MATCH_SRC: put_networks(to, m); break;
    case MATCH_PERCENT: put_percent(to, m); break;
    case MATCH_ANY:
    case MATCH_ALL: put_parts(to, m); break;
    case MATCH_NOT: put_match(to, &m->parts[0]); break;
    case MATCH_KIND_COUNT: break;
    }
}

int policy_line(const struct policy *p, struct buf *to, struct err *e)
{
    struct buf line;
    int rc = 0;

    buf_init(&line, POLICY_LINE_BYTES);
    buf_add_char(&line, '1');
    put_text(&line, p->backend);
    put_number(&line, p->set_count);
    for (size_t i = 0; i < p->set_count; i++) {
        put_text(&line, p->set[i].name);
        put_text(&line, p->set[i].value);
    }
    put_match(&line, &p->match);
    if (buf_failed(&line)) {
        (void)err_field(e, "match", "match: with the action it makes a line of more than %d bytes",
                        POLICY_LINE_BYTES);
        if (e)
            e->kind = ERR_TOO_LARGE;
        rc = -1;
    } else {
        buf_add_str(to, buf_str(&line));
    }
    buf_free(&line);
    return rc;
}

int policy_names(const struct policy *const *policies, size_t count, struct str frontend,
                 struct buf *to, struct err *e)
{
    struct arena a = ARENA_INIT;
    const struct policy **own = ARENA_ARRAY(&a, const struct policy *, count);
    size_t kept = 0, bytes = 0;

    for (size_t i = 0; i < count; i++) {
        if (!policies[i]->enabled || !str_eq(policies[i]->frontend, frontend))
            continue;
        own[kept++] = policies[i];
        bytes += policies[i]->name.n + 1;
    }
    if (kept)
        qsort(own, kept, sizeof *own, policy_cmp);
    for (size_t i = 0; bytes <= POLICY_LINE_BYTES && i < kept; i++) {
        if (i)
            buf_add_char(to, ',');
        buf_add_str(to, own[i]->name);
    }
    arena_free(&a);
    if (bytes <= POLICY_LINE_BYTES)
        return 0;
    (void)err_field(e, "frontend",
                    "frontend: the names of the policies of " STR_FMT " have more than %d bytes",
                    STR_ARG(frontend), POLICY_LINE_BYTES);
    if (e)
        e->kind = ERR_TOO_LARGE;
    return -1;
}
