/* SPDX-License-Identifier: Apache-2.0 */
#include "spoa/answers.h"

#include "spoe/ack.h"

#include <stdlib.h>

enum { ACTION_BYTES = 3 + 2 * SPOP_VARINT_BYTES + 1 }; /* without name and value, at most */

static void put(struct spop_out *o, struct str name, struct str value)
{
    struct spop_bytes text = {(const uint8_t *)value.p, value.n};

    spop_action_set(o, SPOP_SCOPE_TXN, (struct spop_bytes){(const uint8_t *)name.p, name.n},
                    (struct spop_value){SPOP_STRING, {.bytes = text}});
}

static void put_decision(struct spop_out *o, const struct decision *d)
{
    if (d->backend.n)
        put(o, STR("backend"), d->backend);
    for (size_t i = 0; i < d->set_count; i++)
        put(o, d->set[i].name, d->set[i].value);
    put(o, STR("policy"), d->policy);
}

static size_t most_bytes(const struct decision *d)
{
    size_t n = 3 * ACTION_BYTES + sizeof "backend" + d->backend.n + sizeof "policy" + d->policy.n +
               sizeof "done" + sizeof "agent";

    for (size_t i = 0; i < d->set_count; i++)
        n += ACTION_BYTES + d->set[i].name.n + d->set[i].value.n;
    return n;
}

static struct spop_bytes answer_to(struct arena *a, const struct decision *d)
{
    struct spop_out o = {.size = most_bytes(d)};

    o.p = arena_alloc(a, o.size);
    if (d->kind == DECISION_TAKEN)
        put_decision(&o, d);
    put(&o, STR("done"), STR("agent"));
    return (struct spop_bytes){o.p, o.n};
}

struct answers *answers_new(struct policy_set *policies)
{
    struct answers *a = calloc(1, sizeof *a);
    struct decision none = {.kind = DECISION_NONE};
    const struct decision *decisions;
    size_t count;

    if (!a)
        abort();
    a->policies = policies;
    decisions = policy_set_decisions(policies, &count);
    a->taken = ARENA_ARRAY(&a->arena, struct spop_bytes, count);
    for (size_t i = 0; i < count; i++)
        a->taken[i] = answer_to(&a->arena, &decisions[i]);
    a->none = answer_to(&a->arena, &none);
    return a;
}

void answers_free(struct answers *a)
{
    if (!a)
        return;
    arena_free(&a->arena);
    free(a);
}

struct spop_bytes answers_to(const struct answers *a, const struct decision *d)
{
    return d->kind == DECISION_TAKEN ? a->taken[d->number] : a->none;
}
