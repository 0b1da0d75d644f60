/* SPDX-License-Identifier: Apache-2.0 */
#include "render/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_every_profile_and_spare_is_known_by_its_name(void **state)
{
    struct arena a = ARENA_INIT;
    size_t count = 0;

    (void)state;
    for (unsigned i = 0; i < 2U * 6 * 9; i++) {
        unsigned check = i / 12;
        struct profile p = {.mode = i % 2 ? MODE_TCP : MODE_HTTP,
                            .balance = (enum balance)(i / 2 % 6),
                            .http_check = check > 0,
                            .method = check ? (enum health_method)((check - 1) / 2) : HEALTH_GET,
                            .http_1_1 = check && (check - 1) % 2};
        struct str name = profile_name(&a, p);
        assert_true(profile_is_name(name));
        assert_true(str_eq(profile_of_spare(profile_spare(&a, name, i + 1)), name));
        assert_int_equal(profile_of_spare(name).n, 0);
        count++;
    }
    assert_int_equal(count, 108);
    arena_free(&a);
}

static void test_other_names_are_none(void **state)
{
    static const char *const names[] = {"",
                                        "thalassa.",
                                        "thalassa.base",
                                        "thalassa.plain",
                                        "thalassa.http",
                                        "thalassa.http-",
                                        "thalassa.frontend-http",
                                        "http-first",
                                        "thalassa.http-firs",
                                        "thalassa.http-first2",
                                        "thalassa.http-first-",
                                        "thalassa.http-first-get",
                                        "thalassa.http-first-get12",
                                        "thalassa.http-first-get101",
                                        "thalassa.http-first-GET10",
                                        "thalassa.udp-first"};
    static const char *const spares[] = {"thalassa.http-first.",
                                         "thalassa.http-first.x",
                                         "thalassa.http-first1",
                                         "thalassa.base.1",
                                         "thalassa.http-first.1.",
                                         ".1",
                                         "1",
                                         ""};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(profile_is_name(str_z(names[i])));
    for (size_t i = 0; i < sizeof spares / sizeof *spares; i++)
        assert_int_equal(profile_of_spare(str_z(spares[i])).n, 0);
}

static void test_profiles_in_use_come_with_the_common_ones_each_once(void **state)
{
    static struct backend objects[] = {
        {.mode = MODE_TCP},
        {.mode = MODE_HTTP, .balance = BALANCE_URI},
        {.mode = MODE_HTTP, .balance = BALANCE_URI, .health = {.uri = {"/x", 2}}},
        {.mode = MODE_HTTP, .health = {.set = true, .method = HEALTH_HEAD}},
    };
    static const char *const want[] = {"thalassa.http-roundrobin",
                                       "thalassa.http-roundrobin-get10",
                                       "thalassa.http-roundrobin-get11",
                                       "thalassa.http-roundrobin-head10",
                                       "thalassa.http-uri",
                                       "thalassa.tcp-roundrobin"};
    struct desired_backend backends[4];
    struct desired d = {.backends = backends, .backend_count = 4}, none = {0};
    struct arena a = ARENA_INIT;
    struct profile_list list;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        backends[i] = (struct desired_backend){.object = &objects[i]};
    list = profile_written(&a, &d);
    assert_int_equal(list.count, sizeof want / sizeof *want);
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(profile_name(&a, list.items[i]).p, want[i]);
    assert_int_equal(profile_written(&a, &none).count, 4);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_profile_and_spare_is_known_by_its_name),
        cmocka_unit_test(test_other_names_are_none),
        cmocka_unit_test(test_profiles_in_use_come_with_the_common_ones_each_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
