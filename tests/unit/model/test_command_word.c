/* SPDX-License-Identifier: Apache-2.0 */
/* Words of HAProxy's command line: whatever is in them, they stay one word of one command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "haproxy/command.h"
#include "model/command_word.h"
#include "model/object.h"

#include <stdio.h>
#include <string.h>

static void test_escapes(void **state)
{
    static const struct {
        const char *word, *sent;
    } cases[] = {
        {"live/live_127.0.0.1:80", "live/live_127.0.0.1:80"},
        {"a;b", "a\\;b"},
        {"a b", "a\\ b"},
        {"^/x\\.js$", "^/x\\\\.js$"},
        {"'x'\"y\"", "'x'\"y\""},
        {"#a", "\\#a"},
        {"a<<b", "a\\<\\<b"},
        {"\xc3\xa9", "\xc3\xa9"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena a = ARENA_INIT;
        assert_int_equal(command_word_check(str_z(cases[i].word), NULL), 0);
        assert_string_equal(command_word(&a, str_z(cases[i].word)).p, cases[i].sent);
        arena_free(&a);
    }
}

static void test_what_no_escape_can_carry(void **state)
{
    static char large[COMMAND_WORD_BYTES + 1];
    struct err e = {0};

    (void)state;
    memset(large, 'x', sizeof large);
    assert_int_equal(command_word_check(STR(""), &e), -1);
    assert_string_equal(e.text, "an empty word cannot be sent");
    assert_int_equal(command_word_check(STR("a\nshutdown sessions"), &e), -1);
    assert_int_equal(command_word_check(STR("a\0b"), &e), -1);
    assert_int_equal(command_word_check(STR("a\x7f"), &e), -1);
    assert_int_equal(e.kind, ERR_INVALID);
    assert_int_equal(command_word_check((struct str){large, COMMAND_WORD_BYTES}, &e), 0);
    assert_int_equal(command_word_check((struct str){large, COMMAND_WORD_BYTES + 1}, &e), -1);
    memset(large, ';', sizeof large); /* each is sent as two */
    assert_int_equal(command_word_check((struct str){large, COMMAND_WORD_BYTES / 2}, &e), 0);
    assert_int_equal(command_word_check((struct str){large, COMMAND_WORD_BYTES / 2 + 1}, &e), -1);
}

/* The words of a line as HAProxy takes them apart; the count. */
static size_t read_line(struct str line, char words[8][64])
{
    size_t count = 0, n = 0;

    for (size_t i = 0; i <= line.n; i++) {
        if (i == line.n || line.p[i] == ' ') {
            words[count++][n] = 0;
            n = 0;
            continue;
        }
        i += line.p[i] == '\\';
        words[count][n++] = line.p[i];
    }
    return count;
}

static void test_any_bytes_are_one_word_of_one_command(void **state)
{
    static const char bytes[] = "\\;# <'\"$a/";
    uint64_t seed = 7;

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        struct arena a = ARENA_INIT;
        char raw[16], words[8][64];
        struct str line;
        size_t n = 0;
        struct err e = {0};

        for (size_t length = 1 + round % 12; n < length; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            raw[n] = bytes[(seed >> 33) % (sizeof bytes - 1)];
        }
        raw[n] = 0;
        line = arena_printf(&a, "del map /f " STR_FMT, STR_ARG(command_word(&a, str_z(raw))));
        if (command_check(line, 16383, &e))
            fail_msg("%s: %s", raw, e.text);
        assert_int_equal(read_line(line, words), 4);
        assert_string_equal(words[3], raw);
        arena_free(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_what_no_escape_can_carry),
        cmocka_unit_test(test_any_bytes_are_one_word_of_one_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
