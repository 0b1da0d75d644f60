/* SPDX-License-Identifier: Apache-2.0 */
/* `show stat -1 3 -1`: state and counters of proxies. */
#include "plan/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char text[] = "# pxname,svname,scur,stot,bin,desc,status,req_tot,hrsp_5xx,\n"
                           "web,FRONTEND,1,12,700,\"a,\"\"b\"\"\",OPEN,99,3,\n"
                           "old,FRONTEND,0,1,2,,PAUSED,5,,\n"
                           "shut,FRONTEND,0,1,2,,STOP,5,,\n"
                           "live,BACKEND,0,8,9,,UP,8,1,\n"
                           "api,BACKEND,0,0,0,,UP (UNPUB),,,\n\n";

static struct have *have_of(const char *stat)
{
    struct have *h = have_new();
    struct err e;

    assert_int_equal(have_parse_backends(h, STR("# name\nlive\napi\n\n"), &e), 0);
    if (stat)
        assert_int_equal(have_parse_stat_proxies(h, str_z(stat), &e), 0);
    return h;
}

static void proxies_are_read(void **state)
{
    struct have *h = have_of(text);

    (void)state;
    assert_int_equal(h->proxy_count, 5);
    assert_true(h->proxies[0].frontend && str_eq_z(h->proxies[0].name, "web"));
    assert_int_equal(h->proxies[0].state, PROXY_OPEN);
    assert_int_equal(h->proxies[0].counters[COUNTER_REQUESTS], 99);
    assert_int_equal(h->proxies[0].counters[COUNTER_SESSIONS], 12);
    assert_int_equal(h->proxies[0].counters[COUNTER_BYTES_IN], 700);
    assert_int_equal(h->proxies[0].counters[COUNTER_RESPONSES_5XX], 3);
    assert_int_equal(h->proxies[0].counters[COUNTER_BYTES_OUT], 0);
    assert_int_equal(h->proxies[1].state, PROXY_PAUSED);
    assert_int_equal(h->proxies[2].state, PROXY_STOPPED);
    assert_false(h->proxies[3].frontend);
    assert_false(have_find_backend(h, STR("live"))->unpublished);
    assert_true(have_find_backend(h, STR("api"))->unpublished);
    have_free(h);
}

static void what_was_not_read_again_is_kept(void **state)
{
    struct have *before = have_of(text), *h = have_of(NULL), *fresh = have_of(text);

    (void)state;
    have_keep_proxies(h, before);
    have_keep_proxies(fresh, before);
    have_free(before);
    assert_int_equal(h->proxy_count, 5);
    assert_int_equal(h->proxies[1].state, PROXY_PAUSED);
    assert_true(str_eq_z(h->proxies[4].name, "api"));
    assert_true(have_find_backend(h, STR("api"))->unpublished);
    assert_int_equal(fresh->proxy_count, 5);
    have_free(h);
    have_free(fresh);
}

static void what_does_not_read_is_told(void **state)
{
    static const char *const bad[] = {"", "pxname,svname,status\n", "# pxname,svname,scur\n",
                                      "# pxname,svname,status,stot\nweb,FRONTEND\n",
                                      "# pxname,svname,stot,status\nweb,FRONTEND,x,OPEN\n"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct have *h = have_new();
        struct err e;
        assert_int_equal(have_parse_stat_proxies(h, str_z(bad[i]), &e), -1);
        assert_int_equal(e.kind, ERR_UNAVAILABLE);
        have_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proxies_are_read),
        cmocka_unit_test(what_was_not_read_again_is_kept),
        cmocka_unit_test(what_does_not_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
