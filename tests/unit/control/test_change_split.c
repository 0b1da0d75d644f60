/* SPDX-License-Identifier: Apache-2.0 */
/* What a wish about splits, or about a backend that is split, does to the stored objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "control/change.h"
#include "given.h"

#include <string.h>

#define TARGETS(own, other)                                                                        \
    "{'targets':[{'backend':'" own "','weight':9000},"                                             \
    "{'backend':'" other "','weight':1000}]}"

/* live (split with staged), staged, old, mx (tcp) */
static struct objects *stored(void)
{
    static const char *const names[] = {"live", "staged", "old", "mx"};
    struct objects *o = objects_new();
    struct split *s = given_split("live", TARGETS("live", "staged"));

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct backend *b = given_backend(names[i], i == 3 ? "{'type':'static','mode':'tcp'}"
                                                           : "{'type':'static'}");
        objects_put_backend(o, b);
        backend_unref(b);
    }
    objects_put_split(o, s);
    split_unref(s);
    o->generation = 7;
    return o;
}

struct wish {
    enum change_kind kind;
    const char *name;              /* of what is deleted */
    const char *backend, *targets; /* of the split */
    const char *put;               /* a backend: its JSON, under `name` */
    bool force, prune, speaks;
    const char *outcome;
};

static void tell(struct buf *out, const struct change_result *r)
{
    buf_add_z(out, r->changed ? "changed" : "same");
    for (size_t i = 0; i < r->next->split_count; i++)
        buf_printf(out, " " STR_FMT ">" STR_FMT ":%u", STR_ARG(r->next->splits[i]->backend),
                   STR_ARG(r->next->splits[i]->other), r->next->splits[i]->share);
    buf_printf(out, " | %zu", r->next->backend_count);
    for (size_t i = 0; i < r->warnings.count; i++)
        buf_printf(out, "; " STR_FMT, STR_ARG(r->warnings.items[i]));
}

static void run(const struct wish *w, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct objects *now = stored();
    struct split *s = w->targets ? given_split(w->backend, w->targets) : NULL;
    struct backend *b = w->put ? given_backend(w->name, w->put) : NULL;
    struct change c = {.kind = w->kind,
                       .name = str_z(w->name ? w->name : ""),
                       .force = w->force,
                       .prune = w->prune,
                       .prune_splits = w->speaks};
    struct change_facts facts = {0};
    struct change_result r;
    struct err e = {0};

    if (s) {
        c.splits = &s;
        c.split_count = 1;
    }
    if (b) {
        c.backends = &b;
        c.backend_count = 1;
    }
    if (change_apply(now, &c, &facts, &a, &r, &e))
        buf_printf(out, "%s %s: %s", e.kind == ERR_NOT_FOUND ? "404" : "409",
                   e.field[0] ? e.field : "-", e.text);
    else
        tell(out, &r);
    assert_int_equal(now->split_count, 1); /* what is stored is never edited */
    objects_unref(r.next);
    objects_unref(now);
    split_unref(s);
    backend_unref(b);
    arena_free(&a);
}

static const struct wish wishes[] = {
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "old",
     .targets = TARGETS("old", "live"),
     .outcome = "changed live>staged:1000 old>live:1000 | 4"},
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "live",
     .targets = TARGETS("live", "staged"),
     .outcome = "same live>staged:1000 | 4"},
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "live",
     .targets = TARGETS("staged", "live"),
     .outcome = "changed live>staged:9000 | 4"},
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "live",
     .targets = TARGETS("live", "gone"),
     .outcome = "409 targets: split of \"live\": backend \"gone\" does not exist"},
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "gone",
     .targets = TARGETS("gone", "live"),
     .outcome = "409 key: split of \"gone\": backend \"gone\" does not exist"},
    {.kind = CONTROL_PUT_SPLIT,
     .backend = "live",
     .targets = TARGETS("live", "mx"),
     .outcome = "409 targets: split of \"live\": backend \"mx\" has mode tcp: only HTTP can be "
                "split"},
    {.kind = CONTROL_DELETE_SPLIT, .name = "live", .outcome = "changed | 4"},
    {.kind = CONTROL_DELETE_SPLIT, .name = "old", .outcome = "404 -: backend \"old\" has no split"},
    {.kind = CONTROL_DELETE_BACKEND,
     .name = "staged",
     .outcome = "409 -: backend \"staged\" is in use by: split live (?force=true does it)"},
    {.kind = CONTROL_DELETE_BACKEND,
     .name = "staged",
     .force = true,
     .outcome = "changed | 3; the split of backend \"live\" is deleted, too"},
    {.kind = CONTROL_DELETE_BACKEND,
     .name = "live",
     .force = true,
     .outcome = "changed | 3; the split of backend \"live\" is deleted, too"},
    {.kind = CONTROL_PUT_BACKEND,
     .name = "staged",
     .put = "{'type':'static','mode':'tcp'}",
     .outcome = "409 mode: split of \"live\": backend \"staged\" has mode tcp: only HTTP can be "
                "split"},
    {.kind = CONTROL_PUT_ALL,
     .backend = "live",
     .targets = TARGETS("live", "gone"),
     .outcome = "409 splits[0].targets: split of \"live\": backend \"gone\" does not exist"},
    {.kind = CONTROL_PUT_ALL, .prune = true, .speaks = true, .outcome = "changed | 0"},
    {.kind = CONTROL_PUT_ALL,
     .prune = true, /* of splits not a word is said: they stay, and so must what they name */
     .outcome = "409 backends: split of \"live\": backend \"live\" does not exist"},
};

static void test_splits_and_what_they_name_stay_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct buf out;

        buf_init(&out, 4096);
        run(&wishes[i], &out);
        if (!str_eq_z(buf_str(&out), wishes[i].outcome))
            fail_msg("case %zu:\n is   %s\n want %s", i, out.p, wishes[i].outcome);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splits_and_what_they_name_stay_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
