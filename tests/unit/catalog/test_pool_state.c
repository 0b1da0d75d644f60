/* SPDX-License-Identifier: Apache-2.0 */
/* A pool's state, written and taken again after a restart. */
#include "step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct pool *again(const struct pool *p, struct err *e)
{
    struct pool *copy = step_pool();
    struct arena a = ARENA_INIT;
    struct buf b;
    struct json_out o;
    struct json *root;

    buf_init(&b, 1 << 20);
    json_out_init(&o, &b, false);
    pool_export(p, &o, NULL);
    json_out_fini(&o);
    assert_int_equal(json_parse(&a, buf_str(&b), JSON_MAX_DEPTH, &root, e), 0);
    assert_int_equal(pool_import(copy, root, e), 0);
    buf_free(&b);
    arena_free(&a);
    return copy;
}

static void test_state_survives_a_restart(void **state)
{
    struct pool *p = step_pool(), *copy;
    struct err e = {.kind = ERR_NONE};
    char before[4096];

    (void)state;
    step_feed(p, 'd', "a!w*9/4 b*700/1 c:0 d", 100);
    step_feed(p, 'd', "a!c", 200);
    snprintf(before, sizeof before, "%s", view_text(pool_view(p)));
    copy = again(p, &e);
    assert_string_equal(view_text(pool_view(copy)), before);
    assert_int_equal(pool_view(copy)->held[0].since_ms, 200);
    assert_int_equal(pool_view(copy)->members.items[1].last_known_ms, 100);
    assert_true(pool_wants_confirm(copy));
    step_feed(copy, 'D', "a b c:0 d", 300); /* and they return */
    assert_int_equal(pool_view(copy)->held_count, 0);
    pool_free(p);
    pool_free(copy);
}

static void test_state_that_cannot_be_taken(void **state)
{
    static const struct {
        const char *text;
        int result;
    } table[] = {
        {"{}", 0}, /* of nobody */
        {"{\"service\":\"web\",\"version\":\"2.0.0\",\"known\":true,\"members\":[]}", 0},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":7,\"members\":[]}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":{}}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":[{}]}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":70000,\"address\":\"10.0.0.1\"}]}",
         -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\",\"hold\":\"so\"}]}",
         -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\"},"
         "{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\"}]}",
         -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pool *p = step_pool();
        struct arena a = ARENA_INIT;
        struct json *root;
        struct err e = {.kind = ERR_NONE};
        step_feed(p, 'd', "a b", 0);
        assert_int_equal(json_parse(&a, str_z(table[i].text), 32, &root, &e), 0);
        if (pool_import(p, root, &e) != table[i].result)
            fail_msg("%s: %s", table[i].text, e.text);
        assert_string_equal(step_members(p), "10.0.0.0:80 10.0.0.1:80");
        arena_free(&a);
        pool_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_survives_a_restart),
        cmocka_unit_test(test_state_that_cannot_be_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
