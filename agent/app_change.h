/* SPDX-License-Identifier: Apache-2.0 */
/* A wish of the API on its way: decided, rendered, checked by HAProxy, stored, and waited for. One
 * at a time; reading goes on meanwhile. */
#ifndef THALASSA_APP_CHANGE_H
#define THALASSA_APP_CHANGE_H

#include "app.h"
#include "web/api.h"

struct app_change {
    struct app_change *next;
    struct app *app;
    const struct web_change *wish;
    web_done *done;
    void *done_ctx;
    struct arena arena;
    struct change_result result;
    struct objects *effective; /* what would be rendered */
    struct desired *desired;
    struct app_rendered *rendered;
    struct override_wish said; /* CHANGE_OVERRIDE: what of the wish is new */
    struct reasons reasons;
    uint64_t generation; /* waits for this one */
    ev_timer patience;
};

/* Queue it; `wish` stays valid until `done` is called. */
void app_change_queue(struct app *a, const struct web_change *wish, web_done *done, void *done_ctx);

/* It is stored; `before` is what was stored until then. */
void app_change_note(struct app_change *c, const struct objects *before);

/* Each answers and frees; the next in the queue may begin. */
void app_change_answer(struct app_change *c, const struct web_result *result);
void app_change_fail(struct app_change *c, const struct err *e);
/* It is stored: answer when HAProxy runs it, or at once if nobody waits for that. */
void app_change_reply(struct app_change *c);
extern const struct err app_change_the_end; /* the agent is ending */

/* {"verdict","operations","reasons","diff"}; `rendered` may be NULL (no diff). */
void app_put_plan(struct app *a, const struct plan *p, const struct reasons *reasons,
                  const struct app_rendered *rendered, struct buf *out);

/* GET /services, /services/{service}; `service` stays valid until `done` is called. */
void app_services_question(struct app *a, struct str service, web_done *done, void *done_ctx);

/* GET /plan. */
void app_plan_question(struct app *a, web_done *done, void *done_ctx);

#endif
