/* SPDX-License-Identifier: Apache-2.0 */
#include "render/rename.h"

#include "render/server.h"

#include <stdlib.h>

static int by_from(const void *a, const void *b)
{
    return str_cmp(((const struct rename *)a)->from, ((const struct rename *)b)->from);
}

static int by_both(const void *a, const void *b)
{
    int c = by_from(a, b);

    return c ? c : str_cmp(((const struct rename *)a)->to, ((const struct rename *)b)->to);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void rename_all(struct arena *a, const struct rename *items, size_t count, struct renames *out)
{
    struct rename *list = ARENA_ARRAY(a, struct rename, count);
    size_t kept = 0;

    *out = (struct renames){.items = list, .taken = ARENA_ARRAY(a, struct str, count)};
    for (size_t i = 0; i < count; i++)
        list[i] = items[i];
    if (count)
        qsort(list, count, sizeof *list, by_both);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].from, list[i].to) || (kept && str_eq(list[kept - 1].from, list[i].from)))
            continue;
        out->taken[kept] = list[i].to;
        list[kept++] = list[i];
    }
    out->count = kept;
    if (kept)
        qsort(out->taken, kept, sizeof *out->taken, by_text);
}

static const struct rename *find(const struct rename *items, size_t count, struct str from)
{
    const struct rename key = {.from = from};

    return count ? bsearch(&key, items, count, sizeof key, by_from) : NULL;
}

struct str rename_proxy(const struct renames *r, struct str proxy)
{
    const struct rename *found = find(r->items, r->count, proxy);

    if (found)
        return found->to;
    if (r->count && bsearch(&proxy, r->taken, r->count, sizeof proxy, by_text))
        return STR("");
    return proxy;
}

/* A row of `show servers state` begins with the backend's number and name, the server's number and
 * name. False for another line. */
struct row {
    struct str number, proxy, server;
    struct str rest; /* behind the proxy's name */
};

static bool read_row(struct str line, struct row *out)
{
    struct str rest = line;
    uint64_t number;

    out->number = str_word(&rest);
    out->proxy = str_word(&rest);
    out->rest = rest;
    (void)str_word(&rest);
    out->server = str_word(&rest);
    return out->server.n && str_u64(out->number, &number) == 0;
}

void rename_state(const struct renames *r, struct str state, struct buf *out)
{
    while (state.p && state.n) {
        struct str line = str_cut(&state, '\n');
        struct row row;

        if (read_row(line, &row)) {
            struct str name = rename_proxy(r, row.proxy);
            if (name.n)
                buf_printf(out, STR_FMT " " STR_FMT " " STR_FMT "\n", STR_ARG(row.number),
                           STR_ARG(name), STR_ARG(str_trim(row.rest)));
        } else {
            buf_add_str(out, line);
            buf_add_char(out, '\n');
        }
    }
}

struct guids {
    struct arena arena;
    struct rename *items; /* `to` is empty: its row is left out */
    size_t count;
};

static void add_guid(struct guids *g, struct str from, struct str to)
{
    *ARENA_PUSH(&g->arena, g->items, g->count) = (struct rename){from, to};
}

static void add_backends(struct guids *g, const struct renames *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct rename *item = &r->items[i];

        add_guid(g, server_guid(&g->arena, "be", item->from),
                 server_guid(&g->arena, "be", item->to));
        if (rename_proxy(r, item->to).n == 0)
            add_guid(g, server_guid(&g->arena, "be", item->to), STR(""));
    }
}

/* Servers carry the name of the backend, whatever proxy they stand in. */
static void add_servers(struct guids *g, const struct renames *r, struct str state)
{
    while (state.p) {
        struct str name;
        struct row row;

        if (!read_row(str_cut(&state, '\n'), &row))
            continue;
        name = rename_proxy(r, row.proxy);
        if (name.n == 0)
            add_guid(g, server_guid_in(&g->arena, row.proxy, row.proxy, row.server), STR(""));
        else if (!str_eq(name, row.proxy))
            add_guid(g, server_guid_in(&g->arena, row.proxy, name, row.server),
                     server_guid_in(&g->arena, name, name, row.server));
    }
}

void rename_stats(const struct renames *r, struct str state, struct str stats, struct buf *out)
{
    struct guids g = {0};

    add_backends(&g, r);
    add_servers(&g, r, state);
    if (g.count)
        qsort(g.items, g.count, sizeof *g.items, by_from);
    while (stats.p && stats.n) {
        struct str line = str_cut(&stats, '\n'), rest = line, guid = str_cut(&rest, ',');
        const struct rename *found = rest.p ? find(g.items, g.count, guid) : NULL;

        if (found && found->to.n == 0)
            continue;
        if (found)
            buf_printf(out, STR_FMT "," STR_FMT "\n", STR_ARG(found->to), STR_ARG(rest));
        else
            buf_printf(out, STR_FMT "\n", STR_ARG(line));
    }
    arena_free(&g.arena);
}
