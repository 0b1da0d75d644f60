/* SPDX-License-Identifier: Apache-2.0 */
/* Frontends that somebody has closed on HAProxy's command line. */
#include "plan/plan.h"

static bool is_wanted(const struct desired *d, struct str name)
{
    for (size_t i = 0; i < d->frontend_count; i++) {
        if (str_eq(d->frontends[i]->name, name))
            return true;
    }
    return false;
}

/* What was shut down comes back with a new worker only. */
static void note_shut(struct plan *p, struct str name)
{
    struct reason *r = ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count);

    r->object = arena_printf(&p->arena, "frontend/" STR_FMT, STR_ARG(name));
    r->field = STR("state");
    r->why = STR("it was shut down in HAProxy, which cannot open it again");
}

void plan_frontends(const struct plan_input *in, struct plan *p)
{
    for (size_t i = 0; i < in->have->proxy_count; i++) {
        const struct have_proxy *h = &in->have->proxies[i];
        if (!h->frontend || h->state == PROXY_OPEN || !is_wanted(in->want, h->name))
            continue;
        if (h->state == PROXY_PAUSED)
            plan_push(p, REPLY_ENABLE_FRONTEND, STR(""), STR(""), "enable frontend " STR_FMT,
                      STR_ARG(h->name));
        else
            note_shut(p, h->name);
    }
}
