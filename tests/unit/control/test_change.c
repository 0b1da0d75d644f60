/* SPDX-License-Identifier: Apache-2.0 */
/* What a wish of the API does to the stored objects, as a table: each outcome is one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/change.h"
#include "given.h"

#include <stdio.h>
#include <string.h>

static void put(struct objects *o, struct frontend *f, struct backend *b)
{
    if (f)
        objects_put_frontend(o, f);
    if (b)
        objects_put_backend(o, b);
    frontend_unref(f);
    backend_unref(b);
}

static struct objects *stored(void)
{
    struct objects *o = objects_new();

    put(o,
        given_frontend("web", "{'bind':'*:80','backend':'live','rules':["
                              "{'operation':'path_beg','value':'/old','backend':'old'}]}"),
        given_backend("live", "{'type':'dynamic','name':'app','version':'1.0.0'}"));
    put(o, given_frontend("mail", "{'bind':'*:25','backend':'mx','mode':'tcp'}"),
        given_backend("mx", "{'type':'static','mode':'tcp'}"));
    put(o, NULL, given_backend("old", "{'type':'static'}"));
    put(o, NULL, given_backend("idle", "{'type':'static'}"));
    o->generation = 7;
    return o;
}

struct wish {
    enum change_kind kind;
    const char *name;
    const char *frontends; /* "NAME JSON" each, parted by '|' */
    const char *backends;
    const char *service, *version;
    bool prune, strict, force, allow_empty;
    long passing; /* of any version */
    const char *outcome;
};

static long passing_of(void *ctx, struct str service, struct str version)
{
    (void)service;
    (void)version;
    return *(const long *)ctx;
}

static void put_outcome(struct buf *out, const struct objects *now, const struct change_result *r)
{
    buf_printf(out, "%s", r->changed ? "changed" : "same");
    assert_int_equal(r->next->generation, now->generation + (r->changed ? 1 : 0));
    for (size_t i = 0; i < r->next->frontend_count; i++)
        buf_printf(out, " " STR_FMT ">" STR_FMT, STR_ARG(r->next->frontends[i]->name),
                   STR_ARG(r->next->frontends[i]->backend));
    buf_add_z(out, " |");
    for (size_t i = 0; i < r->next->backend_count; i++)
        buf_printf(out, " " STR_FMT "%s" STR_FMT, STR_ARG(r->next->backends[i]->name),
                   r->next->backends[i]->version.n ? "@" : "",
                   STR_ARG(r->next->backends[i]->version));
    for (size_t i = 0; i < r->warnings.count; i++)
        buf_printf(out, "; " STR_FMT, STR_ARG(r->warnings.items[i]));
}

static void put_refusal(struct buf *out, const struct err *e)
{
    static const char *const kinds[] = {
        [ERR_INVALID] = "400", [ERR_NOT_FOUND] = "404", [ERR_CONFLICT] = "409"};

    assert_in_range(e->kind, ERR_INVALID, ERR_CONFLICT);
    buf_printf(out, "%s %s: %s", kinds[e->kind], e->field[0] ? e->field : "-", e->text);
}

/* "NAME JSON|NAME JSON" into the change. */
static void fill(struct arena *a, struct change *c, const char *list, bool frontends)
{
    struct str rest = str_z(list);

    while (rest.p) {
        struct str json = str_cut(&rest, '|'), name = str_cut(&json, ' ');
        const char *name_z = arena_str(a, name).p, *json_z = arena_str(a, json).p;
        if (frontends)
            *ARENA_PUSH(a, c->frontends, c->frontend_count) = given_frontend(name_z, json_z);
        else
            *ARENA_PUSH(a, c->backends, c->backend_count) = given_backend(name_z, json_z);
    }
}

static void run(const struct wish *w, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct objects *now = stored();
    long passing = w->passing;
    struct change_facts facts = {&passing, passing_of, w->allow_empty};
    struct change c = {.kind = w->kind,
                       .name = str_z(w->name),
                       .service = str_z(w->service),
                       .version = str_z(w->version),
                       .prune = w->prune,
                       .strict = w->strict,
                       .force = w->force};
    struct change_result r;
    struct err e = {0};

    fill(&a, &c, w->frontends, true);
    fill(&a, &c, w->backends, false);
    if (change_apply(now, &c, &facts, &a, &r, &e)) {
        put_refusal(out, &e);
        assert_null(r.next);
    } else {
        put_outcome(out, now, &r);
    }
    assert_int_equal(now->generation, 7); /* what is stored is never edited */
    assert_int_equal(now->backend_count, 4);
    assert_int_equal(now->frontend_count, 2);
    objects_unref(r.next);
    objects_unref(now);
    for (size_t i = 0; i < c.frontend_count; i++)
        frontend_unref(c.frontends[i]);
    for (size_t i = 0; i < c.backend_count; i++)
        backend_unref(c.backends[i]);
    arena_free(&a);
}

static void check(const struct wish *wishes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf out;

        buf_init(&out, 8192);
        run(&wishes[i], &out);
        if (!str_eq_z(buf_str(&out), wishes[i].outcome))
            fail_msg("case %zu:\n is   %s\n want %s", i, out.p, wishes[i].outcome);
        buf_free(&out);
    }
}

#define CHECK(wishes) (void)state, check((wishes), sizeof(wishes) / sizeof *(wishes))
#define LIVE " {'type':'dynamic','name':'app','version':'1.0.0'}"
#define WEB                                                                                        \
    " {'bind':'*:80','backend':'live','rules':["                                                   \
    "{'operation':'path_beg','value':'/old','backend':'old'}]}"
#define ALL_BACKENDS "live" LIVE "|old {'type':'static'}|mx {'type':'static','mode':'tcp'}"

static void test_frontends(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "api {'bind':'*:81','backend':'live'}",
         .outcome = "changed api>live mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "web" WEB,
         .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "web {'bind':'*:80','backend':'idle'}",
         .outcome = "changed mail>mx web>idle | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "live {'bind':'*:80','backend':'live'}",
         .outcome = "409 -: a backend has the name \"live\" already"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "api {'bind':'*:81','backend':'later'}",
         .outcome = "changed api>later mail>mx web>live | idle live@1.0.0 mx old; frontend "
                    "\"api\": backend: backend \"later\" does not exist: requests for it get 503"},
        {.kind = CONTROL_PUT_FRONTEND,
         .strict = true,
         .frontends = "api {'bind':'*:81','backend':'later'}",
         .outcome = "409 backend: backend \"later\" does not exist"},
        {.kind = CONTROL_PUT_FRONTEND,
         .strict = true,
         .frontends = "api {'bind':'*:81','backend':'live','rules':["
                      "{'operation':'path','backend':'old'},{'operation':'path','backend':'x'}]}",
         .outcome = "409 rules[1].backend: backend \"x\" does not exist"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "api {'bind':'*:81','backend':'live','rules':["
                      "{'operation':'path','backend':'x'},{'operation':'path','backend':'x'}]}",
         .outcome = "changed api>live mail>mx web>live | idle live@1.0.0 mx old"
                    "; frontend \"api\": rules[0].backend: backend \"x\" does not exist: requests "
                    "for it get 503"
                    "; frontend \"api\": rules[1].backend: backend \"x\" does not exist: requests "
                    "for it get 503"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "api {'bind':'*:81','backend':'mx'}",
         .outcome = "409 backend: frontend \"api\" has mode http, its backend \"mx\" mode tcp"},
        {.kind = CONTROL_PUT_FRONTEND,
         .frontends = "api {'bind':'*:81','backend':'live','mode':'tcp'}",
         .outcome = "409 backend: frontend \"api\" has mode tcp, its backend \"live\" mode http"},
        {.kind = CONTROL_PUT_FRONTEND,
         .force = true,
         .frontends = "api {'bind':'*:81','backend':'live','rules':["
                      "{'operation':'path','backend':'mx'}]}",
         .outcome = "409 rules[0].backend: frontend \"api\" has mode http, its backend \"mx\" "
                    "mode tcp"},
        {.kind = CONTROL_DELETE_FRONTEND,
         .name = "web",
         .outcome = "changed mail>mx | idle live@1.0.0 mx old"},
        {.kind = CONTROL_DELETE_FRONTEND, .name = "live", .outcome = "404 -: no frontend \"live\""},
    };

    CHECK(wishes);
}

static void test_backends(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_PUT_BACKEND,
         .backends = "new" LIVE,
         .outcome = "changed mail>mx web>live | idle live@1.0.0 mx new@1.0.0 old"},
        {.kind = CONTROL_PUT_BACKEND,
         .backends = "live" LIVE,
         .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_BACKEND,
         .backends = "web {'type':'static'}",
         .outcome = "409 -: a frontend has the name \"web\" already"},
        {.kind = CONTROL_PUT_BACKEND,
         .backends = "live {'type':'dynamic','name':'app','version':'1.0.0','mode':'tcp'}",
         .outcome = "409 mode: frontend \"web\" has mode http, its backend \"live\" mode tcp"},
        {.kind = CONTROL_PUT_BACKEND, /* named by a rule alone */
         .backends = "old {'type':'static','mode':'tcp'}",
         .outcome = "409 mode: frontend \"web\" has mode http, its backend \"old\" mode tcp"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "idle",
         .outcome = "changed mail>mx web>live | live@1.0.0 mx old"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "live",
         .outcome = "409 -: backend \"live\" is in use by: web (?force=true does it)"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "old",
         .outcome = "409 -: backend \"old\" is in use by: web (?force=true does it)"},
        {.kind = CONTROL_DELETE_BACKEND,
         .name = "live",
         .force = true,
         .outcome = "changed mail>mx web>live | idle mx old; frontend \"web\": backend: backend "
                    "\"live\" does not exist: requests for it get 503"},
        {.kind = CONTROL_DELETE_BACKEND, .name = "web", .outcome = "404 -: no backend \"web\""},
    };

    CHECK(wishes);
}

static void test_switch(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .version = "2.0.0",
         .passing = 1,
         .outcome = "changed mail>mx web>live | idle live@2.0.0 mx old"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .version = "1.0.0",
         .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .service = "app",
         .version = "1.0.0",
         .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .service = "other",
         .version = "1.0.0",
         .passing = 0,
         .outcome = "409 -: the registry knows no passing instance of version \"1.0.0\" of "
                    "service \"other\" (?force=true waits for one)"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .version = "2.0.0",
         .passing = -1,
         .outcome = "409 -: the registry has told nothing of service \"app\", so no passing "
                    "instance of version \"2.0.0\" is known (?force=true waits for one)"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .version = "2.0.0",
         .passing = 0,
         .force = true,
         .outcome = "changed mail>mx web>live | idle live@2.0.0 mx old"},
        {.kind = CONTROL_SWITCH,
         .name = "live",
         .version = "2.0.0",
         .passing = 0,
         .allow_empty = true,
         .outcome = "changed mail>mx web>live | idle live@2.0.0 mx old"},
        {.kind = CONTROL_SWITCH,
         .name = "old",
         .version = "2.0.0",
         .passing = 1,
         .force = true,
         .outcome = "409 -: backend \"old\" is static: it has no version"},
        {.kind = CONTROL_SWITCH, .name = "gone", .outcome = "404 -: no backend \"gone\""},
        {.kind = CONTROL_SWITCH, .name = "live", .outcome = "400 version: version: required"},
    };

    CHECK(wishes);
}

static void test_put_that_switches(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_PUT_BACKEND, /* with another version */
         .backends = "live {'type':'dynamic','name':'app','version':'2.0.0'}",
         .passing = 0,
         .outcome = "409 -: the registry knows no passing instance of version \"2.0.0\" of "
                    "service \"app\" (?force=true waits for one)"},
        {.kind = CONTROL_PUT_BACKEND, /* with another check: none */
         .backends = "live {'type':'dynamic','name':'app','version':'1.0.0','health':{}}",
         .passing = 0,
         .outcome = "changed mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_BACKEND, /* with another type: none */
         .backends = "live {'type':'static'}",
         .passing = 0,
         .outcome = "changed mail>mx web>live | idle live mx old"},
        {.kind = CONTROL_PUT_BACKEND, /* of a new one: none */
         .backends = "new {'type':'dynamic','name':'app','version':'9'}",
         .passing = 0,
         .outcome = "changed mail>mx web>live | idle live@1.0.0 mx new@9 old"},
    };

    CHECK(wishes);
}

static void test_many_at_once(void **state)
{
    static const struct wish wishes[] = {
        {.kind = CONTROL_PUT_ALL, .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_ALL,
         .backends = "b1 {'type':'static'}|b2 {'type':'static'}",
         .frontends = "f1 {'bind':'*:81','backend':'b1'}|f2 {'bind':'*:82','backend':'b2'}",
         .strict = true, /* what comes along exists */
         .outcome = "changed f1>b1 f2>b2 mail>mx web>live | b1 b2 idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_ALL,
         .prune = true,
         .backends = "b1 {'type':'static'}",
         .frontends = "f1 {'bind':'*:81','backend':'b1'}",
         .outcome = "changed f1>b1 | b1"},
        {.kind = CONTROL_PUT_ALL, .prune = true, .outcome = "changed |"},
        {.kind = CONTROL_PUT_ALL,
         .prune = true,
         .backends = ALL_BACKENDS "|idle {'type':'static'}",
         .frontends = "web" WEB "|mail {'bind':'*:25','backend':'mx','mode':'tcp'}",
         .outcome = "same mail>mx web>live | idle live@1.0.0 mx old"},
        {.kind = CONTROL_PUT_ALL, /* a name passes from a backend to a frontend */
         .prune = true,
         .backends = "b1 {'type':'static'}",
         .frontends = "live {'bind':'*:81','backend':'b1'}",
         .outcome = "changed live>b1 | b1"},
        {.kind = CONTROL_PUT_ALL,
         .frontends = "a {'bind':'*:81','backend':'live'}|live {'bind':'*:82','backend':'mx'}",
         .outcome = "409 frontends[1]: a backend has the name \"live\" already"},
        {.kind = CONTROL_PUT_ALL,
         .backends = "b {'type':'static'}|mail {'type':'static'}",
         .outcome = "409 backends[1]: a frontend has the name \"mail\" already"},
        {.kind = CONTROL_PUT_ALL,
         .strict = true,
         .frontends = "a {'bind':'*:81','backend':'live'}|b {'bind':'*:82','backend':'x'}",
         .outcome = "409 frontends[1].backend: backend \"x\" does not exist"},
        {.kind = CONTROL_PUT_ALL,
         .frontends = "a {'bind':'*:81','backend':'live'}|b {'bind':'*:82','backend':'mx'}",
         .outcome = "409 frontends[1].backend: frontend \"b\" has mode http, its backend \"mx\" "
                    "mode tcp"},
        {.kind = CONTROL_PUT_ALL,
         .backends = "b {'type':'static'}|old {'type':'static','mode':'tcp'}",
         .outcome = "409 backends[1].mode: frontend \"web\" has mode http, its backend \"old\" "
                    "mode tcp"},
        {.kind = CONTROL_PUT_ALL,
         .backends = "live {'type':'dynamic','name':'app','version':'2.0.0'}",
         .outcome = "409 backends[0]: the registry knows no passing instance of version "
                    "\"2.0.0\" of service \"app\" (?force=true waits for one)"},
        {.kind = CONTROL_PUT_ALL,
         .prune = true,
         .backends = "b1 {'type':'static'}",
         .frontends = "f1 {'bind':'*:81','backend':'live'}",
         .outcome = "changed f1>live | b1; frontend \"f1\": backend: backend \"live\" does not "
                    "exist: requests for it get 503"},
    };

    CHECK(wishes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frontends),    cmocka_unit_test(test_backends),
        cmocka_unit_test(test_switch),       cmocka_unit_test(test_put_that_switches),
        cmocka_unit_test(test_many_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
