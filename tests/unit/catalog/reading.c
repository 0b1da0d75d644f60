/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct str between(struct str word, char begin, const char *ends)
{
    size_t at, n;

    if (!str_find(word, begin, &at))
        return STR_NONE;
    word.p += at + 1;
    word.n -= at + 1;
    for (n = 0; n < word.n && !strchr(ends, word.p[n]);)
        n++;
    return (struct str){word.p, n};
}

static enum member_status status_of(struct str s)
{
    if (!s.n || s.p[0] == 'p')
        return MEMBER_PASSING;
    return s.p[0] == 'w' ? MEMBER_WARNING : s.p[0] == 'c' ? MEMBER_CRITICAL : MEMBER_MAINTENANCE;
}

static void take_weights(struct instance *i, struct str text)
{
    struct str passing = str_cut(&text, '/');
    uint64_t n;

    i->weight_passing = i->weight_warning = 1;
    if (passing.n && !str_u64(passing, &n))
        i->weight_passing = (unsigned)n;
    if (text.n && !str_u64(text, &n))
        i->weight_warning = (unsigned)n;
}

static void take_word(struct arena *a, struct instance *i, struct str word)
{
    struct str host = word, version = between(word, '@', "!*="), port, id = between(word, '=', "");

    for (host.n = 0; host.n < word.n && !strchr("@!*=", word.p[host.n]);)
        host.n++;
    while (host.n && host.p[host.n - 1] != ':')
        host.n--;
    port = (struct str){host.p + host.n, 0};
    while (port.p + port.n < word.p + word.n && !strchr("@!*=", port.p[port.n]))
        port.n++;
    host.n -= host.n > 0;
    i->address = arena_str(a, host);
    str_i64(port, &i->port);
    i->version = version.p ? arena_str(a, version) : STR("1.0.0");
    i->status = status_of(between(word, '!', "*=@"));
    take_weights(i, between(word, '*', "!=@"));
    i->node = id.n ? arena_str(a, str_cut(&id, '/')) : STR("node");
    i->id = id.n ? arena_str(a, id)
                 : arena_printf(a, STR_FMT ":%lld", STR_ARG(host), (long long)i->port);
}

struct service_read *reading_of(const char *service, const char *words)
{
    struct service_read *r = service_read_new(str_z(service));
    struct str rest = str_z(words), word;

    while ((word = str_word(&rest)).n) {
        struct instance *i = ARENA_PUSH(&r->arena, r->items, r->count);
        *i = (struct instance){.port = 0};
        take_word(&r->arena, i, word);
    }
    if (r->count)
        qsort(r->items, r->count, sizeof *r->items, instance_compare);
    return r;
}

static char text[1 << 16];

static size_t add_member(size_t at, const struct member *m, const char *hold)
{
    int n = snprintf(text + at, sizeof text - at, "%s" STR_FMT ":%u:%c:%u%s%s%s", at ? " " : "",
                     STR_ARG(m->host), m->port, "pwcm"[m->status], m -> weight,
                     m -> unusable.n ? "?" : "", hold ? "~" : "", hold ? hold : "");
    return at + (size_t)n;
}

const char *view_text(const struct pool_view *v)
{
    size_t at = 0, h = 0;

    *text = 0;
    if (!v->known)
        return "unknown";
    if (v->panic)
        at = (size_t)snprintf(text, sizeof text, "panic");
    for (size_t i = 0; i < v->members.count; i++) {
        bool held = h < v->held_count && v->held[h].member == &v->members.items[i];
        at = add_member(at, &v->members.items[i], held ? hold_name(v->held[h++].hold) : NULL);
    }
    return text;
}

const char *members_text(const struct member_list *list, bool panic)
{
    size_t at = 0;

    *text = 0;
    if (panic)
        at = (size_t)snprintf(text, sizeof text, "panic");
    for (size_t i = 0; i < list->count; i++)
        at = add_member(at, &list->items[i], NULL);
    return text;
}
