/* SPDX-License-Identifier: Apache-2.0 */
/* What a wish about policies, or about what a policy names, does to the stored objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/change.h"
#include "given.h"

#define TO(frontend, backend)                                                                      \
    "{'frontend':'" frontend "','match':{'path':'/x'},'action':{'backend':'" backend "'}}"

/* Frontends web (to live) and mail (tcp, to mx); backends live, staged, mx (tcp); a policy: beta of
 * web, to staged. */
static struct objects *stored(void)
{
    struct objects *o = objects_new();
    struct frontend *web = given_frontend("web", "{'bind':'*:80','backend':'live'}");
    struct frontend *mail = given_frontend("mail", "{'bind':'*:25','backend':'mx','mode':'tcp'}");
    struct policy *beta = given_policy("beta", TO("web", "staged"));
    static const char *const names[] = {"live", "staged", "mx"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct backend *b = given_backend(names[i], i == 2 ? "{'type':'static','mode':'tcp'}"
                                                           : "{'type':'static'}");
        objects_put_backend(o, b);
        backend_unref(b);
    }
    objects_put_frontend(o, web);
    objects_put_frontend(o, mail);
    objects_put_policy(o, beta);
    frontend_unref(web);
    frontend_unref(mail);
    policy_unref(beta);
    return o;
}

struct wish {
    enum change_kind kind;
    const char *name;          /* of what is deleted */
    const char *policy, *json; /* of the policy that is put */
    const char *backend;       /* the JSON of the backend `name` that is put */
    bool force, strict, prune, speaks;
    const char *outcome;
};

static void tell(struct buf *out, const struct change_result *r)
{
    buf_add_z(out, r->changed ? "changed" : "same");
    for (size_t i = 0; i < r->next->policy_count; i++)
        buf_printf(out, " " STR_FMT ":" STR_FMT ">" STR_FMT, STR_ARG(r->next->policies[i]->name),
                   STR_ARG(r->next->policies[i]->frontend), STR_ARG(r->next->policies[i]->backend));
    for (size_t i = 0; i < r->warnings.count; i++)
        buf_printf(out, "; " STR_FMT, STR_ARG(r->warnings.items[i]));
}

static void run(const struct wish *w, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct objects *now = stored();
    struct policy *p = w->policy ? given_policy(w->policy, w->json) : NULL;
    struct backend *b = w->backend ? given_backend(w->name, w->backend) : NULL;
    struct change c = {.kind = w->kind,
                       .name = str_z(w->name ? w->name : ""),
                       .policies = &p,
                       .policy_count = p != NULL,
                       .backends = &b,
                       .backend_count = b != NULL,
                       .force = w->force,
                       .strict = w->strict,
                       .prune = w->prune,
                       .prune_policies = w->speaks};
    struct change_facts facts = {0};
    struct change_result r;
    struct err e = {0};

    if (change_apply(now, &c, &facts, &a, &r, &e))
        buf_printf(out, "%s %s: %s", e.kind == ERR_NOT_FOUND ? "404" : "409",
                   e.field[0] ? e.field : "-", e.text);
    else
        tell(out, &r);
    assert_int_equal(now->policy_count, 1); /* what is stored is never edited */
    objects_unref(r.next);
    objects_unref(now);
    policy_unref(p);
    backend_unref(b);
    arena_free(&a);
}

static void check(const struct wish *wishes, size_t count)
{
    struct buf out;

    buf_init(&out, 4096);
    for (size_t i = 0; i < count; i++) {
        buf_reset(&out);
        run(&wishes[i], &out);
        if (!str_eq_z(buf_str(&out), wishes[i].outcome))
            fail_msg("case %zu:\n is   %s\n want %s", i, out.p, wishes[i].outcome);
    }
    buf_free(&out);
}

#define CHECK(wishes) check(wishes, sizeof wishes / sizeof *wishes)

static void test_what_a_policy_names(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_PUT_POLICY,
         .policy = "beta",
         .json = TO("web", "staged"),
         .outcome = "same beta:web>staged"},
        {.kind = CONTROL_PUT_POLICY,
         .policy = "new",
         .json = TO("web", "live"),
         .outcome = "changed beta:web>staged new:web>live"},
        {.kind = CONTROL_PUT_POLICY,
         .policy = "new",
         .json = TO("gone", "live"),
         .outcome = "changed beta:web>staged new:gone>live; policy \"new\": frontend \"gone\" "
                    "does not exist: it decides nothing"},
        {.kind = CONTROL_PUT_POLICY,
         .policy = "new",
         .json = TO("gone", "live"),
         .strict = true,
         .outcome = "409 frontend: frontend \"gone\" does not exist"},
        {.kind = CONTROL_PUT_POLICY,
         .policy = "new",
         .json = TO("mail", "live"),
         .outcome = "409 frontend: policy \"new\": frontend \"mail\" has mode tcp: "
                    "policies are for HTTP"},
        {.kind = CONTROL_PUT_POLICY,
         .policy = "new",
         .json = TO("web", "mx"),
         .outcome = "409 action.backend: policy \"new\": backend \"mx\" has mode "
                    "tcp: policies are for HTTP"},
        {.kind = CONTROL_PUT_BACKEND,
         .name = "staged",
         .backend = "{'type':'static','mode':'tcp'}",
         .outcome = "409 mode: policy \"beta\": backend \"staged\" has mode tcp: policies "
                    "are for HTTP"},
        {.kind = CONTROL_DELETE_POLICY, .name = "beta", .outcome = "changed"},
        {.kind = CONTROL_DELETE_POLICY, .name = "new", .outcome = "404 -: no policy \"new\""},
    };

    (void)state;
    CHECK(wishes);
}

/* A policy stays when what it names goes, and whoever takes that away is told. */
static void test_what_is_taken_from_a_policy(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_DELETE_FRONTEND,
         .name = "web",
         .outcome = "changed beta:web>staged; policy \"beta\": frontend \"web\" does not exist: it "
                    "decides nothing"},
        {.kind = CONTROL_DELETE_FRONTEND, .name = "mail", .outcome = "changed beta:web>staged"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "staged",
         .outcome = "409 -: backend \"staged\" is in use by: policy beta (?force=true does it)"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "staged",
         .force = true,
         .outcome = "changed beta:web>staged; policy \"beta\": backend \"staged\" does not exist: "
                    "it decides nothing"},
        {.kind = CONTROL_PUT_ALL, /* even of one that asks for strictness about what it brings */
         .prune = true,
         .strict = true,
         .outcome = "changed beta:web>staged; policy \"beta\": frontend \"web\" does not exist: it "
                    "decides nothing; policy \"beta\": backend \"staged\" does not exist: it "
                    "decides nothing"},
        {.kind = CONTROL_PUT_ALL, .prune = true, .speaks = true, .outcome = "changed"},
    };

    (void)state;
    CHECK(wishes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_policy_names),
        cmocka_unit_test(test_what_is_taken_from_a_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
