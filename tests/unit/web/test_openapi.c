/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.json and routes.def say the same. tests/web/run asks whether it is OpenAPI at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_in.h"
#include "web/openapi.h"
#include "web/web.h"

static size_t count_operations(const struct json *paths)
{
    size_t count = 0;

    JSON_EACH(path, paths) {
        JSON_EACH(operation, path) {
            count += !str_eq_z(operation->key, "parameters");
        }
    }
    return count;
}

/* In full, or by reference: the components carry the parameter's name with a capital. */
static bool documents(const struct json *parameters, struct str name)
{
    JSON_EACH(p, parameters) {
        const struct json *given = json_get(p, "name"), *ref = json_get(p, "$ref");
        struct str tail = ref ? ref->text : STR_NONE;
        size_t at;
        while (str_find(tail, '/', &at))
            tail = (struct str){tail.p + at + 1, tail.n - at - 1};
        if ((given && str_eq(given->text, name)) || str_eq_nocase(tail, name))
            return true;
    }
    return false;
}

/* "{name*}" may have slashes, which OpenAPI has no word for. */
static const char *path_of(const struct route *r)
{
    static char path[128];
    size_t n = 0;

    for (const char *c = r->pattern; *c && n < sizeof path - 1; c++) {
        if (*c != '*')
            path[n++] = *c;
    }
    path[n] = 0;
    return path;
}

static void check_route(const struct json *paths, const struct route *r)
{
    static const char *const methods[] = {"get", "put", "post", "delete"};
    const struct json *operation = json_get(json_get(paths, path_of(r)), methods[r->method]);
    struct str rest = str_z(r->params), word;

    if (!operation)
        fail_msg("not documented: %s %s", methods[r->method], r->pattern);
    while ((word = str_word(&rest)).n) {
        const struct json *parameters = json_get(operation, "parameters");
        if (!parameters || !documents(parameters, word))
            fail_msg("not documented: %s?" STR_FMT, r->pattern, STR_ARG(word));
    }
}

static void test_it_has_exactly_the_routes(void **state)
{
    struct arena a = ARENA_INIT;
    const struct json *paths;
    struct json *document;
    size_t count;
    const struct route *routes = web_routes(&count);
    struct err e;

    (void)state;
    assert_int_equal(json_parse(&a, openapi_text(), 64, &document, &e), 0);
    paths = json_get(document, "paths");
    assert_int_equal(count_operations(paths), count);
    for (size_t i = 0; i < count; i++)
        check_route(paths, &routes[i]);
    assert_true(str_eq_z(json_get(json_get(document, "info"), "version")->text, THALASSA_VERSION));
    arena_free(&a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_has_exactly_the_routes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
