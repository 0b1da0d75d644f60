/* SPDX-License-Identifier: Apache-2.0 */
#include "web/router.h"

struct names {
    struct str name, member; /* raw; none when the pattern has none */
};

/* Compare segment by segment; *names are the raw texts of those in braces. */
static bool fits(const char *pattern, struct str path, struct names *names)
{
    struct str want = str_z(pattern);

    while (want.p && path.p) {
        struct str w = str_cut(&want, '/'), have = str_cut(&path, '/');
        if (str_ends(w, STR("*}")) && have.n) {
            names->name = (struct str){have.p, have.n + (path.p ? path.n + 1 : 0)};
            return true;
        }
        if (str_starts(w, STR("{")) && have.n)
            *(str_eq_z(w, "{name}") ? &names->name : &names->member) = have;
        else if (!str_eq(w, have))
            return false;
    }
    return !want.p && !path.p;
}

enum route_found router_find(const struct route *table, size_t count, enum method method,
                             struct str path, struct arena *a, struct route_match *out)
{
    struct names raw;

    *out = (struct route_match){.name = STR_NONE, .member = STR_NONE};
    if (path.n > 1 && str_ends(path, STR("/")))
        path.n--;
    for (size_t i = 0; i < count; i++) {
        raw = (struct names){STR_NONE, STR_NONE};
        if (!fits(table[i].pattern, path, &raw))
            continue;
        out->allow |= 1u << table[i].method;
        if (table[i].method != method || out->route)
            continue;
        out->route = &table[i];
        if ((raw.name.p && target_decode(a, raw.name, false, &out->name)) ||
            (raw.member.p && target_decode(a, raw.member, false, &out->member)))
            return ROUTE_BAD_NAME;
    }
    if (out->route)
        return ROUTE_FOUND;
    return out->allow ? ROUTE_METHOD : ROUTE_UNKNOWN;
}

struct str router_allow(struct arena *a, unsigned allow)
{
    return arena_printf(a, "%s%s%s%sOPTIONS", allow & 1u << METHOD_GET ? "GET, HEAD, " : "",
                        allow & 1u << METHOD_PUT ? "PUT, " : "",
                        allow & 1u << METHOD_POST ? "POST, " : "",
                        allow & 1u << METHOD_DELETE ? "DELETE, " : "");
}
