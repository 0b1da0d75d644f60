/* SPDX-License-Identifier: Apache-2.0 */
#include "refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* The first bytes of a case name it well enough. */
static void check(const char *json, bool passed, const struct err *e, const char *field,
                  const char *words)
{
    if (passed)
        fail_msg("%.200s: is taken", json);
    if (e->kind != ERR_INVALID)
        fail_msg("%.200s: kind %d", json, (int)e->kind);
    if (strcmp(e->field, field) != 0)
        fail_msg("%.200s: names \"%s\" instead of \"%s\": %s", json, e->field, field, e->text);
    if (!strstr(e->text, words))
        fail_msg("%.200s: says \"%s\" instead of \"%s\"", json, e->text, words);
}

void refuse_frontend(const char *name, const char *json, const char *field, const char *words)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct frontend *f = frontend_parse(str_z(name), given_json(&a, json), &e);

    check(json, f != NULL, &e, field, words);
    arena_free(&a);
}

void refuse_backend(const char *name, const char *json, const char *field, const char *words)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct backend *b = backend_parse(str_z(name), given_json(&a, json), &e);

    check(json, b != NULL, &e, field, words);
    arena_free(&a);
}

void refuse_split(const char *backend, const char *json, const char *field, const char *words)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct split *s = split_parse(str_z(backend), given_json(&a, json), &e);

    check(json, s != NULL, &e, field, words);
    arena_free(&a);
}

void refuse_policy(const char *name, const char *json, const char *field, const char *words)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct policy *p = policy_parse(str_z(name), given_json(&a, json), &e);

    check(json, p != NULL, &e, field, words);
    arena_free(&a);
}

void refusals_frontend(const struct refusal_case *cases)
{
    for (; cases->json; cases++)
        refuse_frontend("web", cases->json, cases->field, cases->words);
}

void refusals_backend(const struct refusal_case *cases)
{
    for (; cases->json; cases++)
        refuse_backend("live", cases->json, cases->field, cases->words);
}

void refusals_split(const struct refusal_case *cases)
{
    for (; cases->json; cases++)
        refuse_split("live", cases->json, cases->field, cases->words);
}

void refusals_policy(const struct refusal_case *cases)
{
    for (; cases->json; cases++)
        refuse_policy("canary", cases->json, cases->field, cases->words);
}
