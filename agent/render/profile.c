/* SPDX-License-Identifier: Apache-2.0 */
#include "render/profile.h"

#include <ctype.h>
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

/* What most backends to come will want. */
static const struct profile common[] = {
    {.mode = MODE_TCP},
    {.mode = MODE_HTTP},
    {.mode = MODE_HTTP, .http_check = true},
    {.mode = MODE_HTTP, .http_check = true, .http_1_1 = true},
};
enum { COMMON = sizeof common / sizeof *common };

struct profile_list profile_written(struct arena *a, const struct desired *d)
{
    struct profile_list list = {ARENA_ARRAY(a, struct profile, d->backend_count + COMMON), 0};
    size_t kept = 0;

    for (size_t i = 0; i < COMMON; i++)
        list.items[list.count++] = common[i];
    for (size_t i = 0; i < d->backend_count; i++)
        list.items[list.count++] = profile_of(d->backends[i].object);
    qsort(list.items, list.count, sizeof *list.items, by_rank);
    for (size_t i = 0; i < list.count; i++) {
        if (kept == 0 || !profile_equal(list.items[kept - 1], list.items[i]))
            list.items[kept++] = list.items[i];
    }
    list.count = kept;
    return list;
}

/* Takes `word` off the front of *s. */
static bool take(struct str *s, const char *word)
{
    struct str w = str_z(word);

    if (!str_starts(*s, w))
        return false;
    *s = (struct str){s->p + w.n, s->n - w.n};
    return true;
}

static bool take_method(struct str *s)
{
    char lower[16];

    for (unsigned m = HEALTH_GET; m <= HEALTH_OPTIONS; m++) {
        const char *name = health_method_name((enum health_method)m);
        size_t n = 0;

        for (; name[n] && n + 1 < sizeof lower; n++)
            lower[n] = (char)tolower((unsigned char)name[n]);
        lower[n] = 0;
        if (take(s, lower))
            return true;
    }
    return false;
}

bool profile_is_name(struct str name)
{
    if (!take(&name, "thalassa.") || !(take(&name, "http-") || take(&name, "tcp-")))
        return false;
    for (unsigned b = BALANCE_ROUNDROBIN; b <= BALANCE_URI; b++) {
        if (take(&name, balance_name((enum balance)b)))
            return name.n == 0 || (take(&name, "-") && take_method(&name) &&
                                   (str_eq(name, STR("10")) || str_eq(name, STR("11"))));
    }
    return false;
}

struct str profile_spare(struct arena *a, struct str profile, unsigned number)
{
    return arena_printf(a, STR_FMT ".%u", STR_ARG(profile), number);
}

struct str profile_of_spare(struct str name)
{
    size_t digits = 0;

    while (digits < name.n && name.p[name.n - 1 - digits] >= '0' &&
           name.p[name.n - 1 - digits] <= '9')
        digits++;
    if (digits && digits + 1 < name.n && name.p[name.n - digits - 1] == '.') {
        struct str profile = {name.p, name.n - digits - 1};
        if (profile_is_name(profile))
            return profile;
    }
    return STR("");
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
