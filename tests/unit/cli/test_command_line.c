/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command_line.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <unistd.h>

static const struct command_row row = {
    .id = COMMAND_SWITCH,
    .least = 1,
    .most = 2,
    .flags = 1U << FLAG_JSON | 1U << FLAG_WAIT | 1U << FLAG_SERVICE | 1U << FLAG_WATCH,
};

/* What stood behind the subcommand, ended by NULL; *said is what stderr got. */
static int open_words(struct command_line *c, const char *const *words, char said[1024])
{
    static const struct options options;
    const char *copy[16];
    struct options_call call = {.command = COMMAND_SWITCH, .arguments = copy};
    int pipes[2], saved = dup(STDERR_FILENO), rc;
    ssize_t n;

    while (words[call.argument_count]) {
        copy[call.argument_count] = words[call.argument_count];
        call.argument_count++;
    }
    assert_int_equal(pipe(pipes), 0);
    (void)dup2(pipes[1], STDERR_FILENO);
    rc = command_open(c, &options, &call, &row);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    (void)close(pipes[1]);
    n = read(pipes[0], said, 1023);
    said[n > 0 ? n : 0] = 0;
    (void)close(pipes[0]);
    return rc;
}

#define OPEN(c, said, ...) open_words((c), (const char *const[]){__VA_ARGS__, NULL}, (said))

static void test_words_and_flags_in_any_order(void **state)
{
    struct command_line c;
    char said[1024];

    (void)state;
    assert_int_equal(OPEN(&c, said, "live", "--service", "site", "--json", "2.0.0", "--wait=90s"),
                     0);
    assert_string_equal(said, "");
    assert_int_equal(c.word_count, 2);
    assert_string_equal(c.words[0], "live");
    assert_string_equal(c.words[1], "2.0.0");
    assert_string_equal(c.flags[FLAG_SERVICE], "site");
    assert_non_null(c.flags[FLAG_JSON]);
    assert_null(c.flags[FLAG_FORCE]);
    assert_int_equal(c.wait_ms, 90000);
    command_close(&c);
}

static void test_a_value_that_may_be_absent(void **state)
{
    struct command_line c;
    char said[1024];

    (void)state;
    assert_int_equal(OPEN(&c, said, "live", "--watch"), 0);
    assert_string_equal(c.flags[FLAG_WATCH], "");
    command_close(&c);
    assert_int_equal(OPEN(&c, said, "live", "--watch", "--json"), 0);
    assert_string_equal(c.flags[FLAG_WATCH], "");
    assert_non_null(c.flags[FLAG_JSON]);
    command_close(&c);
    assert_int_equal(OPEN(&c, said, "live", "--watch", "5s"), 0);
    assert_string_equal(c.flags[FLAG_WATCH], "5s");
    assert_int_equal(c.word_count, 1);
    command_close(&c);
}

static void test_a_dash_alone_is_a_word_and_so_is_a_number(void **state)
{
    struct command_line c;
    char said[1024];

    (void)state;
    assert_int_equal(OPEN(&c, said, "-", "-5"), 0);
    assert_string_equal(c.words[0], "-");
    assert_string_equal(c.words[1], "-5");
    command_close(&c);
}

static void expect_misuse(const char *const *words, const char *what)
{
    struct command_line c;
    char said[1024];

    assert_int_equal(open_words(&c, words, said), COMMAND_MISUSED);
    assert_non_null(strstr(said, what));
    assert_int_equal(strncmp(said, "thalassa: switch: ", 18), 0);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    command_close(&c);
}

#define MISUSE(what, ...) expect_misuse((const char *const[]){__VA_ARGS__, NULL}, (what))

static void test_what_is_wrong_is_named_on_one_line(void **state)
{
    (void)state;
    expect_misuse((const char *const[]){NULL}, "usage: thalassa switch BACKEND VERSION");
    MISUSE("too many words", "a", "b", "c");
    MISUSE("\"--nosuch\"", "a", "--nosuch");
    MISUSE("\"--nosuch=x\"; it takes --json, --wait, --service, --watch; see --help", "a",
           "--nosuch=x");
    MISUSE("\"--force\"", "a", "--force"); /* of another subcommand */
    MISUSE("\"-x\"", "a", "-x");
    MISUSE("\"--jso\"", "a", "--jso");
    MISUSE("--json takes no value", "a", "--json=yes");
    MISUSE("--wait: TIME wanted", "a", "--wait");
    MISUSE("--service: NAME wanted", "a", "--service", "--json");
    MISUSE("empty word", "a", "");
    MISUSE("unknown option \"--x?[2J?\"", "a", "--x\033[2J\n");
}

static void test_times_to_wait(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } cases[] = {{"500ms", 500},
                 {"0s", 0},
                 {"5m", 300000},
                 {"301s", -1},
                 {"6m", -1},
                 {"5", -1},
                 {"s", -1},
                 {"", -1},
                 {"-1s", -1},
                 {"1h", -1},
                 {"1.5s", -1},
                 {"99999999999999999999s", -1},
                 {"18446744073709551615m", -1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command_line c;
        char said[1024];
        int rc = OPEN(&c, said, "a", "--wait", cases[i].text);
        assert_int_equal(rc, cases[i].ms < 0 ? COMMAND_MISUSED : 0);
        if (rc == 0)
            assert_int_equal(c.wait_ms, cases[i].ms);
        command_close(&c);
    }
}

static void expect_text(const char *field, const char *text, const char *detail, const char *wanted)
{
    struct err e;
    struct buf out;

    err_set(&e, ERR_INVALID, "%s", text);
    (void)snprintf(e.field, sizeof e.field, "%s", field);
    (void)snprintf(e.detail, sizeof e.detail, "%s", detail);
    buf_init(&out, 4096);
    command_put_err(&out, &e);
    buf_add_char(&out, 0);
    assert_string_equal(out.p, wanted);
    buf_free(&out);
}

static void test_an_error_says_nothing_twice(void **state)
{
    (void)state;
    expect_text("", "no backend", "", "no backend");
    expect_text("backends[0].type", "type: \"magic\" is none", "",
                "backends[0].type: \"magic\" is none");
    expect_text("type", "type: \"magic\" is none", "", "type: \"magic\" is none");
    expect_text("frontend/web", "HAProxy refuses: bad\nthing", "bad\nfatal\n\nend",
                "frontend/web: HAProxy refuses: bad\nthing (fatal; end)");
    expect_text("", "empty (?force=true does it)", "", "empty (--force does it)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_flags_in_any_order),
        cmocka_unit_test(test_a_value_that_may_be_absent),
        cmocka_unit_test(test_a_dash_alone_is_a_word_and_so_is_a_number),
        cmocka_unit_test(test_what_is_wrong_is_named_on_one_line),
        cmocka_unit_test(test_times_to_wait),
        cmocka_unit_test(test_an_error_says_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
