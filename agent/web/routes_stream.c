/* SPDX-License-Identifier: Apache-2.0 */
/* GET /stream. */
#include "web/call.h"
#include "web/live.h"

void route_get_stream(struct call *c)
{
    struct hub_resume resume = {c->params.resume, c->params.epoch};

    if (!c->live)
        exchange_reply_status(c->x, 503, "there is no stream");
    else
        live_take(c->live, c->x, c->params.has_resume ? &resume : NULL);
}
