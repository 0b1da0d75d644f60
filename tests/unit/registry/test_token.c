/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "registry/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/thalassa-token-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/token", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void put(const char *text, size_t n)
{
    struct err e;

    assert_int_equal(file_write_atomic(path, (struct str){text, n}, 0600, &e), 0);
}

static void test_a_token_is_one_line(void **state)
{
    static const struct {
        const char *text, *token; /* NULL: refused */
    } cases[] = {
        {"secret", "secret"}, {"secret\n", "secret"}, {"  secret \r\n", "secret"},
        {"", NULL},           {"\n \n", NULL},        {"a\nb", NULL},
        {"a\x1b", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct token t;
        struct err e = {.kind = ERR_NONE};
        put(cases[i].text, strlen(cases[i].text));
        assert_int_equal(token_init(&t, path, &e), cases[i].token ? 0 : -1);
        if (cases[i].token)
            assert_string_equal(t.text, cases[i].token);
        else
            assert_null(strstr(e.text, "a\n")); /* the reason never shows what was read */
        token_wipe(&t);
        assert_int_equal(*t.text, 0);
    }
}

static void test_a_token_has_a_limit(void **state)
{
    struct token t;
    struct err e = {.kind = ERR_NONE};
    char text[2 * TOKEN_BYTES_MAX];

    (void)state;
    memset(text, 'x', sizeof text);
    put(text, sizeof text);
    assert_int_equal(token_init(&t, path, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    put(text, TOKEN_BYTES_MAX - 1);
    assert_int_equal(token_init(&t, path, &e), 0);
    assert_int_equal(strlen(t.text), TOKEN_BYTES_MAX - 1);
}

static void test_a_file_that_is_missing_is_an_error_at_first(void **state)
{
    struct token t;
    struct err e = {.kind = ERR_NONE};

    (void)state;
    assert_int_equal(token_init(&t, "/nonexistent/token", &e), -1);
    assert_non_null(strstr(e.text, "/nonexistent/token"));
    assert_int_equal(token_init(&t, NULL, &e), 0);
    assert_false(token_refresh(&t, true, &e));
}

static void test_another_file_is_another_token(void **state)
{
    struct token t;
    struct err e = {.kind = ERR_NONE};

    (void)state;
    put("one", 3);
    assert_int_equal(token_init(&t, path, &e), 0);
    assert_false(token_refresh(&t, false, &e));
    put("two", 3); /* same size, another inode */
    assert_true(token_refresh(&t, false, &e));
    assert_string_equal(t.text, "two");
    assert_false(token_refresh(&t, true, &e));
    unlink(path);
    assert_false(token_refresh(&t, false, &e)); /* gone: the former one stays */
    assert_int_not_equal(e.kind, ERR_NONE);
    assert_string_equal(t.text, "two");
    put("", 0);
    assert_false(token_refresh(&t, false, &e));
    assert_string_equal(t.text, "two");
    put("six", 3);
    assert_true(token_refresh(&t, false, &e));
    assert_string_equal(t.text, "six");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_is_one_line),
        cmocka_unit_test(test_a_token_has_a_limit),
        cmocka_unit_test(test_a_file_that_is_missing_is_an_error_at_first),
        cmocka_unit_test(test_another_file_is_another_token),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
