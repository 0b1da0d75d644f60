/* SPDX-License-Identifier: Apache-2.0 */
/* A whole observation with parts that were made later says what a new whole one would say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plan/scope.h"
#include "world.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { BACKENDS = 12, SERVERS = 9, ROUNDS = 300 };

/* What HAProxy has: weights of servers, 0 for none; -1 for a backend that is not there. */
struct model {
    bool there[BACKENDS];
    unsigned weight[BACKENDS][SERVERS];
};

static const char header[] =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health "
    "srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord\n";

static struct str name_of(char out[8], unsigned backend)
{
    (void)snprintf(out, 8, "b%02u", backend);
    return str_z(out);
}

static void put_rows(struct buf *to, const struct model *m, unsigned b)
{
    for (unsigned s = 0; m->there[b] && s < SERVERS; s++) {
        if (m->weight[b][s])
            buf_printf(to, "%u b%02u %u s%u 10.0.%u.%u 2 0 %u 1 5 6 3 4 6 0 0 0 - 80 -\n", b + 2, b,
                       s + 1, s, b, s, m->weight[b][s]);
    }
}

static void read_rows(struct have *h, struct buf *rows)
{
    struct err e;

    assert_int_equal(have_parse_servers_state(h, buf_str(rows), &e), 0);
    buf_reset(rows);
}

static struct have *whole_of(const struct model *m)
{
    struct have *h = have_new();
    struct buf text;
    struct err e;
    char name[8];

    buf_init(&text, 1 << 20);
    buf_add_z(&text, "# name\n");
    for (unsigned b = 0; b < BACKENDS; b++) {
        if (m->there[b])
            buf_printf(&text, STR_FMT "\n", STR_ARG(name_of(name, b)));
    }
    assert_int_equal(have_parse_backends(h, buf_str(&text), &e), 0);
    buf_reset(&text);
    buf_add_z(&text, header);
    for (unsigned b = 0; b < BACKENDS; b++)
        put_rows(&text, m, b);
    read_rows(h, &text);
    buf_free(&text);
    h->version = STR("3.4.0");
    return h;
}

/* As haproxy/observe.c does it. */
static struct have *part_of(const struct model *m, const struct scope *s)
{
    struct have *h = have_new();
    struct str *asked = ARENA_ARRAY(&h->arena, struct str, s->count);
    struct buf text;
    struct err e;

    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < s->count; i++) {
        unsigned b = (unsigned)(s->names[i].p[1] - '0') * 10 + (unsigned)(s->names[i].p[2] - '0');
        asked[i] = arena_str(&h->arena, s->names[i]);
        if (!m->there[b])
            continue;
        buf_add_z(&text, header);
        put_rows(&text, m, b);
        read_rows(h, &text);
        assert_int_equal(have_note_backend(h, asked[i], &e), 0);
    }
    buf_free(&text);
    h->part = true;
    h->asked = asked;
    h->asked_count = s->count;
    h->version = STR("3.4.0");
    return h;
}

static void change_some(struct model *m, struct scope *touched)
{
    char name[8];

    for (unsigned n = world_pick(4); n > 0; n--) {
        unsigned b = world_pick(BACKENDS);
        scope_add(touched, name_of(name, b));
        m->there[b] = m->there[b] ? world_pick(4) > 0 : true;
        for (unsigned s = 0; s < SERVERS; s++)
            m->weight[b][s] = world_pick(3) ? m->weight[b][s] : world_pick(5);
        if (world_pick(8) == 0)
            memset(m->weight[b], 0, sizeof m->weight[b]);
    }
}

static void assert_same(const struct have *a, const struct have *b)
{
    assert_int_equal(a->backend_count, b->backend_count);
    assert_int_equal(a->server_count, b->server_count);
    for (size_t i = 0; i < a->backend_count; i++) {
        const struct have_backend *x = &a->backends[i], *y = &b->backends[i];
        assert_true(str_eq(x->name, y->name));
        assert_int_equal(x->count, y->count);
        for (size_t k = 0; k < x->count; k++) {
            assert_true(str_eq(x->servers[k].name, y->servers[k].name));
            assert_true(str_eq(x->servers[k].address, y->servers[k].address));
            assert_int_equal(x->servers[k].uweight, y->servers[k].uweight);
        }
    }
}

static void test_parts_say_what_a_whole_one_says(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct model m = {0};
        struct have *merged = whole_of(&m);
        world_seed(seed);
        for (unsigned i = 0; i < ROUNDS; i++) {
            struct scope touched = SCOPE_NONE;
            struct have *fresh;
            change_some(&m, &touched);
            if (world_pick(3) == 0)
                scope_add(&touched, STR("b00")); /* asked about, though nothing happened to it */
            merged = have_merge(merged, part_of(&m, &touched));
            fresh = whole_of(&m);
            assert_same(merged, fresh);
            have_free(fresh);
            scope_fini(&touched);
        }
        have_free(merged);
    }
}

static void test_workers_are_told_apart(void **state)
{
    struct have a = {.pid = 7, .start_time_s = 100}, b = a, c = a;

    (void)state;
    b.pid = 8;
    c.start_time_s = 101; /* a pid that is used again */
    assert_true(have_same_worker(&a, &a));
    assert_false(have_same_worker(&a, &b));
    assert_false(have_same_worker(&a, &c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_say_what_a_whole_one_says),
        cmocka_unit_test(test_workers_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
