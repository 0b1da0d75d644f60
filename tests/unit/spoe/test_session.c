/* SPDX-License-Identifier: Apache-2.0 */
/* Conversations with HAProxy as captured, and with peers that break the rules: each ends with the
 * status that it must, wherever the bytes are cut, and no answer goes to what did not decode. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define NOTIFY "[03 00000001 02 01 'pick' 01 'path' 08'/a/x']"
#define ACK_OF_1 "[67 00000001 02 01 01 03 02 'n' 04 01]"

enum { ALIVE = -1 };

struct rule {
    const char *name, *sent;
    int status; /* of our DISCONNECT, or ALIVE */
    unsigned notifies;
};

static const struct rule rules[] = {
    {"HELLO, two questions", HELLO NOTIFY NOTIFY, ALIVE, 2},
    {"HAProxy leaves", HELLO NOTIFY BYE, SPOP_NORMAL, 1},
    {"nothing is read behind the end", HELLO BYE NOTIFY, SPOP_NORMAL, 0},
    {"length 0", HELLO "00000000", SPOP_INVALID, 0},
    {"length 1", HELLO "00000001 03", SPOP_INVALID, 0},
    {"length 2", HELLO "00000002 03 00", SPOP_INVALID, 0},
    {"length 3", HELLO "00000003 03 0000", SPOP_INVALID, 0},
    {"length 4", HELLO "00000004 03 000000", SPOP_INVALID, 0},
    {"length 5", HELLO "00000005 03 00000001", SPOP_INVALID, 0},
    {"length 6", HELLO "00000006 03 00000001 02", SPOP_INVALID, 0},
    {"length 6, nothing more", "00000006", SPOP_INVALID, 0},
    {"length of 16381", HELLO "00003ffd", SPOP_TOO_BIG, 0},
    {"length of 2^32-1", "ffffffff", SPOP_TOO_BIG, 0},
    {"TLS", "16 03 01 02 00 01 00 01 fc 03 03", SPOP_TOO_BIG, 0},
    {"HTTP", "474554202f20485454502f312e310d0a0d0a", SPOP_TOO_BIG, 0},
    {"question before HELLO", NOTIFY, SPOP_INVALID, 0},
    {"leave before HELLO", BYE, SPOP_INVALID, 0},
    {"unknown frame before HELLO", "[96 00000001 00 00]", SPOP_INVALID, 0},
    {"second HELLO", HELLO HELLO NOTIFY, SPOP_INVALID, 0},
    {"no versions", "[01 00000001 00 00 " KV_SIZE KV_CAPS "]", SPOP_NO_VERSION, 0},
    {"empty HELLO", "[01 00000001 00 00]", SPOP_NO_VERSION, 0},
    {"no frame size", "[01 00000001 00 00 " KV_VERSION KV_CAPS "]", SPOP_NO_FRAME_SIZE, 0},
    {"no capabilities", "[01 00000001 00 00 " KV_VERSION KV_SIZE "]", SPOP_NO_CAPABILITIES, 0},
    {"key cut short", "[01 00000001 00 00 " KV_VERSION "'max-frame' 03 fcf006 " KV_CAPS "]",
     SPOP_NO_FRAME_SIZE, 0},
    {"version 1.0", "[01 00000001 00 00 'supported-versions' 08'1.0' " KV_SIZE KV_CAPS "]",
     SPOP_BAD_VERSION, 0},
    {"version 2.1", "[01 00000001 00 00 'supported-versions' 08'2.1' " KV_SIZE KV_CAPS "]",
     SPOP_BAD_VERSION, 0},
    {"versions 1.0 and 3.0",
     "[01 00000001 00 00 'supported-versions' 08'1.0, 3.0' " KV_SIZE KV_CAPS "]", SPOP_BAD_VERSION,
     0},
    {"version 12.0", "[01 00000001 00 00 'supported-versions' 08'12.0' " KV_SIZE KV_CAPS "]",
     SPOP_BAD_VERSION, 0},
    {"no version in the list", "[01 00000001 00 00 'supported-versions' 08'' " KV_SIZE KV_CAPS "]",
     SPOP_BAD_VERSION, 0},
    {"versions with blanks",
     "[01 00000001 00 00 'supported-versions' 08' 1.0 , 2.0 ,3.0' " KV_SIZE KV_CAPS "]" NOTIFY,
     ALIVE, 1},
    {"version is a number", "[01 00000001 00 00 'supported-versions' 03 02 " KV_SIZE KV_CAPS "]",
     SPOP_INVALID, 0},
    {"frame size of 255", "[01 00000001 00 00 " KV_VERSION "'max-frame-size' 03 ff00 " KV_CAPS "]",
     SPOP_BAD_FRAME_SIZE, 0},
    {"frame size of 0", "[01 00000001 00 00 " KV_VERSION "'max-frame-size' 03 00 " KV_CAPS "]",
     SPOP_BAD_FRAME_SIZE, 0},
    {"negative frame size",
     "[01 00000001 00 00 " KV_VERSION "'max-frame-size' 04 fff0fefefefefefefe0e " KV_CAPS "]",
     SPOP_BAD_FRAME_SIZE, 0},
    {"frame size is text",
     "[01 00000001 00 00 " KV_VERSION "'max-frame-size' 08'16380' " KV_CAPS "]", SPOP_INVALID, 0},
    {"healthcheck is text", "[01 00000001 00 00 " KV_VERSION KV_SIZE KV_CAPS "'healthcheck' 08'1']",
     SPOP_INVALID, 0},
    {"a key twice", "[01 00000001 00 00 " KV_VERSION KV_SIZE KV_SIZE KV_CAPS "]", SPOP_INVALID, 0},
    {"unknown keys",
     "[01 00000001 00 00 'x' 07 00000000000000000000000000000000 " KV_VERSION
     "'x' 11 'x' 11 " KV_SIZE KV_CAPS "]" NOTIFY,
     ALIVE, 1},
    {"HELLO with a stream", "[01 00000001 01 00 " KV_VERSION KV_SIZE KV_CAPS "]", SPOP_INVALID, 0},
    {"HELLO with a frame id", "[01 00000001 00 01 " KV_VERSION KV_SIZE KV_CAPS "]", SPOP_INVALID,
     0},
    {"HELLO without FIN", "[01 00000000 00 00 " KV_VERSION KV_SIZE KV_CAPS "]", SPOP_FRAGMENTED, 0},
    {"trailing byte in HELLO", "[01 00000001 00 00 " KV_VERSION KV_SIZE KV_CAPS "00]", SPOP_INVALID,
     0},
    {"reserved type in HELLO", "[01 00000001 00 00 " KV_VERSION KV_SIZE KV_CAPS "'x' 0a]",
     SPOP_INVALID, 0},
    {"no FIN", HELLO "[03 00000000 02 01 'pick' 00]", SPOP_FRAGMENTED, 0},
    {"FIN and ABRT", HELLO "[03 00000003 02 01 'pick' 00]", SPOP_FRAGMENTED, 0},
    {"UNSET", HELLO "[00 00000001 02 01 'pick' 00]", SPOP_FRAGMENTED, 0},
    {"AGENT-HELLO", HELLO AGENT_HELLO, SPOP_INVALID, 0},
    {"AGENT-DISCONNECT", HELLO AGENT_BYE, SPOP_INVALID, 0},
    {"ACK", HELLO ACK_OF_1, SPOP_INVALID, 0},
    {"leave without status", HELLO "[02 00000001 00 00 'message' 08'normal']", SPOP_INVALID, 0},
    {"leave without words", HELLO "[02 00000001 00 00 'status-code' 0300]", SPOP_INVALID, 0},
    {"leave with a stream", HELLO "[02 00000001 01 00 'status-code' 0300 'message' 08'x']",
     SPOP_INVALID, 0},
    {"trailing byte in leave", HELLO "[02 00000001 00 00 'status-code' 0300 'message' 08'x' 00]",
     SPOP_INVALID, 0},
    {"cut stream id", HELLO "[03 00000001 f0808080]", SPOP_INVALID, 0},
    {"endless stream id", HELLO "[03 00000001 f08080808080808080808080 00 00]", SPOP_INVALID, 0},
    {"endless frame id", HELLO "[03 00000001 00 f08080808080808080808080]", SPOP_INVALID, 0},
    {"frame id of 2^64", HELLO "[03 00000001 00 fff0fefefefefefefe0f]", SPOP_INVALID, 0},
    {"ids of 64 bits", HELLO "[03 00000001 fff0fefefefefefefe0e fff0fefefefefefefe0e 'm' 00]",
     ALIVE, 1},
    {"empty question", HELLO "[03 00000001 00 01]", ALIVE, 1},
    {"message without a name or arguments", HELLO "[03 00000001 00 01 00 00]", ALIVE, 1},
    {"message cut in its name", HELLO "[03 00000001 00 01 04 7069]", SPOP_INVALID, 0},
    {"message without a count", HELLO "[03 00000001 00 01 'pick']", SPOP_INVALID, 0},
    {"fewer arguments than told", HELLO "[03 00000001 00 01 'pick' 02 'a' 00]", SPOP_INVALID, 0},
    {"more arguments than told", HELLO "[03 00000001 00 01 'pick' 01 'a' 00 'b' 11]", SPOP_INVALID,
     0},
    {"trailing byte", HELLO "[03 00000001 00 01 'pick' 01 'a' 00 00]", SPOP_INVALID, 0},
    {"cut argument name", HELLO "[03 00000001 00 01 'pick' 01 05 61]", SPOP_INVALID, 0},
    {"cut string", HELLO "[03 00000001 00 01 'pick' 01 'a' 08 05 61]", SPOP_INVALID, 0},
    {"string of 2^64-1 bytes", HELLO "[03 00000001 00 01 'pick' 01 'a' 08 fff0fefefefefefefe0e 61]",
     SPOP_INVALID, 0},
    {"cut number", HELLO "[03 00000001 00 01 'pick' 01 'a' 04 f0]", SPOP_INVALID, 0},
    {"endless number", HELLO "[03 00000001 00 01 'pick' 01 'a' 04 f0808080808080808080808000]",
     SPOP_INVALID, 0},
    {"cut IPv6", HELLO "[03 00000001 00 01 'pick' 01 'a' 07 2001]", SPOP_INVALID, 0},
    {"type 10", HELLO "[03 00000001 00 01 'pick' 01 'a' 0a]", SPOP_INVALID, 0},
    {"type 11", HELLO "[03 00000001 00 01 'pick' 01 'a' 0b]", SPOP_INVALID, 0},
    {"type 12", HELLO "[03 00000001 00 01 'pick' 01 'a' 0c]", SPOP_INVALID, 0},
    {"type 13", HELLO "[03 00000001 00 01 'pick' 01 'a' 0d]", SPOP_INVALID, 0},
    {"type 14", HELLO "[03 00000001 00 01 'pick' 01 'a' 0e]", SPOP_INVALID, 0},
    {"type 15", HELLO "[03 00000001 00 01 'pick' 01 'a' 0f]", SPOP_INVALID, 0},
    {"good, bad", HELLO NOTIFY "[03 00000001 00 01 'pick' 01 'a' 0f]" NOTIFY, SPOP_INVALID, 1},
    {"good, too long", HELLO NOTIFY "00100000", SPOP_TOO_BIG, 1},
    {"unknown frame is skipped", HELLO "[96 00000001 00 00 ffffff]" NOTIFY, ALIVE, 1},
    {"unknown message, unknown and nameless arguments",
     HELLO "[03 00000001 00 01 'other' 02 'x' 11 '' 00 'pick' 01 'path' 08'/']", ALIVE, 1},
    {"question in a health check",
     "[01 00000001 00 00 " KV_VERSION KV_SIZE "'capabilities' 08'' 'healthcheck' 11]" NOTIFY,
     SPOP_INVALID, 0},
};

static unsigned acks_in(const struct talk *t)
{
    struct spop_bytes left = {t->out, t->out_n};
    struct spop_frame f;
    enum spop_status why;
    unsigned n = 0;

    while (spop_frame_take(&left, SPOP_DEFAULT_FRAME_BYTES, &f, &why) == SPOP_FRAME_WHOLE)
        n += f.type == SPOP_FRAME_ACK;
    assert_int_equal(left.n, 0);
    return n;
}

static void each_rule_holds_wherever_the_bytes_are_cut(void **state)
{
    static struct talk t;
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        uint8_t bytes[1024];
        size_t n = wire(r->sent, bytes, sizeof bytes);
        bool ended;

        talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, n);
        ended = t.session.state == SPOP_STATE_ENDED;
        if (ended == (r->status != ALIVE) && (!ended || (int)t.session.status == r->status) &&
            t.notifies == r->notifies && acks_in(&t) == r->notifies)
            continue;
        print_error("%s: status %d, %u answered\n", r->name, ended ? (int)t.session.status : ALIVE,
                    t.notifies);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void captured_conversation_of_2_6(void **state)
{
    static struct talk t;
    uint8_t bytes[1024];
    size_t n = wire(
        "00000081 01 00000001 00 00"
        "12 737570706f727465642d76657273696f6e73 08 03 322e30"
        "0e 6d61782d6672616d652d73697a65         03 fcf006"
        "0c 6361706162696c6974696573             08 10 706970656c696e696e672c6173796e63"
        "09 656e67696e652d6964                   08 24"
        "63633238306166662d373062642d343433622d393365352d353436366463366436353638"
        "0000003a 03 00000001 02 01 04 7069636b 04 04 70617468 08 04 2f612f78 02 6970 06 7f000001"
        "01 6e 04 07 04 686f7374 08 0f 3132372e302e302e313a3138303236",
        bytes, sizeof bytes);

    (void)state;
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, n);
    assert_int_equal(t.hellos, 1);
    talk_expect(&t, AGENT_HELLO "[67 00000001 02 01 01 03 02 'n' 04 04]");
}

static void captured_health_check_is_answered_and_nothing_more(void **state)
{
    static struct talk t;
    uint8_t bytes[256];
    size_t n = wire("0000004e 01 00000001 00 00 12 737570706f727465642d76657273696f6e73 0803322e30"
                    "0e 6d61782d6672616d652d73697a65 03fcf006 0c 6361706162696c6974696573 0800"
                    "0b 6865616c7468636865636b 11",
                    bytes, sizeof bytes);

    (void)state;
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, n);
    talk_expect(&t, AGENT_HELLO);
    assert_int_equal(t.checks, 1);
    assert_int_equal(t.session.state, SPOP_STATE_CHECKED);
}

static void a_lame_session_fails_health_checks_and_answers_questions(void **state)
{
    static struct talk t;
    uint8_t bytes[256];
    size_t n =
        wire("[01 00000001 00 00 " KV_VERSION KV_SIZE "'capabilities' 08'' 'healthcheck' 11]",
             bytes, sizeof bytes);

    (void)state;
    talk_begin(&t, SPOP_DEFAULT_FRAME_BYTES);
    t.session.refuses_checks = true;
    talk_feed(&t, bytes, n);
    talk_expect(&t, AGENT_BYE);
    talk_begin(&t, SPOP_DEFAULT_FRAME_BYTES);
    t.session.refuses_checks = true;
    talk_feed(&t, bytes, wire(HELLO NOTIFY, bytes, sizeof bytes));
    assert_int_equal(t.notifies, 1);
}

static void the_smaller_frame_size_holds(void **state)
{
    static struct talk t;
    uint8_t bytes[1024];
    size_t n = wire("[01 00000001 00 00 " KV_VERSION "'max-frame-size' 03 f001 " KV_CAPS "]", bytes,
                    sizeof bytes);

    (void)state;
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, n);
    assert_int_equal(t.session.max_frame_bytes, 256);
    talk_feed(&t, bytes, wire("00000101", bytes, sizeof bytes));
    assert_int_equal(t.session.status, SPOP_TOO_BIG);
    talk_cut_anywhere(&t, 1024, bytes, wire(HELLO "00000401", bytes, sizeof bytes));
    assert_int_equal(t.session.status, SPOP_TOO_BIG);
}

static void our_last_words_tell_the_status(void **state)
{
    static struct talk t;
    uint8_t bytes[256];

    (void)state;
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, wire("ffffffff", bytes, sizeof bytes));
    talk_expect(&t, "[66 00000001 00 00 'status-code' 0303 'message' 08'frame is too big']");
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, wire(HELLO BYE, bytes, sizeof bytes));
    talk_expect(&t, AGENT_HELLO AGENT_BYE);
}

static void what_haproxy_complains_of_is_remembered(void **state)
{
    static struct talk t;
    uint8_t bytes[512];
    size_t n = wire(HELLO "[02 00000001 00 00 'status-code' 0309 'message' 08'too big']", bytes,
                    sizeof bytes);

    (void)state;
    talk_cut_anywhere(&t, SPOP_DEFAULT_FRAME_BYTES, bytes, n);
    assert_int_equal(t.session.status, SPOP_NORMAL);
    assert_int_equal(t.session.haproxy.status, SPOP_BAD_FRAME_SIZE);
}

static void nothing_is_taken_while_there_is_no_room_for_an_answer(void **state)
{
    struct spop_session s;
    uint8_t bytes[256], memory[1024 + 3];
    struct spop_bytes in = {bytes, wire(HELLO, bytes, sizeof bytes)};
    struct spop_out out = {memory, 0, sizeof memory, false};
    struct spop_notify notify;
    size_t before = in.n;

    (void)state;
    spop_session_init(&s, 1024);
    assert_int_equal(spop_session_next(&s, &in, &out, &notify), SPOP_EVENT_ROOM);
    assert_int_equal(in.n, before);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_holds_wherever_the_bytes_are_cut),
        cmocka_unit_test(captured_conversation_of_2_6),
        cmocka_unit_test(captured_health_check_is_answered_and_nothing_more),
        cmocka_unit_test(a_lame_session_fails_health_checks_and_answers_questions),
        cmocka_unit_test(the_smaller_frame_size_holds),
        cmocka_unit_test(our_last_words_tell_the_status),
        cmocka_unit_test(what_haproxy_complains_of_is_remembered),
        cmocka_unit_test(nothing_is_taken_while_there_is_no_room_for_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
