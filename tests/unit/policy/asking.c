/* SPDX-License-Identifier: Apache-2.0 */
#include "asking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

enum { POLICIES = 16 };

void asking_begin(struct asking *a, const char *const *policies)
{
    struct policy *owned[POLICIES];
    const struct policy *list[POLICIES];
    size_t count = 0;
    struct err e = {0};

    *a = (struct asking){.arena = ARENA_INIT, .scratch = policy_scratch_new()};
    for (; policies[count]; count++) {
        char name[8];
        assert_true(count < POLICIES);
        (void)snprintf(name, sizeof name, "p%zu", count);
        list[count] = owned[count] = given_policy(name, policies[count]);
    }
    a->set = policy_set_new(list, count, &e);
    if (!a->set)
        fail_msg("%s: %s", e.field, e.text);
    while (count)
        policy_unref(owned[--count]); /* the set keeps nothing of them */
}

void asking_end(struct asking *a)
{
    policy_scratch_free(a->scratch);
    policy_set_free(a->set);
    arena_free(&a->arena);
}

struct policy_request asking_request(struct asking *a, const char *request)
{
    struct policy_request r;
    struct err e = {0};

    if (try_parse(&a->arena, a->set, given_json(&a->arena, request), &r, &e))
        fail_msg("%s: %s: %s", request, e.field, e.text);
    return r;
}

struct decision asking_decide(struct asking *a, const char *request)
{
    struct policy_request r = asking_request(a, request);

    return decide(a->set, &r, DECIDE_WHOLE, a->scratch, NULL);
}

void verdict_is(const char *match, const char *request, enum verdict want)
{
    static const enum decision_kind kinds[] = {DECISION_NONE, DECISION_TAKEN, DECISION_UNDECIDED};
    struct arena texts = ARENA_INIT;
    const char *policies[] = {arena_printf(&texts, WEB("%s"), match).p, NULL};
    struct asking a;
    struct decision d;

    asking_begin(&a, policies);
    d = asking_decide(&a, request);
    if (d.kind != kinds[want])
        fail_msg("%s of %s is %d, not %s", match, request, (int)d.kind, verdict_name(want));
    asking_end(&a);
    arena_free(&texts);
}
