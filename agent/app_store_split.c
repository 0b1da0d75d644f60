/* SPDX-License-Identifier: Apache-2.0 */
#include "app_store_split.h"

void app_store_put_splits(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    for (size_t i = 0; i < new->split_count; i++) {
        const struct split *s = new->splits[i];
        struct buf text;

        if (objects_split(old, s->backend) == s)
            continue;
        split_text(s, &text);
        store_put(t, STORE_SPLITS, s->backend, buf_str(&text));
        buf_free(&text);
    }
    for (size_t i = 0; i < old->split_count; i++) {
        if (!objects_split(new, old->splits[i]->backend))
            store_del(t, STORE_SPLITS, old->splits[i]->backend);
    }
}

static int load(void *ctx, struct str key, struct str value, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct split *s = NULL;
    struct json *o;

    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, e) == 0 && (s = split_parse(key, o, e)))
        objects_put_split(ctx, s);
    arena_free(&arena);
    if (!s)
        return err_wrap(e, "store: split " STR_FMT, STR_ARG(key));
    split_unref(s);
    return 0;
}

int app_store_load_splits(struct store_txn *t, struct objects *into, struct err *e)
{
    return store_each(t, STORE_SPLITS, STORE_FORWARD, STR_NONE, load, into, e);
}
