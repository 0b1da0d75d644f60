/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics: the latest of all, the history of one. */
#include "web/call.h"

static int read_kind(const struct params *p, struct web_stats_query *out, struct err *e)
{
    unsigned kind = 0;

    if (!p->type.p)
        return 0;
    while (kind < STAT_KIND_COUNT && !str_eq_z(p->type, stat_kind_name((enum stat_kind)kind)))
        kind++;
    if (kind == STAT_KIND_COUNT)
        return err_field(e, "type",
                         "type: must be frontend, backend or backendMember, not \"" STR_FMT "\"",
                         STR_ARG(p->type));
    out->has_kind = true;
    out->kind = (enum stat_kind)kind;
    return 0;
}

void route_list_stats(struct call *c)
{
    struct web_stats_query query = {.backend = c->params.backend};
    struct buf out;
    struct err e;

    if (read_kind(&c->params, &query, &e)) {
        exchange_reply_error(c->x, &e);
        return;
    }
    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->stats(c->api->ctx, &query, &out, &e), &out, NULL, &e);
}

void route_get_stat(struct call *c)
{
    struct web_stat_query query = {c->name, (int64_t)c->params.since,
                                   c->params.has_limit ? (size_t)c->params.limit : 0};
    struct buf out;
    struct err e;

    buf_init(&out, CALL_ANSWER_MAX_BYTES);
    call_reply_read(c, c->api->stat(c->api->ctx, &query, &out, &e), &out, NULL, &e);
}
