/* SPDX-License-Identifier: Apache-2.0 */
/* A desired state that shares what is the same with the former one is the one that is built anew;
 * former ones live and end independently of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "control/build.h"
#include "given.h"

#include <stdio.h>

enum { BACKENDS = 8, MEMBERS = 5, STEPS = 300, KEPT = 4 };

struct world {
    struct objects *objects;
    struct member members[BACKENDS][MEMBERS];
    size_t count[BACKENDS];
    bool panic[BACKENDS];
    struct have have; /* one old server in some backends, which may have to stay */
    struct ledger *ledger;
    struct scope scope;
    struct desired *kept[KEPT]; /* former states, the first is the last one built */
    uint64_t seed;
};

static unsigned pick(struct world *w, unsigned n)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(w->seed >> 33) % n;
}

static const char *name_of(unsigned b)
{
    static const char *const names[BACKENDS] = {"b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7"};

    return names[b];
}

static struct pool_members members_of(void *ctx, struct arena *a, const struct backend *b)
{
    struct world *w = ctx;
    unsigned n = (unsigned)(b->name.p[1] - '0');
    struct member *copy = ARENA_ARRAY(a, struct member, MEMBERS); /* gone when it is built */

    for (size_t i = 0; i < w->count[n]; i++)
        copy[i] = w->members[n][i];
    return (struct pool_members){.list = {copy, w->count[n]}, .panic = w->panic[n]};
}

/* --- what happens --- */

static void change_members(struct world *w, unsigned b)
{
    static const char *const hosts[MEMBERS] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "::1",
                                               "10.0.0.5"};

    w->count[b] = pick(w, MEMBERS + 1);
    w->panic[b] = pick(w, 4) == 0;
    for (size_t i = 0; i < w->count[b]; i++)
        w->members[b][i] = (struct member){.host = str_z(hosts[i]),
                                           .address = str_z(hosts[i]),
                                           .port = 80,
                                           .status = (enum member_status)pick(w, 4),
                                           .weight = pick(w, 257),
                                           .backup = pick(w, 5) == 0};
    scope_add(&w->scope, str_z(name_of(b)));
}

static void change_object(struct world *w, unsigned b)
{
    static const char *const texts[] = {
        "{'type':'dynamic','name':'app','version':'1.0.0'}",
        "{'type':'dynamic','name':'app','version':'2.0.0','server':['maxconn 5']}",
        "{'type':'dynamic','name':'app','version':'2.0.0','health':{'interval':500}}",
    };
    struct backend *object;

    if (pick(w, 4) == 0) {
        (void)objects_del_backend(w->objects, str_z(name_of(b)));
        return;
    }
    object = given_backend(name_of(b), texts[pick(w, 3)]);
    objects_put_backend(w->objects, object);
    backend_unref(object);
}

/* An operator's word on a member, or none any more: told by the objects alone. */
static void change_override(struct world *w, unsigned b)
{
    struct override o = {.member = {STR("10.0.0.1"), 80},
                         .has_state = pick(w, 2),
                         .has_weight = pick(w, 2),
                         .state = ADMIN_MAINT,
                         .weight = pick(w, 257)};
    struct override_set *s =
        override_set_with(objects_overrides(w->objects, str_z(name_of(b))), str_z(name_of(b)), &o);

    objects_put_overrides(w->objects, s);
    override_set_unref(s);
}

/* An old server is there, serves or not, and is told of in the record or not. */
static void change_old_server(struct world *w, unsigned b)
{
    struct have_backend *h = &w->have.backends[b];

    h->count = pick(w, 2);
    h->servers[0].admin = pick(w, 2) ? HAVE_DRAIN : 0;
    if (pick(w, 2))
        ledger_set_text(&ledger_touch(w->ledger, h->name, h->servers[0].name)->source,
                        pick(w, 2) ? STR("app@1.0.0") : STR("app@0.9.0"));
    else
        ledger_forget(w->ledger, h->name, h->servers[0].name);
    scope_add(&w->scope, h->name);
}

static void begin(struct world *w, uint64_t seed)
{
    struct arena *a = &w->have.arena;

    *w = (struct world){.objects = objects_new(), .ledger = ledger_new(), .seed = seed};
    w->have.backends = ARENA_ARRAY(a, struct have_backend, BACKENDS);
    w->have.backend_count = BACKENDS;
    for (unsigned b = 0; b < BACKENDS; b++) {
        w->have.backends[b].name = str_z(name_of(b));
        w->have.backends[b].servers = ARENA_NEW(a, struct have_server);
        w->have.backends[b].servers[0] = (struct have_server){.name = STR("old"),
                                                              .address = STR("10.9.9.9"),
                                                              .port = 80,
                                                              .op = HAVE_RUNNING,
                                                              .uweight = 7};
        change_members(w, b);
        change_object(w, b);
    }
}

static void end(struct world *w)
{
    for (size_t i = 0; i < KEPT; i++)
        desired_unref(w->kept[i]);
    objects_unref(w->objects);
    arena_free(&w->have.arena);
    ledger_free(w->ledger);
    scope_fini(&w->scope);
}

/* --- what comes of it --- */

static void put_text(struct buf *to, const struct desired *d)
{
    for (size_t i = 0; i < d->backend_count; i++) {
        const struct desired_backend *b = &d->backends[i];
        buf_printf(to, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT " %d %p\n",
                   STR_ARG(b->object->name), STR_ARG(b->proxy), STR_ARG(b->guid),
                   STR_ARG(b->source), b->unknown, (const void *)b->object);
        for (size_t k = 0; k < b->kept_out_count; k++)
            buf_printf(to, "  kept out " STR_FMT "\n", STR_ARG(b->kept_out[k]));
        for (size_t k = 0; k < b->server_count; k++) {
            const struct desired_server *s = &b->servers[k];
            buf_printf(to,
                       "  " STR_FMT " " STR_FMT " %u w%u %s%s %d " STR_FMT " [" STR_FMT "] " STR_FMT
                       "\n",
                       STR_ARG(s->name), STR_ARG(s->address), (unsigned)s->port, s->weight,
                       server_admin_name(s->admin), s->overridden ? "!" : "", s->leaving,
                       STR_ARG(s->source), STR_ARG(s->args), STR_ARG(s->guid));
        }
    }
}

static struct desired *build(struct world *w, struct desired *former)
{
    static const struct render_caps caps = {.guid = true};
    struct build_input in = {.objects = w->objects,
                             .ctx = w,
                             .members = members_of,
                             .have = &w->have,
                             .ledger = w->ledger,
                             .caps = &caps,
                             .former = former,
                             .scope = former ? &w->scope : NULL};
    struct str_list problems;

    return build_desired(&in, &problems);
}

static size_t shared_with(const struct desired *a, const struct desired *b)
{
    size_t n = 0;

    for (size_t i = 0; i < a->backend_count; i++)
        for (size_t k = 0; k < b->backend_count; k++)
            n += a->backends[i].piece == b->backends[k].piece;
    return n;
}

/* Returns how many backends were shared. */
static size_t step(struct world *w)
{
    struct desired *anew = build(w, NULL), *shared = build(w, w->kept[0]);
    size_t at = 1 + pick(w, KEPT - 1), n = w->kept[0] ? shared_with(shared, w->kept[0]) : 0;
    struct buf x, y;

    buf_init(&x, 1 << 20);
    buf_init(&y, 1 << 20);
    put_text(&x, anew);
    put_text(&y, shared);
    assert_false(buf_failed(&x));
    assert_true(str_eq(buf_str(&x), buf_str(&y)));
    buf_free(&x);
    buf_free(&y);
    desired_unref(anew);
    desired_unref(w->kept[at]); /* some live on for a while */
    w->kept[at] = w->kept[0];
    w->kept[0] = shared;
    scope_fini(&w->scope);
    return n;
}

static void test_shared_is_as_good_as_new(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 10; seed++) {
        struct world w;
        size_t shared = 0;
        begin(&w, seed);
        for (unsigned i = 0; i < STEPS; i++) {
            for (unsigned n = pick(&w, 3); n > 0; n--) {
                unsigned b = pick(&w, BACKENDS), what = pick(&w, 4);
                if (what == 0)
                    change_members(&w, b);
                else if (what == 1)
                    change_object(&w, b);
                else if (what == 2)
                    change_old_server(&w, b);
                else
                    change_override(&w, b);
            }
            shared += step(&w);
        }
        assert_true(shared > STEPS); /* or nothing was tried */
        end(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_is_as_good_as_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
