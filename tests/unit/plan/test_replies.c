/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of replies.def is reached, and what no row knows is refused. The same texts from real
 * HAProxy: tests/unit/haproxy/test_real.c. */
#include "plan/replies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

struct sample {
    const char *command, *reply;
    enum reply_meaning meaning;
};

static const struct sample samples[] = {
    {"add server b/s 127.0.0.1:1", "New server registered.\n", REPLY_OK},
    {"add server b/s 127.0.0.1:1", "[6]: New server registered.\n", REPLY_OK},
    {"add server b/s 127.0.0.1:1", "", REPLY_REFUSED},
    {"add server b/s 127.0.0.1:1", "[3]: Already exists a server with the same name in backend.\n",
     REPLY_ALREADY},
    {"add server b/s 127.0.0.1:1", "[3]: 'guid': duplicate entry with server b/s.\n", REPLY_RETRY},
    {"add server b/s 127.0.0.1:1", "[3]: 'inter 50' in server 'ck' is suspiciously small",
     REPLY_REFUSED},
    {"@1 del server b/s",
     "Server b/s is going DOWN for maintenance. 0 active\nbackend 'b' has no server "
     "available!\nServer deleted.\n",
     REPLY_OK},
    {"del server b/s", "[3]: No such server.", REPLY_ALREADY},
    {"add server b/s", "[3]: No such backend.\n", REPLY_RETRY},
    {"del server b/s", "[3]: No such backend.\n", REPLY_ALREADY},
    {"del server b/s", "[3]: Only servers in maintenance mode can be deleted.", REPLY_REFUSED},
    {"del server b/s", "[3]: Server still has connections attached to it, cannot remove it.",
     REPLY_RETRY},
    {"set server b/s addr 1.2.3.4",
     "[4]: IP changed from '1.2.3.3' to '1.2.3.4' by 'stats socket command'\n", REPLY_OK},
    {"set server b/s addr 1.2.3.4 port 5",
     "[4]: no need to change the addr, port changed from '4' to '5' by 'stats socket command'\n",
     REPLY_OK},
    {"set server b/s addr 1.2.3.4 port 5",
     "[4]: no need to change the addr, no need to change the port by 'stats socket command'\n",
     REPLY_ALREADY},
    {"set server b/s addr 1.2.3.4", "[4]: nothing changed\n", REPLY_ALREADY},
    {"set server b/s addr 1.2.3.4", "[4]: Invalid addr 'foo'\n", REPLY_REFUSED},
    {"set server b/s state ready", "", REPLY_OK},
    {"set server b/s state ready", "\n", REPLY_OK},
    {"set server b/s state ready", "[3]: No such server.\n", REPLY_REFUSED},
    {"wait 2s srv-removable b/s", "Done.\n", REPLY_OK},
    {"wait 2s srv-removable b/s", "Wait delay expired.\n", REPLY_RETRY},
    {"wait 2s srv-removable b/s", "Failed. No such server.\n", REPLY_ALREADY},
    {"wait 2s srv-removable b/s", "Failed.\n", REPLY_REFUSED},
    {"shutdown sessions server b/s", "[3]: No such backend.\n", REPLY_ALREADY},
    {"add backend x from y", "[6]: New backend registered.\n", REPLY_OK},
    {"add backend x from y", "New backend registered (no support for dynamic servers: ...).\n",
     REPLY_REFUSED},
    {"add backend x from y",
     "Error during backend creation : name is already used by other proxy 'backend x'.\n",
     REPLY_ALREADY},
    {"add backend x from y",
     "Error during backend creation : name is already used by other proxy 'frontend x'.\n",
     REPLY_REFUSED},
    {"publish backend x", "Backend published.\n", REPLY_OK},
    {"unpublish backend x", "Backend unpublished.\n", REPLY_OK},
    {"del backend x", "Server x/s is going DOWN\nBackend deleted.\n", REPLY_OK},
    {"del backend x", "Backend still has attached streams on it.\n", REPLY_RETRY},
    {"del backend x", "Only a backend without server can be deleted.\n", REPLY_RETRY},
    {"del map /f k", "[3]: Key not found.\n", REPLY_ALREADY},
    {"set map /f k v", "[3]: entry not found.\n", REPLY_REFUSED},
    {"prepare map /f", "[6]: New version created: 3\n", REPLY_OK},
    {"commit map @3 /f", "", REPLY_OK},
    {"commit map @9 /f", "[3]: Version number out of range.\n", REPLY_REFUSED},
    {"enable server b/s", "Unknown command: 'enable', but maybe ...\n", REPLY_REFUSED},
    {"enable server b/s", "Permission denied\n", REPLY_REFUSED},
    {"frobnicate", "", REPLY_REFUSED},
};

static void texts_mean_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct sample *s = &samples[i];
        enum reply_meaning got = reply_classify(reply_op_of(str_z(s->command)), str_z(s->reply));
        if (got != s->meaning)
            fail_msg("\"%s\" -> \"%s\": %s, expected %s", s->command, s->reply,
                     reply_meaning_name(got), reply_meaning_name(s->meaning));
    }
}

/* A reply that lost its end is never taken for more than it says. */
static void cut_text_is_never_a_success(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        enum reply_op op = reply_op_of(str_z(samples[i].command));
        size_t whole = str_trim(str_z(samples[i].reply)).n;
        if (op == REPLY_SET_ADDR) /* its success is in the middle */
            continue;
        for (size_t n = 1; n < whole; n++) {
            struct str cut = {samples[i].reply, n};
            if (str_starts(cut, STR("New version created: ")) ||
                str_starts(cut, STR("[6]: New version created: ")))
                continue;
            if (str_trim(cut).n && reply_classify(op, cut) == REPLY_OK)
                fail_msg("\"%.*s\" counts as ok", (int)n, samples[i].reply);
        }
    }
}

static void commands_are_known_by_their_words(void **state)
{
    (void)state;
    for (unsigned op = 0; op < REPLY_OPS; op++)
        assert_int_equal(reply_op_of(str_z(reply_op_words((enum reply_op)op))), op);
    assert_int_equal(reply_op_of(STR("@1 set server b/s weight 3")), REPLY_SET_SERVER_WEIGHT);
    assert_int_equal(reply_op_of(STR("set server b/s fqdn x")), REPLY_OP_UNKNOWN);
    assert_int_equal(reply_op_of(STR("")), REPLY_OP_UNKNOWN);
    assert_string_equal(reply_op_words(REPLY_OP_UNKNOWN), "(unknown)");
}

static void helpers_read_texts(void **state)
{
    unsigned v = 0;

    (void)state;
    assert_int_equal(reply_map_version(STR("[6]: New version created: 42\n\n"), &v), 0);
    assert_int_equal(v, 42);
    assert_int_equal(reply_map_version(STR("New version created: x\n"), &v), -1);
    assert_int_equal(reply_map_version(STR("New version created: 99999999999\n"), &v), -1);
    assert_int_equal(reply_map_version(STR(""), &v), -1);
    assert_true(str_eq_z(reply_text(STR("\n[3]: No such server.\nmore\n")), "No such server."));
    assert_int_equal(reply_text(STR("")).n, 0);
    assert_true(reply_no_backend(STR("[3]: Can't find backend.\n")));
    assert_true(reply_no_backend(STR("[3]: No such proxy.\n")));
    assert_false(reply_no_backend(STR("1\n# be_id\n")));
    assert_true(reply_no_map(STR("[3]: Unknown map identifier. Please use #<id> or <file>.\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_mean_what_the_table_says),
        cmocka_unit_test(cut_text_is_never_a_success),
        cmocka_unit_test(commands_are_known_by_their_words),
        cmocka_unit_test(helpers_read_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
