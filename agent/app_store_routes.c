/* SPDX-License-Identifier: Apache-2.0 */
#include "app_store_routes.h"

static void put(struct store_txn *t, enum store_table table, struct str name, struct buf *text)
{
    store_put(t, table, name, buf_str(text));
    buf_free(text);
}

static void put_splits(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    struct buf text;

    for (size_t i = 0; i < new->split_count; i++) {
        const struct split *s = new->splits[i];
        if (objects_split(old, s->backend) == s)
            continue;
        split_text(s, &text);
        put(t, STORE_SPLITS, s->backend, &text);
    }
    for (size_t i = 0; i < old->split_count; i++) {
        if (!objects_split(new, old->splits[i]->backend))
            store_del(t, STORE_SPLITS, old->splits[i]->backend);
    }
}

static void put_policies(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    struct buf text;

    for (size_t i = 0; i < new->policy_count; i++) {
        const struct policy *p = new->policies[i];
        if (objects_policy(old, p->name) == p)
            continue;
        policy_text(p, &text);
        put(t, STORE_POLICIES, p->name, &text);
    }
    for (size_t i = 0; i < old->policy_count; i++) {
        if (!objects_policy(new, old->policies[i]->name))
            store_del(t, STORE_POLICIES, old->policies[i]->name);
    }
}

void app_store_put_routes(struct store_txn *t, const struct objects *old, const struct objects *new)
{
    put_splits(t, old, new);
    put_policies(t, old, new);
}

static int load_split(void *ctx, struct str key, struct str value, struct err *e)
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

static int load_policy(void *ctx, struct str key, struct str value, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct policy *p = NULL;
    struct json *o;

    if (json_parse(&arena, value, JSON_MAX_DEPTH, &o, e) == 0 && (p = policy_parse(key, o, e)))
        objects_put_policy(ctx, p);
    arena_free(&arena);
    if (!p)
        return err_wrap(e, "store: policy " STR_FMT, STR_ARG(key));
    policy_unref(p);
    return 0;
}

int app_store_load_routes(struct store_txn *t, struct objects *into, struct err *e)
{
    return store_each(t, STORE_SPLITS, STORE_FORWARD, STR_NONE, load_split, into, e) ||
           store_each(t, STORE_POLICIES, STORE_FORWARD, STR_NONE, load_policy, into, e);
}
