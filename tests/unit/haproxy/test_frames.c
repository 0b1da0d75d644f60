/* SPDX-License-Identifier: Apache-2.0 */
/* Replies stay with their commands, whatever a reply holds and wherever the bytes are cut. */
#include "haproxy/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FENCE "[6]: admin\n"

static void begin(struct frames *f, const char *prompt)
{
    assert_int_equal(frames_init(f, str_z(prompt)), 0);
    assert_int_equal(frames_set_fence(f, STR(FENCE)), 0);
    frames_begin(f);
}

static void expect_reply(const struct frames *f, struct str in, size_t i, size_t n,
                         const char *want)
{
    struct str got = frames_reply(f, in, i, n);

    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static void several_commands_get_one_part_each(void **state)
{
    struct str in = STR("\n> New server registered.\n\n> No such server.\n> " FENCE "\n> ");
    struct frames f;

    (void)state;
    begin(&f, "> ");
    assert_int_equal(frames_next(&f, in, 3), FRAMES_DONE);
    expect_reply(&f, in, 0, 3, "");
    expect_reply(&f, in, 1, 3, "New server registered.\n");
    expect_reply(&f, in, 2, 3, "No such server.");
    assert_int_equal(frames_used(&f), in.n);
}

static void reply_of_one_command_may_hold_prompts(void **state)
{
    struct str in = STR("Name: x\n> quoted\n\n> > admin\n\n> " FENCE "\n> ");
    struct frames f;

    (void)state;
    begin(&f, "> ");
    assert_int_equal(frames_next(&f, in, 1), FRAMES_DONE);
    expect_reply(&f, in, 0, 1, "Name: x\n> quoted\n\n> > admin\n");
}

static void prompt_of_a_master_is_learnt(void **state)
{
    struct str in = STR("a> b\n> c\n\nmaster[ReloadFailed]> " FENCE "\nmaster[ReloadFailed]> ");
    struct frames f;

    (void)state;
    begin(&f, "master[ReloadFailed]> ");
    assert_int_equal(frames_next(&f, in, 1), FRAMES_DONE);
    expect_reply(&f, in, 0, 1, "a> b\n> c\n");
}

static void one_part_too_many_is_noticed(void **state)
{
    struct frames f;

    (void)state;
    begin(&f, "> ");
    assert_int_equal(frames_next(&f, STR("a\n\n> b\n\n> c\n\n> " FENCE "\n> "), 2), FRAMES_BROKEN);
}

static void one_part_too_few_is_noticed(void **state)
{
    struct frames f;

    (void)state;
    begin(&f, "> ");
    assert_int_equal(frames_next(&f, STR("a\n\n> " FENCE "\n> "), 2), FRAMES_BROKEN);
}

static void answer_to_the_fence_command_itself_is_a_reply(void **state)
{
    struct str in = STR(FENCE "\n> " FENCE "\n> ");
    struct frames f;

    (void)state;
    begin(&f, "> ");
    assert_int_equal(frames_next(&f, in, 1), FRAMES_DONE);
    expect_reply(&f, in, 0, 1, FENCE);
}

/* Random windows, fed in random pieces, give the same as at once. */
static void pieces_give_the_same_as_the_whole(void **state)
{
    static const char *const texts[] = {"", "x\n", "[3]: No such server.", "two\nlines\n", "\n"};
    char in[8192];
    struct frames f;

    (void)state;
    srand(7);
    for (int round = 0; round < 3000; round++) {
        const char *want[40];
        size_t commands = 1 + (size_t)rand() % 40, n = 0, given = 0;
        enum frames_result r = FRAMES_MORE;
        for (size_t i = 0; i < commands; i++) {
            want[i] = texts[rand() % 5];
            n += (size_t)snprintf(in + n, sizeof in - n, "%s\n> ", want[i]);
        }
        n += (size_t)snprintf(in + n, sizeof in - n, "%s\n> ", FENCE);
        begin(&f, "> ");
        while (given < n) {
            assert_int_equal(r, FRAMES_MORE);
            given += 1 + (size_t)rand() % 9;
            given = given > n ? n : given;
            r = frames_next(&f, (struct str){in, given}, commands);
        }
        assert_int_equal(r, FRAMES_DONE);
        assert_int_equal(frames_used(&f), n);
        for (size_t i = 0; i < commands; i++)
            expect_reply(&f, (struct str){in, n}, i, commands, want[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_commands_get_one_part_each),
        cmocka_unit_test(reply_of_one_command_may_hold_prompts),
        cmocka_unit_test(prompt_of_a_master_is_learnt),
        cmocka_unit_test(one_part_too_many_is_noticed),
        cmocka_unit_test(one_part_too_few_is_noticed),
        cmocka_unit_test(answer_to_the_fence_command_itself_is_a_reply),
        cmocka_unit_test(pieces_give_the_same_as_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
