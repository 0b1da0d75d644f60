/* SPDX-License-Identifier: Apache-2.0 */
#include "spoa/ask.h"

#include "spoe/counters.h"

static struct str text_of(struct spop_bytes b)
{
    return (struct str){(const char *)b.p, b.n};
}

/* ARGUMENT(name, field): those of templates/spoe.conf.tmpl. */
#define ARGUMENTS(ARGUMENT)                                                                        \
    ARGUMENT("fe", frontend)                                                                       \
    ARGUMENT("method", method)                                                                     \
    ARGUMENT("host", host)                                                                         \
    ARGUMENT("path", path)                                                                         \
    ARGUMENT("query", query)                                                                       \
    ARGUMENT("src", src)                                                                           \
    ARGUMENT("hdrs", headers)

static struct str *place_of(struct policy_request *r, struct spop_bytes name)
{
#define ARGUMENT(text, field)                                                                      \
    if (spop_bytes_eq(name, SPOP_BYTES(text)))                                                     \
        return &r->field;
    ARGUMENTS(ARGUMENT)
#undef ARGUMENT
    return NULL;
}

/* What HAProxy does not have is NULL: the text stays empty. */
static void take_args(struct policy_request *r, struct spop_messages *m)
{
    struct spop_arg arg;

    while (spop_arg_next(m, &arg)) {
        struct str *place = place_of(r, arg.name);

        if (place && arg.value.type >= SPOP_IPV4)
            *place = text_of(arg.value.bytes);
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

static void decide_message(struct asker *a, struct spop_messages *m, struct spop_ack *ack)
{
    const struct answers *answers = atomic_load_explicit(a->answers, memory_order_acquire);
    struct policy_request r = {STR(""), STR(""), STR(""), STR(""), STR(""), STR(""), STR("")};
    struct decision d;

    take_args(&r, m);
    d = decide(answers->policies, &r, DECIDE_WHOLE, a->scratch, NULL);
    count(a, d.kind);
    spop_ack_put(ack, answers_to(answers, &d));
}

void ask_answer(void *asker, const struct spop_notify *notify, struct spop_ack *ack)
{
    struct spop_messages messages = spop_messages(notify);

    while (spop_message_next(&messages)) {
        if (spop_bytes_eq(messages.name, SPOP_BYTES("decide")))
            decide_message(asker, &messages, ack);
    }
}
