/* SPDX-License-Identifier: Apache-2.0 */
/* GET /services: what the registry knows. */
#include "app_change.h"
#include "app_view.h"

#include "registry/list.h"

#include <stdlib.h>

struct question {
    struct str service; /* empty: all */
    web_done *done;
    void *done_ctx;
};

static void answer(struct question *q, const struct service_summary *items, size_t count)
{
    struct web_result result = {0};
    struct json_out o;
    struct buf body;
    struct err e;
    bool found = false;

    buf_init(&body, APP_VIEW_BYTES);
    json_out_init(&o, &body, false);
    if (q->service.n == 0)
        json_open_object(&o, NULL);
    for (size_t i = 0; i < count; i++) {
        if (q->service.n && !str_eq(q->service, items[i].service))
            continue;
        found = true;
        if (q->service.n == 0)
            json_key_str(&o, items[i].service);
        service_summary_put(&o, NULL, &items[i]);
    }
    if (q->service.n == 0)
        json_close_object(&o);
    json_out_fini(&o);
    result.body = buf_str(&body);
    if (q->service.n && !found) {
        err_set(&e, ERR_NOT_FOUND, "the registry knows no service \"" STR_FMT "\"",
                STR_ARG(q->service));
        result.error = &e;
    }
    q->done(q->done_ctx, &result);
    buf_free(&body);
    free(q);
}

static void on_list(void *ctx, const struct service_list *list, const struct err *e)
{
    struct question *q = ctx;

    if (list) {
        answer(q, list->items, list->count);
        return;
    }
    q->done(q->done_ctx, &(struct web_result){.error = e});
    free(q);
}

/* A file has no list of its own: what the backends follow is what is known of it. */
static void answer_followed(struct app *a, struct question *q)
{
    struct catalog *c = subscriptions_catalog(a->registry);
    struct arena arena = ARENA_INIT;
    struct service_summary *items = NULL;
    size_t count = 0, known = 0;
    struct catalog_service *services = catalog_services(c, &arena, &count);

    for (size_t i = 0; i < count; i++) {
        const struct service_read *read = catalog_last_read(c, services[i].name);
        struct service_summary *s;
        if (!read)
            continue;
        s = ARENA_PUSH(&arena, items, known);
        service_summarise(&arena, read, s);
    }
    answer(q, items, known);
    arena_free(&arena);
}

void app_services_question(struct app *a, struct str service, web_done *done, void *done_ctx)
{
    struct question *q = malloc(sizeof *q);

    if (!q)
        abort();
    *q = (struct question){service, done, done_ctx};
    if (a->lister)
        lister_get(a->lister, on_list, q);
    else
        answer_followed(a, q);
}
