/* SPDX-License-Identifier: Apache-2.0 */
/* `show stat -1 3 -1`: state and counters of proxies. */
#include "plan/observed.h"
#include "plan/stat_words.h"

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

/* `show stat -1 7 -1`: columns as HAProxy names them, in any order. */
static void servers_and_gauges_are_read(void **state)
{
    struct have *h =
        have_of("# pxname,svname,qcur,scur,slim,req_tot,status,weight,act,bck,lastchg,check_status,"
                "check_code,check_duration,ttime,\n"
                "live,live_a:80,1,2,,7,UP 1/3,10,1,0,55,* L7OK,200,3,9,\n"
                "live,live_b:80,0,0,5,,MAINT (via live/x),0,0,0,-1,,,,,\n"
                "live,live_c:80,0,0,5,,no check,0,0,0,4,,,,,\n"
                "live,BACKEND,1,2,200,7,UP,10,1,0,60,,,,9,\n"
                "api,x,0,0,,,SHINY,1,1,0,1,NEWOK,,,,\n\n");

    (void)state;
    assert_int_equal(h->member_count, 4);
    assert_int_equal(h->proxy_count, 1);
    assert_int_equal(h->proxies[0].gauges[GAUGE_SESSIONS_LIMIT], 200);
    assert_int_equal(h->proxies[0].gauges[GAUGE_ACTIVE], 1);
    assert_int_equal(h->proxies[0].gauges[GAUGE_TIME_TOTAL], 9);
    assert_true(h->members[0].proxy.p == h->members[2].proxy.p);
    assert_true(str_eq_z(h->members[0].name, "live_a:80"));
    assert_int_equal(h->members[0].counters[COUNTER_REQUESTS], 7);
    assert_int_equal(h->members[0].gauges[GAUGE_QUEUE_NOW], 1);
    assert_int_equal(h->members[0].gauges[GAUGE_CHANGED_S], 55);
    assert_int_equal(h->members[0].gauges[GAUGE_STATUS], STATUS_UP);
    assert_int_equal(h->members[0].gauges[GAUGE_CHECK_STATUS], CHECK_L7OK);
    assert_int_equal(h->members[0].gauges[GAUGE_CHECK_CODE], 200);
    assert_int_equal(h->members[1].gauges[GAUGE_STATUS], STATUS_MAINT);
    assert_int_equal(h->members[1].gauges[GAUGE_CHANGED_S], 0);
    assert_int_equal(h->members[2].gauges[GAUGE_STATUS], STATUS_NO_CHECK);
    assert_true(str_eq_z(h->members[3].proxy, "api"));
    assert_string_equal(stat_word_text(h->members[3].gauges[GAUGE_STATUS]), "");
    have_drop_members(h);
    assert_null(h->members);
    have_free(h);
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
        cmocka_unit_test(servers_and_gauges_are_read),
        cmocka_unit_test(what_does_not_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
