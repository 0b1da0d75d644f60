/* SPDX-License-Identifier: Apache-2.0 */
/* The texts are as HAProxy 3.2.26 gives them, with fewer columns of counters. */
#include "render/rename.h"
#include "render/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                       \
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "        \
    "srv_iweight srv_time_since_last_change\n"
#define STATS_HEAD "#be guid,stot,bin,bout,\n"

/* `names`: "from=to from=to" */
static void make(struct arena *a, const char *names, struct renames *out)
{
    struct rename items[8];
    struct str rest = str_z(names), word;
    size_t count = 0;

    while ((word = str_word(&rest)).n) {
        items[count].from = str_cut(&word, '=');
        items[count++].to = word;
    }
    rename_all(a, items, count, out);
}

static void check(const char *names, const char *state, const char *want_state, const char *stats,
                  const char *want_stats)
{
    struct arena a = ARENA_INIT;
    struct renames r;
    struct buf got;

    make(&a, names, &r);
    buf_init(&got, 65536);
    buf_add_z(&got, "");
    rename_state(&r, str_z(state), &got);
    assert_string_equal(got.p, want_state);
    buf_reset(&got);
    buf_add_z(&got, "");
    rename_stats(&r, str_z(state), str_z(stats), &got);
    assert_string_equal(got.p, want_stats);
    buf_free(&got);
    arena_free(&a);
}

static const char live_state[] =
    HEAD "3 thalassa.http-first.1 1 live_a:1 127.0.0.1 2 0 10 10 0 6 3 4 6 0 0 0 - 80 - 0 0 - - 0\n"
         "4 live 1 live_b:2 127.0.0.1 2 8 10 10 0 1 0 2 6 0 0 0 - 81 - 0 0 - - 0\n"
         "6 both 1 s 127.0.0.1 2 0 1 1 0 1 0 2 0 0 0 0 - 82 - 0 0 - - 0\n";
static const char live_stats[] =
    "#fe guid,stot,bin,bout,\nfe:web,8,949,928,\nfe:live,8,9,9,\n\n" STATS_HEAD
    "sv:thalassa.http-first.1:a:1,5,625,580,\n"
    "be:thalassa.http-first.1,5,625,580,\n"
    "sv:live:b:2,3,324,348,\nbe:live,3,324,348,\n";

static void test_nothing_to_rename_changes_nothing(void **state)
{
    (void)state;
    check("", live_state, live_state, live_stats, live_stats);
    check("live=live both=both", live_state, live_state, live_stats, live_stats);
    check("gone=x", live_state, live_state, live_stats, live_stats);
    check("a=b", "", "", "", "");
}

static void test_a_spare_becomes_the_backend(void **state)
{
    (void)state;
    check("thalassa.http-first.1=new", live_state,
          HEAD "3 new 1 live_a:1 127.0.0.1 2 0 10 10 0 6 3 4 6 0 0 0 - 80 - 0 0 - - 0\n"
               "4 live 1 live_b:2 127.0.0.1 2 8 10 10 0 1 0 2 6 0 0 0 - 81 - 0 0 - - 0\n"
               "6 both 1 s 127.0.0.1 2 0 1 1 0 1 0 2 0 0 0 0 - 82 - 0 0 - - 0\n",
          "be:thalassa.http-first.1,5,625,580,\nbe:thalassa.http-first.10,1,1,1,\n",
          "be:new,5,625,580,\nbe:thalassa.http-first.10,1,1,1,\n");
}

/* The proxy that had the name until now ends: its rows must not stand beside the new ones. */
static void test_a_name_that_is_taken_over_is_there_once(void **state)
{
    (void)state;
    check("thalassa.http-first.1=live", live_state,
          HEAD "3 live 1 live_a:1 127.0.0.1 2 0 10 10 0 6 3 4 6 0 0 0 - 80 - 0 0 - - 0\n"
               "6 both 1 s 127.0.0.1 2 0 1 1 0 1 0 2 0 0 0 0 - 82 - 0 0 - - 0\n",
          live_stats,
          "#fe guid,stot,bin,bout,\nfe:web,8,949,928,\nfe:live,8,9,9,\n\n" STATS_HEAD
          "sv:live:a:1,5,625,580,\nbe:live,5,625,580,\n");
}

static void test_names_that_change_hands_in_a_ring(void **state)
{
    (void)state;
    check("a=b b=c c=a", "1\n1 a 1 s 1\n2 b 1 s 2\n3 c 1 s 3\n",
          "1\n1 b 1 s 1\n2 c 1 s 2\n3 a 1 s 3\n", "be:a,1\nsv:a:s,1\nbe:b,2\nsv:b:s,2\nbe:c,3\n",
          "be:b,1\nsv:b:s,1\nbe:c,2\nsv:c:s,2\nbe:a,3\n");
    check("a=b b=c", "1\n1 a 1 s 1\n2 b 1 s 2\n3 c 1 s 3\n", "1\n1 b 1 s 1\n2 c 1 s 2\n",
          "be:a,1\nbe:b,2\nbe:c,3\nsv:c:s,3\n", "be:b,1\nbe:c,2\n");
}

/* "sv:a:b:1" is server b:1 in proxy a, and server 1 in proxy a:b. */
static void test_names_with_colons_are_not_mixed_up(void **state)
{
    (void)state;
    check("a=x", "1\n1 a 1 x_c:1 1\n2 a:b 1 a:b_1 1\n", "1\n1 x 1 x_c:1 1\n2 a:b 1 a:b_1 1\n",
          "sv:a:c:1,1\nsv:a:b:1,2\nbe:a:b,2\n", "sv:x:c:1,1\nsv:a:b:1,2\nbe:a:b,2\n");
}

/* A hash stands for them: it is found by what it was made of. */
static void test_names_too_long_for_a_guid(void **state)
{
    struct arena a = ARENA_INIT;
    char name[126], names[512], servers[512];
    struct str own, server, proxy;

    (void)state;
    memset(name, 'n', 125);
    name[125] = 0;
    own = str_z(name);
    proxy = arena_printf(&a, "%s.2", name);
    server = arena_printf(&a, "%s_h:1", name);
    (void)snprintf(names, sizeof names, "%s=%s", proxy.p, name);
    (void)snprintf(servers, sizeof servers, "1\n1 %s 1 %s 1\n", proxy.p, server.p);
    check(names, servers, arena_printf(&a, "1\n1 %s 1 %s 1\n", name, server.p).p,
          arena_printf(&a, "%s,1\n%s,2\n", server_guid(&a, "be", proxy).p,
                       server_guid_in(&a, proxy, own, server).p)
              .p,
          arena_printf(&a, "%s,1\n%s,2\n", server_guid(&a, "be", own).p,
                       server_guid_in(&a, own, own, server).p)
              .p);
    arena_free(&a);
}

static void test_any_bytes_are_taken(void **state)
{
    static const char alphabet[] = "\n\n  ,:12 abx#.";
    struct arena a = ARENA_INIT;
    struct renames r;
    unsigned seed = 3;

    (void)state;
    make(&a, "a=b x=a", &r);
    for (int round = 0; round < 2000; round++) {
        char text[128];
        struct buf got;
        size_t n = (size_t)(round % 127);

        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245u + 12345u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        text[n] = 0;
        buf_init(&got, 4096);
        rename_state(&r, str_z(text), &got);
        rename_stats(&r, str_z(text), str_z(text), &got);
        assert_false(buf_failed(&got));
        buf_free(&got);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_to_rename_changes_nothing),
        cmocka_unit_test(test_a_spare_becomes_the_backend),
        cmocka_unit_test(test_a_name_that_is_taken_over_is_there_once),
        cmocka_unit_test(test_names_that_change_hands_in_a_ring),
        cmocka_unit_test(test_names_with_colons_are_not_mixed_up),
        cmocka_unit_test(test_names_too_long_for_a_guid),
        cmocka_unit_test(test_any_bytes_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
