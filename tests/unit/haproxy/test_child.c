/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/check.h"
#include "haproxy/child.h"
#include "haproxy/words.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct end {
    bool done, timed_out;
    int status;
    size_t bytes;
    char output[256];
};

static void on_exit_of_child(void *ctx, const struct child_result *r)
{
    struct end *e = ctx;

    assert_false(e->done);
    e->done = true;
    e->status = r->status;
    e->timed_out = r->timed_out;
    e->bytes = r->output.n;
    str_copy(e->output, sizeof e->output, r->output);
}

static struct end run(const char *script, double deadline_s)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct end end = {0};
    struct err e;

    assert_non_null(child_run(EV_DEFAULT, argv, deadline_s, on_exit_of_child, &end, &e));
    loop_until(&end.done, deadline_s + 5);
    return end;
}

static void status_and_output_come_back(void **state)
{
    struct end end = run("echo out; echo err >&2; exit 7", 5);

    (void)state;
    assert_int_equal(end.status, 7);
    assert_false(end.timed_out);
    assert_string_equal(end.output, "out\nerr\n");
    end = run("kill -TERM $$", 5);
    assert_int_equal(end.status, 128 + SIGTERM);
}

static void output_is_bounded_and_does_not_block(void **state)
{
    struct end end = run("head -c 3000000 /dev/zero; exit 3", 10);

    (void)state;
    assert_int_equal(end.status, 3);
    assert_int_equal(end.bytes, CHILD_OUTPUT_BYTES);
}

static void deadline_kills_the_whole_group(void **state)
{
    struct end end;
    double before = ev_time();
    pid_t inner;

    (void)state;
    end = run("sleep 60 & echo $!; wait", 0.3);
    assert_true(end.timed_out);
    assert_int_equal(end.status, 128 + SIGKILL);
    assert_true(ev_time() - before < 3);
    inner = (pid_t)strtol(end.output, NULL, 10);
    assert_true(inner > 1);
    real_wait_gone(inner);
}

static void daemon_left_behind_does_not_hold_us(void **state)
{
    double before = ev_time();
    struct end end = run("(sleep 2) & echo started", 10);

    (void)state;
    assert_int_equal(end.status, 0);
    assert_true(ev_time() - before < 1.5);
    assert_string_equal(end.output, "started\n");
}

static void program_that_is_not_there_is_named(void **state)
{
    const char *argv[] = {"/no/such/program", NULL};
    struct end end = {0};
    struct err e;

    (void)state;
    assert_null(child_run(EV_DEFAULT, argv, 1, on_exit_of_child, &end, &e));
    assert_non_null(strstr(e.text, "/no/such/program"));
    assert_false(end.done);
}

static void cancelled_child_says_nothing_and_is_reaped(void **state)
{
    const char *argv[] = {"sleep", "60", NULL};
    struct end end = {0};
    struct err e;
    struct child *c = child_run(EV_DEFAULT, argv, 100, on_exit_of_child, &end, &e);

    (void)state;
    assert_non_null(c);
    child_cancel(c);
    loop_for(0.3);
    assert_false(end.done);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void words_take_the_file_where_it_is_asked_for(void **state)
{
    struct arena a = ARENA_INIT;
    struct words w = {0};
    struct err e;

    (void)state;
    words_add_sudo(&a, &w, true);
    assert_int_equal(words_split(&a, &w, "  wrap --file=%s  -c ", STR("/x y"), true, &e), 0);
    assert_int_equal(w.count, 5);
    assert_string_equal(w.items[0], "sudo");
    assert_string_equal(w.items[3], "--file=/x y");
    assert_null(w.items[5]);
    w = (struct words){0};
    assert_int_equal(words_split(&a, &w, "check", STR("/f"), true, &e), 0);
    assert_string_equal(w.items[1], "/f");
    assert_null(w.items[2]);
    w = (struct words){0};
    assert_int_equal(words_split(&a, &w, " ", STR("/f"), true, &e), -1);
    arena_free(&a);
}

static void messages_are_read_with_their_lines(void **state)
{
    static const char text[] =
        "[NOTICE]   (1) : haproxy version is 2.6.12\n"
        "[WARNING]  (1) : config : parsing acl keyword 'path_beg' :\n"
        "  no pattern to match against were provided, so this ACL will never match.\n"
        "  If this is what you intended, please add '--'.\n"
        "\n"
        "[ALERT]    (1) : config : parsing [/etc/x.lua:3] : no\n"
        "[ALERT]    (1) : config : [/tmp/s/haproxy.cfg:21] : 'server b2/s1' : unexpected [x].\n"
        "noise\n"
        "[ALERT]    (1) : config : Fatal errors found in configuration.\n";
    struct arena a = ARENA_INIT;
    struct check_messages m;
    const struct check_message *blame;

    (void)state;
    check_parse(&a, STR_NONE, &m);
    assert_int_equal(m.count, 0);
    check_parse(&a, str_z(text), &m);
    assert_int_equal(m.count, 4);
    assert_false(m.items[0].alert);
    assert_true(str_ends(m.items[0].text, STR("please add '--'.")));
    assert_true(str_starts(m.items[0].text, STR("parsing acl keyword")));
    assert_int_equal(m.items[0].file.n, 0);
    assert_int_equal(m.items[1].line, 3);
    blame = check_blame(&m, STR("/etc/haproxy/haproxy.cfg"));
    assert_int_equal(blame->line, 21);
    assert_true(str_eq_z(blame->file, "/tmp/s/haproxy.cfg"));
    blame = check_blame(&m, STR("other"));
    assert_int_equal(blame->line, 3);
    for (size_t n = 0; n < sizeof text; n++) { /* cut anywhere: no more than is there */
        check_parse(&a, (struct str){text, n}, &m);
        assert_true(m.count <= 4);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_output_come_back),
        cmocka_unit_test(output_is_bounded_and_does_not_block),
        cmocka_unit_test(deadline_kills_the_whole_group),
        cmocka_unit_test(daemon_left_behind_does_not_hold_us),
        cmocka_unit_test(program_that_is_not_there_is_named),
        cmocka_unit_test(cancelled_child_says_nothing_and_is_reaped),
        cmocka_unit_test(words_take_the_file_where_it_is_asked_for),
        cmocka_unit_test(messages_are_read_with_their_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
