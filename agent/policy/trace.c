/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/trace.h"

enum { SEEN_BYTES = 512 };

static const char *const verdict_names[] = {"no", "yes", "undecided"};

const char *verdict_name(enum verdict v)
{
    return verdict_names[v];
}

size_t trace_open(struct policy_trace *t, struct str what)
{
    *ARENA_PUSH(t->arena, t->steps, t->count) = (struct policy_step){t->depth++, what, STR_NONE, 0};
    return t->count - 1;
}

void trace_close(struct policy_trace *t, size_t step, enum verdict v)
{
    t->steps[step].verdict = v;
    t->depth--;
}

void trace_seen(struct policy_trace *t, struct str value)
{
    struct policy_step *step = &t->steps[t->count - 1];

    if (step->seen.n > SEEN_BYTES)
        return;
    if (value.n > SEEN_BYTES)
        value.n = SEEN_BYTES;
    if (!step->seen.p)
        step->seen = arena_str(t->arena, value);
    else
        step->seen =
            arena_printf(t->arena, STR_FMT ", " STR_FMT, STR_ARG(step->seen), STR_ARG(value));
}

void trace_bucket(struct policy_trace *t, unsigned bucket, struct str key)
{
    if (key.n > SEEN_BYTES)
        key.n = SEEN_BYTES;
    trace_seen(t, arena_printf(t->arena, "bucket %u of " STR_FMT, bucket, STR_ARG(key)));
}

static void put_condition(struct json_out *o, const struct policy_step *step)
{
    json_open_object(o, NULL);
    json_put_int(o, "depth", step->depth);
    json_put_str(o, "condition", step->what);
    if (step->seen.p)
        json_put_str(o, "seen", step->seen);
    else
        json_put_null(o, "seen");
    json_put_z(o, "verdict", verdict_name(step->verdict));
    json_close_object(o);
}

void trace_put(struct json_out *o, const char *key, const struct policy_trace *t)
{
    json_open_array(o, key);
    for (size_t i = 0; i < t->count;) {
        json_open_object(o, NULL);
        json_put_str(o, "policy", t->steps[i].what);
        json_put_z(o, "verdict", verdict_name(t->steps[i].verdict));
        json_open_array(o, "conditions");
        for (i++; i < t->count && t->steps[i].depth; i++)
            put_condition(o, &t->steps[i]);
        json_close_array(o);
        json_close_object(o);
    }
    json_close_array(o);
}
