/* SPDX-License-Identifier: Apache-2.0 */
#include "render/profile.h"

#include <stdlib.h>

struct profile profile_of(const struct backend *b)
{
    struct profile p = {.mode = b->mode, .balance = b->balance, .http_check = b->health.set};

    if (p.http_check) {
        p.method = b->health.method;
        p.http_1_1 = b->health.http_1_1;
    }
    return p;
}

bool profile_equal(struct profile a, struct profile b)
{
    return a.mode == b.mode && a.balance == b.balance && a.http_check == b.http_check &&
           a.method == b.method && a.http_1_1 == b.http_1_1;
}

struct str profile_name(struct arena *a, struct profile p)
{
    struct str name = arena_printf(a, "thalassa.%s-%s", mode_name(p.mode), balance_name(p.balance));

    if (!p.http_check)
        return name;
    return arena_str_lower(a, arena_printf(a, STR_FMT "-%s%s", STR_ARG(name),
                                           health_method_name(p.method), p.http_1_1 ? "11" : "10"));
}

static unsigned rank(struct profile p)
{
    return ((unsigned)p.mode << 16) | ((unsigned)p.balance << 12) | ((unsigned)p.http_check << 8) |
           ((unsigned)p.method << 4) | p.http_1_1;
}

static int by_rank(const void *a, const void *b)
{
    unsigned ra = rank(*(const struct profile *)a), rb = rank(*(const struct profile *)b);

    return (ra > rb) - (ra < rb);
}

struct profile_list profile_used(struct arena *a, const struct desired *d)
{
    struct profile_list list = {ARENA_ARRAY(a, struct profile, d->backend_count), 0};
    size_t kept = 0;

    for (size_t i = 0; i < d->backend_count; i++)
        list.items[list.count++] = profile_of(d->backends[i].object);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_rank);
    for (size_t i = 0; i < list.count; i++) {
        if (kept == 0 || !profile_equal(list.items[kept - 1], list.items[i]))
            list.items[kept++] = list.items[i];
    }
    list.count = kept;
    return list;
}

static void check_lines(struct line_out *o, struct profile p)
{
    line_new(o, "option httpchk");
    line_new(o, "http-check send meth %s uri-lf %%[be_name,map_str(", health_method_name(p.method));
    line_map(o, STR("maps/uri.map"));
    line_more(o, ",/)] ver HTTP/1.%d", p.http_1_1);
    if (!p.http_1_1)
        return;
    line_more(o, " hdr Host %%[be_name,map_str(");
    line_map(o, STR("maps/host.map"));
    line_more(o, ",localhost)]");
}

static void host_line(struct line_out *o)
{
    line_new(o, "http-request set-header Host %%[be_name,map_str(");
    line_map(o, STR("maps/host.map"));
    line_more(o, ")] if { be_name,map_str(");
    line_map(o, STR("maps/host.map"));
    line_more(o, ") -m found }");
}

void profile_lines(struct line_out *o, struct profile p)
{
    line_new(o, "mode %s", mode_name(p.mode));
    line_new(o, "balance %s", balance_name(p.balance));
    /* the hashes of HAProxy's default take no servers at runtime */
    if (p.balance == BALANCE_SOURCE || p.balance == BALANCE_URI)
        line_new(o, "hash-type consistent");
    if (p.http_check)
        check_lines(o, p);
    if (p.mode == MODE_HTTP)
        host_line(o);
}
