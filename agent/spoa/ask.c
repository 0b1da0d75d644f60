/* SPDX-License-Identifier: Apache-2.0 */
#include "spoa/ask.h"

#include "spoe/counters.h"

static struct str text_of(struct spop_bytes b)
{
    return (struct str){(const char *)b.p, b.n};
}

static struct spop_bytes bytes_of(struct str s)
{
    return (struct spop_bytes){(const uint8_t *)s.p, s.n};
}

/* Where the arguments go, in the order of spoe.conf. */
static const struct place {
    struct spop_bytes name;
    size_t offset;
} places[] = {
    {{(const uint8_t *)"fe", 2}, offsetof(struct policy_request, frontend)},
    {{(const uint8_t *)"method", 6}, offsetof(struct policy_request, method)},
    {{(const uint8_t *)"host", 4}, offsetof(struct policy_request, host)},
    {{(const uint8_t *)"path", 4}, offsetof(struct policy_request, path)},
    {{(const uint8_t *)"query", 5}, offsetof(struct policy_request, query)},
    {{(const uint8_t *)"src", 3}, offsetof(struct policy_request, src)},
    {{(const uint8_t *)"hdrs", 4}, offsetof(struct policy_request, headers)},
};
enum { PLACES = sizeof places / sizeof *places };

/* `guess`, which is right unless somebody has written another spoe.conf; NULL when it has no place.
 */
static const struct place *place_of(struct spop_bytes name, size_t guess)
{
    if (guess < PLACES && spop_bytes_eq(name, places[guess].name))
        return &places[guess];
    for (size_t i = 0; i < PLACES; i++) {
        if (spop_bytes_eq(name, places[i].name))
            return &places[i];
    }
    return NULL;
}

/* What HAProxy does not have is NULL: the text stays empty. */
static void take_args(struct policy_request *r, struct spop_messages *m)
{
    struct spop_arg arg;

    for (size_t i = 0; spop_arg_next(m, &arg); i++) {
        const struct place *place = place_of(arg.name, i);

        if (place && arg.value.type >= SPOP_IPV4)
            *(struct str *)((char *)r + place->offset) = text_of(arg.value.bytes);
    }
}

static void count(struct asker *a, enum decision_kind kind)
{
    switch (kind) {
    case DECISION_TAKEN: SPOP_COUNT(a, taken, 1); break;
    case DECISION_NONE: SPOP_COUNT(a, none, 1); break;
    case DECISION_UNDECIDED: SPOP_COUNT(a, undecided, 1); break;
    }
}

static void put_decision(struct spop_ack *ack, const struct decision *d)
{
    if (d->backend.n)
        spop_ack_set_string(ack, SPOP_SCOPE_TXN, "backend", bytes_of(d->backend));
    for (size_t i = 0; i < d->set_count; i++)
        spop_ack_set(ack, SPOP_SCOPE_TXN, bytes_of(d->set[i].name),
                     (struct spop_value){SPOP_STRING, {.bytes = bytes_of(d->set[i].value)}});
    spop_ack_set_string(ack, SPOP_SCOPE_TXN, "policy", bytes_of(d->policy));
}

static void decide_message(struct asker *a, struct spop_messages *m, struct spop_ack *ack)
{
    const struct policy_set *set = atomic_load_explicit(a->policies, memory_order_acquire);
    struct policy_request r = {STR(""), STR(""), STR(""), STR(""), STR(""), STR(""), STR("")};
    struct decision d;

    take_args(&r, m);
    d = decide(set, &r, DECIDE_WHOLE, a->scratch, NULL);
    count(a, d.kind);
    if (d.kind == DECISION_TAKEN)
        put_decision(ack, &d);
    spop_ack_set_string(ack, SPOP_SCOPE_TXN, "done", SPOP_BYTES("agent"));
}

void ask_answer(void *asker, const struct spop_notify *notify, struct spop_ack *ack)
{
    struct spop_messages messages = spop_messages(notify);

    while (spop_message_next(&messages)) {
        if (spop_bytes_eq(messages.name, SPOP_BYTES("decide")))
            decide_message(asker, &messages, ack);
    }
}
