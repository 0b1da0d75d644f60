/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_tags_that_tell_a_version(void **state)
{
    static const char *const cases[][2] = {
        {"1.0.0", "1.0.0"},
        {"v1.0.0", "1.0.0"},
        {"version-1.0.0", "1.0.0"},
        {"version=1.0.0", "1.0.0"},
        {"version:1.0.0", "1.0.0"},
        {"1", "1"},
        {"v2", "2"},
        {"1.0.0-rc.1+b5", "1.0.0-rc.1+b5"},
        {"1.rc-1.+x", "1.rc-1.+x"},
        {"20261123.4", "20261123.4"},
        {"version-", NULL},
        {"version", NULL},
        {"v", NULL},
        {"vx1", NULL},
        {"V1.0.0", NULL},
        {"Version-1.0", NULL},
        {"1.", NULL},
        {"1..0", NULL},
        {".1", NULL},
        {"a1.0", NULL},
        {"", NULL},
        {"1.0 ", NULL},
        {"1_0", NULL},
        {"vv1", NULL},
        {"version-v1.0", NULL},
        {"1.0\n", NULL},
        {"1.0.b\xc3\xa9", NULL},
        {"1-rc.0", NULL},
        {"http", NULL},
        {"version==1.0", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str v = version_of_tag(str_z(cases[i][0]));
        if (!cases[i][1] && v.p)
            fail_msg("%s gave %.*s", cases[i][0], (int)v.n, v.p);
        if (cases[i][1] && !str_eq_z(v, cases[i][1]))
            fail_msg("%s gave %.*s", cases[i][0], (int)v.n, v.p ? v.p : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tags_that_tell_a_version)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
