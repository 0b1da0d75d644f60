/* SPDX-License-Identifier: Apache-2.0 */
#include "app_store_overrides.h"

#include "base/log.h"

enum { TEXT_MAX = 1024 * 1024 }; /* LIMIT_OVERRIDES entries with the longest hosts */

static void put_set(struct store_txn *t, const struct override_set *s)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, TEXT_MAX);
    json_out_init(&o, &text, false);
    override_set_put(&o, NULL, s);
    json_out_fini(&o);
    store_put(t, STORE_OVERRIDES, s->backend, buf_str(&text));
    buf_free(&text);
}

void app_put_override_sets(struct store_txn *t, const struct objects *old,
                           const struct objects *new)
{
    for (size_t i = 0; i < new->override_count; i++) {
        if (objects_overrides(old, new->overrides[i]->backend) != new->overrides[i])
            put_set(t, new->overrides[i]);
    }
    for (size_t i = 0; i < old->override_count; i++) {
        if (!objects_overrides(new, old->overrides[i]->backend))
            store_del(t, STORE_OVERRIDES, old->overrides[i]->backend);
    }
}

static int load_set(void *ctx, struct str key, struct str value, struct err *e)
{
    struct objects *objects = ctx;
    struct arena arena = ARENA_INIT;
    struct str_list problems = {0};
    struct override_set *s = NULL;
    struct json *list;
    int rc = json_parse(&arena, value, JSON_MAX_DEPTH, &list, e);

    if (rc == 0)
        s = override_set_read(key, list, &arena, &problems);
    for (size_t i = 0; i < problems.count; i++)
        log_warn("overrides of " STR_FMT ": " STR_FMT, STR_ARG(key), STR_ARG(problems.items[i]));
    if (s && objects_backend(objects, key))
        objects_put_overrides(objects, s);
    override_set_unref(s);
    arena_free(&arena);
    return rc ? err_wrap(e, "store: overrides of " STR_FMT, STR_ARG(key)) : 0;
}

int app_load_override_sets(struct store_txn *t, struct objects *objects, struct err *e)
{
    return store_each(t, STORE_OVERRIDES, STORE_FORWARD, STR_NONE, load_set, objects, e);
}
