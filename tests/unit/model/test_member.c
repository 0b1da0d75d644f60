/* SPDX-License-Identifier: Apache-2.0 */
/* Members: their server name, their JSON there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "given.h"

#include <string.h>
static void test_server_name(void **state)
{
    struct arena a = ARENA_INIT;
    struct member m = {.host = STR("10.0.0.1"), .port = 80};

    (void)state;
    assert_string_equal(member_server_name(&a, STR("live"), &m).p, "live_10.0.0.1:80");
    m.host = STR("::1");
    assert_string_equal(member_server_name(&a, STR("live"), &m).p, "live_::1:80");
    m.host = STR("a/b c%d");
    assert_string_equal(member_server_name(&a, STR("live"), &m).p, "live_a-b-c-d:80");
    arena_free(&a);
}

static struct member whole(void)
{
    return (struct member){
        .name = STR("app"),
        .version = STR("1.0.0"),
        .host = STR("db.example.org"),
        .port = 8080,
        .last_known_ms = 1700000000123,
        .meta_hostname = STR("h1"),
        .meta_pid = STR("77"),
        .meta_registered = STR("2026-01-02T03:04:05Z"),
        .status = MEMBER_CRITICAL,
        .weight = 256,
        .backup = true,
        .address = STR("10.0.0.9"),
        .unusable = STR("why not"),
    };
}

static struct str member_text(struct arena *a, const struct member *m, bool keep_open)
{
    struct json_out o;
    struct buf to;
    struct str text;

    buf_init(&to, 4096);
    json_out_init(&o, &to, false);
    member_put(&o, NULL, m, keep_open);
    if (keep_open) {
        json_put_int(&o, "observed", 1);
        json_close_object(&o);
    }
    json_out_fini(&o);
    text = arena_str(a, buf_str(&to));
    buf_free(&to);
    return text;
}

static struct str whole_text(struct arena *a, bool keep_open)
{
    struct member m = whole();

    return member_text(a, &m, keep_open);
}

static void test_member_as_json(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    assert_string_equal(
        whole_text(&a, false).p,
        "{\"name\":\"app\",\"version\":\"1.0.0\",\"host\":\"db.example.org\",\"port\":8080,"
        "\"lastKnown\":1700000000123,\"meta\":{\"hostname\":\"h1\",\"pid\":\"77\","
        "\"registered\":\"2026-01-02T03:04:05Z\"},\"id\":\"/app/1.0.0/db.example.org/8080\","
        "\"health\":\"critical\",\"weight\":256,\"backup\":true,\"address\":\"10.0.0.9\","
        "\"unusable\":\"why not\"}");
    assert_non_null(strstr(whole_text(&a, true).p, "\"why not\",\"observed\":1}"));
    arena_free(&a);
}

static void test_member_reads_back(void **state)
{
    struct arena a = ARENA_INIT;
    struct str text = whole_text(&a, false);
    struct member m;
    struct err e = {0};

    (void)state;
    assert_int_equal(member_read(&a, given_json(&a, text.p), &m, &e), 0);
    assert_string_equal(member_text(&a, &m, false).p, text.p);
    assert_int_equal(member_read(&a, given_json(&a, "{}"), &m, &e), 0);
    assert_int_equal(m.weight, 1);
    assert_int_equal(m.port, 0);
    assert_int_equal(m.status, MEMBER_PASSING);
    arena_free(&a);
}

static void test_member_that_does_not_read(void **state)
{
    static const struct {
        const char *json, *field;
    } bad[] = {{"[]", ""},
               {"{'port':65536}", "port"},
               {"{'weight':257}", "weight"},
               {"{'health':'ill'}", "health"},
               {"{'host':7}", "host"},
               {"{'meta':{'pid':1}}", "pid"},
               {"{'backup':'no'}", "backup"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a = ARENA_INIT;
        struct member m;
        struct err e = {0};

        assert_int_equal(member_read(&a, given_json(&a, bad[i].json), &m, &e), -1);
        assert_int_equal(e.kind, ERR_INVALID);
        assert_string_equal(e.field, bad[i].field);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_member_as_json),
        cmocka_unit_test(test_member_reads_back),
        cmocka_unit_test(test_member_that_does_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
