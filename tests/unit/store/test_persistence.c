/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include "base/file.h"
#include "store/persistence.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int read_text(const struct place *p, struct str text, struct persistence *out, struct err *e)
{
    const char *path = place_path(p, "thalassa.json");

    file_set(path, text);
    return persistence_read(path, out, e);
}

static const char *line(const struct str_list *list, size_t i)
{
    static char text[512];

    assert_true(i < list->count);
    return str_copy(text, sizeof text, list->items[i]);
}

/* Every field that an object can have. */
static const char whole[] =
    "{\"version\":1,\"frontends\":[{\"id\":\"frontend/web\",\"_type\":\"frontend\",\"key\":\"web\","
    "\"name\":\"web\",\"bind\":\"10.2.2.2:80,*:8080\",\"backend\":\"live\",\"mode\":\"http\","
    "\"keepalive\":\"close\",\"rules\":[{\"type\":\"path\",\"operation\":\"path_beg\",\"value\":"
    "\"/a\",\"backend\":\"b\"},{\"type\":\"header\",\"header\":\"host\",\"operation\":\"hdr_dom\","
    "\"value\":\"x.org\",\"backend\":\"b\"}],\"natives\":[\"timeout client 5s\"]}],"
    "\"backends\":[{\"id\":\"backend/live\",\"_type\":\"backend\",\"key\":\"live\",\"type\":"
    "\"dynamic\",\"name\":\"shop\",\"version\":\"1.0.0\",\"balance\":\"leastconn\",\"host\":"
    "\"shop.org\",\"mode\":\"http\",\"health\":{\"method\":\"GET\",\"uri\":\"/h\",\"httpVersion\":"
    "\"HTTP/1.1\",\"interval\":3000},\"server\":[\"maxconn 100\"],\"cookie\":\"SRV\",\"members\":[{"
    "\"anything\":\"of the registry\"}],\"natives\":[]},{\"key\":\"b\",\"type\":\"static\","
    "\"members\":[{\"host\":\"10.0.0.1\",\"port\":\"80\",\"weight\":3,\"backup\":true}]}]}";

static void test_a_whole_file_is_read_without_a_word(void **state)
{
    struct persistence in;
    struct err e;

    if (read_text(*state, str_z(whole), &in, &e))
        fail_msg("%s", e.text);
    if (in.warnings.count || in.problems.count)
        fail_msg("%s", line(in.warnings.count ? &in.warnings : &in.problems, 0));
    assert_int_equal(in.frontend_count, 1);
    assert_int_equal(in.frontends[0]->rule_count, 2);
    assert_int_equal(in.backend_count, 2);
    assert_true(str_eq_z(in.backends[0]->name, "b")); /* sorted */
    assert_int_equal(in.backends[0]->members.count, 1);
    assert_true(str_eq_z(in.backends[1]->version, "1.0.0"));
    persistence_free(&in);
}

static void test_what_is_written_is_read_the_same(void **state)
{
    struct place *p = *state;
    const char *path = place_path(p, "out.json");
    struct persistence in, again;
    struct buf first, second;
    struct err e;

    assert_int_equal(read_text(p, str_z(whole), &in, &e), 0);
    assert_int_equal(persistence_write(path, &in, &e), 0);
    file_get(path, &first);
    if (persistence_read(path, &again, &e))
        fail_msg("%s", e.text);
    if (again.warnings.count || again.problems.count) /* what model writes is in fields.def */
        fail_msg("%s", line(again.warnings.count ? &again.warnings : &again.problems, 0));
    assert_int_equal(again.frontend_count, 1);
    assert_int_equal(again.backend_count, 2);
    assert_true(frontend_equal(in.frontends[0], again.frontends[0]));
    assert_true(backend_equal(in.backends[1], again.backends[1]));
    assert_int_equal(persistence_write(path, &again, &e), 0);
    file_get(path, &second);
    assert_true(str_eq(buf_str(&first), buf_str(&second)));
    assert_non_null(strstr(first.p, "{\n  \"version\": 1,\n  \"frontends\": [\n"));
    buf_free(&first);
    buf_free(&second);
    persistence_free(&in);
    persistence_free(&again);
}

static void test_words_on_members_are_in_it_when_there_are_any(void **state)
{
    static const char text[] =
        "{\"version\":1,\"frontends\":[],\"backends\":[{\"key\":\"a\",\"type\":\"static\"},"
        "{\"key\":\"b\",\"type\":\"static\"}],\"overrides\":["
        "{\"backend\":\"b\",\"member\":\"10.0.0.2:80\",\"state\":\"maint\",\"weight\":null,\"by\":"
        "\"me\",\"since\":5},"
        "{\"backend\":\"b\",\"member\":\"[::1]:80\",\"state\":null,\"weight\":0},"
        "{\"backend\":\"a\",\"member\":\"h:1\",\"state\":\"drain\"},"
        "{\"backend\":\"c\",\"member\":\"h:1\",\"state\":\"drain\"},"
        "{\"backend\":\"a\",\"member\":\"h\",\"state\":\"drain\"},"
        "{\"backend\":\"a\",\"member\":\"h:2\"}]}";
    struct place *p = *state;
    const char *path = place_path(p, "out.json");
    struct persistence in, again;
    struct buf written;
    struct err e;

    assert_int_equal(read_text(p, str_z(text), &in, &e), 0);
    assert_int_equal(in.problems.count, 3);
    assert_non_null(strstr(line(&in.problems, 0), "overrides[3]: backend: no such backend"));
    assert_int_equal(in.override_count, 2);
    assert_int_equal(persistence_write(path, &in, &e), 0);
    assert_int_equal(persistence_read(path, &again, &e), 0);
    assert_int_equal(again.problems.count + again.warnings.count, 0);
    assert_int_equal(again.override_count, 2);
    assert_true(str_eq_z(again.overrides[0]->backend, "b"));
    assert_int_equal(override_find(again.overrides[0], STR("10.0.0.2"), 80)->since_ms, 5);
    assert_int_equal(override_find(again.overrides[0], STR("10.0.0.2"), 80)->state, ADMIN_MAINT);
    assert_true(override_find(again.overrides[0], STR("::1"), 80)->has_weight);
    persistence_free(&again);
    again = in;
    again.override_count = 0; /* then there is no word of it */
    assert_int_equal(persistence_write(path, &again, &e), 0);
    file_get(path, &written);
    assert_null(strstr(written.p, "overrides"));
    buf_free(&written);
    persistence_free(&in);
}

static void test_unknown_fields_are_warned_of_and_ignored(void **state)
{
    static const char text[] =
        "{\"version\":1,\"colour\":1,\"frontends\":[{\"key\":\"web\",\"bind\":\"*:80\",\"backend\":"
        "\"b\",\"colour\":{\"a\":[1]},\"rules\":[{\"type\":\"path\",\"operation\":\"path\","
        "\"value\":\"/\",\"backend\":\"b\"},{\"why\":1,\"type\":\"path\",\"operation\":\"path\","
        "\"value\":\"/\",\"backend\":\"b\"}]}],\"backends\":[{\"key\":\"b\",\"type\":\"static\","
        "\"health\":{\"uri\":\"/\",\"port\":1},\"members\":[{\"host\":\"10.0.0.1\",\"port\":1,"
        "\"zone\":1}]}]}";
    static const char *const warnings[] = {
        "colour: unknown field, ignored",
        "frontend web: colour: unknown field, ignored",
        "frontend web: rules[1].why: unknown field, ignored",
        "backend b: health.port: unknown field, ignored",
        "backend b: members[0].zone: unknown field, ignored",
    };
    struct persistence in;
    struct err e;

    assert_int_equal(read_text(*state, str_z(text), &in, &e), 0);
    if (in.problems.count)
        fail_msg("%s", line(&in.problems, 0));
    assert_int_equal(in.warnings.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(line(&in.warnings, i), warnings[i]);
    assert_int_equal(in.frontend_count, 1);
    assert_int_equal(in.frontends[0]->rule_count, 2);
    assert_int_equal(in.backend_count, 1);
    persistence_free(&in);
}

static void test_objects_that_do_not_pass_are_listed_one_per_line(void **state)
{
    static const char text[] =
        "{\"frontends\":[{\"key\":\"a\",\"bind\":\"*:80\",\"backend\":\"b\"},"
        "{\"key\":\"bad\",\"bind\":\"*:80\"},7,{\"bind\":\"*:80\",\"backend\":\"b\"},"
        "{\"name\":\"a\",\"bind\":\"*:81\",\"backend\":\"b\"},"
        "{\"id\":\"frontend/c\",\"bind\":\"*:82\",\"backend\":\"b\"}],"
        "\"backends\":[{\"key\":\"x\",\"type\":\"nosuch\"},{\"key\":\"ok\",\"type\":\"static\"}]}";
    static const char *const beginnings[] = {
        "frontend bad: backend: required", "frontends[2]: ", "frontends[3]: ",
        "frontend a: listed twice",        "backend x: ",
    };
    struct persistence in;
    struct err e;

    assert_int_equal(read_text(*state, str_z(text), &in, &e), 0);
    assert_int_equal(in.problems.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(strstr(line(&in.problems, i), beginnings[i]), line(&in.problems, i));
    assert_int_equal(in.frontend_count, 2);
    assert_true(str_eq_z(in.frontends[0]->bind.items[0], "*:80")); /* the first one counts */
    assert_true(str_eq_z(in.frontends[1]->name, "c"));
    assert_int_equal(in.backend_count, 1);
    persistence_free(&in);
}

static void check_refused(void **state, const char *text, const char *words)
{
    struct persistence in;
    struct err e = {0};

    assert_int_equal(read_text(*state, str_z(text), &in, &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    if (!strstr(e.text, words) || !strstr(e.text, "thalassa.json: "))
        fail_msg("%s", e.text);
    persistence_free(&in);
}

static void test_what_is_no_such_file_is_refused(void **state)
{
    char deep[200];

    check_refused(state, "", "empty");
    check_refused(state, "{\"version\":1,", "line 1");
    check_refused(state, "[]", "an object wanted");
    check_refused(state, "{\"version\":2}", "version: 2 is not known");
    check_refused(state, "{\"version\":\"1\"}", "version: 1 is not known");
    check_refused(state, "{\"frontends\":{}}", "frontends: a list wanted");
    check_refused(state, "{\"backends\":\"x\"}", "backends: a list wanted");
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    check_refused(state, deep, "deep");
}

static void test_too_many_objects_are_refused(void **state)
{
    struct buf text;
    struct persistence in;
    struct err e;

    buf_init(&text, 1u << 20);
    buf_add_z(&text, "{\"frontends\":[0");
    for (int i = 0; i < PERSISTENCE_OBJECTS_MAX; i++)
        buf_add_z(&text, ",0");
    buf_add_z(&text, "]}");
    assert_int_equal(read_text(*state, buf_str(&text), &in, &e), -1);
    assert_string_equal(e.field, "frontends");
    persistence_free(&in);
    buf_free(&text);
}

static void test_a_missing_file_is_not_found(void **state)
{
    const char *path = place_path(*state, "nowhere.json");
    struct persistence in;
    struct err e;

    assert_int_equal(persistence_read(path, &in, &e), -1);
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_non_null(strstr(e.text, path));
    persistence_free(&in);
}

static void test_a_folder_that_is_gone_fails_the_write(void **state)
{
    const char *path = place_path(*state, "gone/thalassa.json");
    struct err e;

    assert_int_equal(persistence_write(path, &(struct persistence){.frontend_count = 0}, &e), -1);
    assert_non_null(strstr(e.text, "gone/thalassa.json"));
}

#ifdef THALASSA_FAULTS
struct writer {
    const char *path;
    struct persistence *in;
    int fault;
};

static void write_and_die(void *ctx)
{
    struct writer *w = ctx;
    char order[32];
    struct err e;

    (void)snprintf(order, sizeof order, "kill:%d", w->fault);
    (void)setenv("THALASSA_FAULT", order, 1);
    if (persistence_write(w->path, w->in, &e))
        _exit(3);
}

static void test_killed_while_writing_the_file_is_the_old_or_the_new(void **state)
{
    struct place *p = *state;
    const char *path = place_path(p, "out.json");
    struct persistence in, out;
    struct err e;
    int killed = 0;

    assert_int_equal(read_text(p, str_z(whole), &in, &e), 0);
    for (int fault = 1; fault <= 6; fault++) {
        struct writer w = {path, &in, fault};
        assert_int_equal(persistence_write(path, &(struct persistence){.frontend_count = 0}, &e),
                         0);
        killed += WIFSIGNALED(child_run(write_and_die, &w));
        assert_int_equal(persistence_read(path, &out, &e), 0);
        assert_true(out.frontend_count + out.backend_count == 0 ||
                    out.frontend_count + out.backend_count == 3);
        persistence_free(&out);
    }
    assert_int_equal(killed, 4); /* write, fsync, rename, fsync of the folder */
    persistence_free(&in);
}
#else
static void test_killed_while_writing_the_file_is_the_old_or_the_new(void **state)
{
    (void)state;
    skip();
}
#endif

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_whole_file_is_read_without_a_word),
        TEST(test_what_is_written_is_read_the_same),
        TEST(test_words_on_members_are_in_it_when_there_are_any),
        TEST(test_unknown_fields_are_warned_of_and_ignored),
        TEST(test_objects_that_do_not_pass_are_listed_one_per_line),
        TEST(test_what_is_no_such_file_is_refused),
        TEST(test_too_many_objects_are_refused),
        TEST(test_a_missing_file_is_not_found),
        TEST(test_a_folder_that_is_gone_fails_the_write),
        TEST(test_killed_while_writing_the_file_is_the_old_or_the_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
