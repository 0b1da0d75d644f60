/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/file_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#define ONE(id) "{\"Node\":{\"Node\":\"n\"},\"Service\":{\"ID\":\"" id "\",\"Port\":80}}"

static void test_services_of_a_file(void **state)
{
    struct file_text t;
    struct err e = {.kind = ERR_NONE};

    (void)state;
    assert_int_equal(
        file_text_parse(STR("{\"web\":[" ONE("b") "," ONE("a\\u00e9\\n") "],\"api\":[],\"\":[]}"),
                        &t, &e),
        0);
    assert_int_equal(t.count, 3);
    assert_true(str_eq_z(t.reads[1]->service, "api")); /* sorted */
    const struct service_read *web = file_text_find(&t, STR("web"));
    assert_int_equal(web->count, 2);
    assert_true(str_eq_z(web->items[0].id, "a\xc3\xa9?") && web->items[0].port == 80);
    assert_null(file_text_find(&t, STR("we")));
    file_text_free(&t);
    assert_null(file_text_find(&t, STR("web")));
}

static void test_one_bad_service_fails_the_whole_file(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "null",
        "{",
        "{\"a\":[" ONE("x") "],\"b\":7}",
        "{\"a\":[" ONE("x") "],\"b\":[{}]}",
        "{\"a\":[],\"a\":[]}",
        "{\"a\":null}",
        "{\"a\":[]} x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct file_text t;
        struct err e = {.kind = ERR_NONE};
        if (!file_text_parse(str_z(texts[i]), &t, &e))
            fail_msg("taken: %s", texts[i]);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_int_equal(t.count, 0);
        if (strstr(texts[i], "\"b\""))
            assert_non_null(strstr(e.text, "service b"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_services_of_a_file),
        cmocka_unit_test(test_one_bad_service_fails_the_whole_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
