/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stat_id.h"

#include "model/endpoint.h"

const char *stat_kind_name(enum stat_kind kind)
{
    static const char *const names[] = {"frontend", "backend", "backendMember"};

    return kind < STAT_KIND_COUNT ? names[kind] : "";
}

static struct str address(struct arena *a, struct str text)
{
    struct endpoint place;
    struct err e;

    if (endpoint_parse(a, text, &place, &e))
        return arena_str(a, text);
    return endpoint_text(a, place.host, place.port);
}

int stat_id_parse(struct arena *a, struct str text, struct stat_id *out, struct err *e)
{
    struct str rest = text, type;

    *out = (struct stat_id){.member = STR("")};
    if (str_starts(rest, STR("stat/")))
        (void)str_cut(&rest, '/');
    type = str_cut(&rest, '/');
    out->kind = str_eq(type, STR("frontend")) ? STAT_FRONTEND : STAT_BACKEND;
    if (out->kind == STAT_BACKEND && !str_eq(type, STR("backend")))
        goto bad;
    out->key = str_cut(&rest, '/');
    if (rest.p && out->kind == STAT_BACKEND) {
        out->kind = STAT_MEMBER;
        out->all = str_eq(rest, STR("*"));
        out->member = out->all ? STR("") : address(a, rest);
    } else if (rest.p) {
        goto bad;
    } else if (str_eq(out->key, STR("*"))) {
        out->all = true;
        out->key = STR("");
    }
    if (out->all || (out->key.n && (out->kind != STAT_MEMBER || out->member.n)))
        return 0;
bad:
    return err_set(e, ERR_INVALID,
                   "\"" STR_FMT "\": not stat/frontend/NAME, stat/backend/NAME or "
                   "stat/backend/NAME/HOST:PORT",
                   STR_ARG(text));
}

struct str stat_id_text(struct arena *a, enum stat_kind kind, struct str key, struct str member)
{
    return arena_printf(a, "stat/%s/" STR_FMT "%s" STR_FMT,
                        kind == STAT_FRONTEND ? "frontend" : "backend", STR_ARG(key),
                        kind == STAT_MEMBER ? "/" : "", STR_ARG(member));
}

struct str stat_member_name(struct arena *a, struct str key, struct str server)
{
    struct str place = server;

    if (str_starts(server, key) && server.n > key.n && server.p[key.n] == '_')
        place = (struct str){server.p + key.n + 1, server.n - key.n - 1};
    return address(a, place);
}
