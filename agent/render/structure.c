/* SPDX-License-Identifier: Apache-2.0 */
#include "render/structure.h"

#include "render/cfg.h"
#include "render/policy_lines.h"

#include <stdlib.h>

struct parser {
    struct arena *a;
    const struct str_list *ours;
    struct structure *out;
    struct structure_section *section; /* the one being read */
    struct str defaults;               /* name of the last defaults section */
    size_t unnamed, number;
    bool skip_servers;
};

static bool is_proxy(struct str kind)
{
    return str_eq(kind, STR("frontend")) || str_eq(kind, STR("backend")) ||
           str_eq(kind, STR("listen"));
}

static struct str join(struct arena *a, const struct cfg_line *line)
{
    size_t n = 0;
    char *p, *end;

    for (size_t i = 0; i < line->count; i++)
        n += line->words[i].n + 1;
    p = end = arena_alloc(a, n + 1);
    for (size_t i = 0; i < line->count; i++) {
        for (size_t k = 0; k < line->words[i].n; k++)
            *end++ = line->words[i].p[k];
        if (i + 1 < line->count)
            *end++ = ' ';
    }
    return (struct str){p, (size_t)(end - p)};
}

static struct str inherited(const struct parser *p, const struct cfg_line *line)
{
    for (size_t i = 1; i + 1 < line->count; i++) {
        if (str_eq(line->words[i], STR("from")))
            return line->words[i + 1];
    }
    return is_proxy(line->words[0]) ? p->defaults : STR("");
}

static bool is_ours(const struct parser *p, struct str backend)
{
    if (str_eq(backend, STR(POLICY_AGENTS))) /* its server never changes at runtime */
        return false;
    for (size_t i = 0; p->ours && i < p->ours->count; i++) {
        if (str_eq(p->ours->items[i], backend))
            return true;
    }
    return !p->ours;
}

static void begin_section(struct parser *p, const struct cfg_line *line)
{
    struct structure_section s = {.kind = line->words[0],
                                  .name = cfg_section_name(line),
                                  .from = inherited(p, line),
                                  .at = p->out->count};

    if (str_eq(s.kind, STR("defaults"))) {
        if (s.name.n == 0)
            s.name = arena_printf(p->a, "(%zu)", ++p->unnamed);
        p->defaults = s.name;
    }
    p->skip_servers = str_eq(s.kind, STR("backend")) && is_ours(p, s.name);
    *ARENA_PUSH(p->a, p->out->sections, p->out->count) = s;
    p->section = &p->out->sections[p->out->count - 1];
}

static void add_line(struct arena *a, struct structure_section *s, struct str line, size_t number)
{
    *ARENA_PUSH(a, s->lines.items, s->lines.count) = line;
    *ARENA_PUSH(a, s->numbers, s->number_count) = number;
}

static void take_line(struct parser *p, const struct cfg_line *line)
{
    if (line->count == 0)
        return;
    if (cfg_is_section(line->words[0]))
        begin_section(p, line);
    else if (p->section && !(p->skip_servers && str_eq(line->words[0], STR("server"))))
        add_line(p->a, p->section, join(p->a, line), p->number);
}

static int by_name(const void *pa, const void *pb)
{
    const struct structure_section *a = pa, *b = pb;
    int c = str_cmp(a->kind, b->kind);

    return c ? c : str_cmp(a->name, b->name);
}

static int by_name_and_place(const void *pa, const void *pb)
{
    const struct structure_section *a = pa, *b = pb;
    int c = by_name(a, b);

    return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* HAProxy takes several sections of a kind such as `global` as one. */
static void merge_same(struct arena *a, struct structure *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct structure_section *last = kept ? &s->sections[kept - 1] : NULL;
        const struct structure_section *next = &s->sections[i];

        if (!last || by_name(last, next)) {
            s->sections[kept++] = *next;
            continue;
        }
        for (size_t k = 0; k < next->lines.count; k++)
            add_line(a, last, next->lines.items[k], next->numbers[k]);
    }
    s->count = kept;
}

void structure_parse(struct arena *a, struct str config, const struct str_list *ours,
                     struct structure *out)
{
    struct parser p = {.a = a, .ours = ours, .out = out, .defaults = STR("")};

    *out = (struct structure){0};
    while (config.p) {
        struct cfg_line line;

        p.number++;
        cfg_split(str_cut(&config, '\n'), &line);
        take_line(&p, &line);
    }
    if (out->count)
        qsort(out->sections, out->count, sizeof *out->sections, by_name_and_place);
    merge_same(a, out);
}

const struct structure_section *structure_find(const struct structure *s, struct str kind,
                                               struct str name)
{
    const struct structure_section key = {.kind = kind, .name = name};

    return s->count ? bsearch(&key, s->sections, s->count, sizeof key, by_name) : NULL;
}

static void take_server(struct arena *a, struct str backend, const struct cfg_line *line,
                        struct structure_servers *out)
{
    struct structure_server s = {.backend = backend, .weight = 1};
    struct cfg_line rest = {.count = 0};
    size_t next = 3;
    uint64_t weight;

    s.name = cfg_unquote(a, line->words[1]);
    s.address = cfg_unquote(a, line->words[2]);
    if (line->count > 4 && str_eq(line->words[3], STR("weight")) &&
        str_u64(line->words[4], &weight) == 0 && weight <= 256) {
        s.weight = (unsigned)weight;
        next = 5;
    }
    for (; next < line->count; next++) {
        if (str_eq(line->words[next], STR("guid")) && next + 2 == line->count)
            break;
        rest.words[rest.count++] = line->words[next];
    }
    s.args = join(a, &rest);
    *ARENA_PUSH(a, out->items, out->count) = s;
}

struct structure_servers structure_servers(struct arena *a, struct str config)
{
    struct structure_servers out = {0};
    struct str backend = STR("");

    while (config.p) {
        struct cfg_line line;

        cfg_split(str_cut(&config, '\n'), &line);
        if (line.count && cfg_is_section(line.words[0]))
            backend = str_eq(line.words[0], STR("backend")) ? cfg_section_name(&line) : STR("");
        else if (backend.n && line.count > 2 && str_eq(line.words[0], STR("server")))
            take_server(a, backend, &line, &out);
    }
    return out;
}
