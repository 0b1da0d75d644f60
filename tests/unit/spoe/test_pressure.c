/* SPDX-License-Identifier: Apache-2.0 */
/* A peer that asks more than it reads: the server stops reading, holds no more than a buffer, drops
 * the peer in the end, and loses nothing of one that goes on. */
#include "dial.h"
#include "folder.h"
#include "talk.h"

#include "spoe/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUESTIONS = 20000, QUESTION_BYTES = 160, LARGE_BYTES = 2000, FEW_BYTES = 2500 };

struct scene {
    char folder[FOLDER_PATH], path[96];
    struct spop_server *s;
    uint8_t *bytes;
    size_t n, sent;
    int fd;
};

/* Questions with the ids 1 to QUESTIONS; returns their bytes. */
static uint8_t *questions(size_t *n)
{
    static const uint8_t zeros[100];
    struct spop_value padding = {SPOP_BINARY, {.bytes = {zeros, sizeof zeros}}};
    struct spop_out out = {malloc(QUESTIONS * QUESTION_BYTES), 0, QUESTIONS * QUESTION_BYTES,
                           false};

    assert_non_null(out.p);
    for (uint64_t id = 1; id <= QUESTIONS; id++) {
        size_t start = spop_frame_begin(&out, SPOP_FRAME_NOTIFY, id, 1);
        spop_put_string(&out, SPOP_BYTES("m"));
        spop_put_u8(&out, 1);
        spop_put_string(&out, SPOP_BYTES("padding"));
        spop_put_value(&out, &padding);
        spop_frame_end(&out, start);
    }
    assert_false(out.full);
    *n = out.n;
    return out.p;
}

static void answer_at_length(void *ctx, const struct spop_notify *notify, struct spop_ack *ack)
{
    static const uint8_t zeros[LARGE_BYTES];

    (void)ctx;
    (void)notify;
    spop_ack_set(ack, SPOP_SCOPE_TXN, SPOP_BYTES("v"),
                 (struct spop_value){SPOP_BINARY, {.bytes = {zeros, sizeof zeros}}});
}

/* Sends without waiting; false: the server takes no more at present, or has hung up. */
static bool send_some(int fd, const uint8_t *bytes, size_t n, size_t *sent)
{
    ssize_t done = send(fd, bytes + *sent, n - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (done > 0)
        *sent += (size_t)done;
    return done > 0;
}

/* Asks little by little until the server stops to answer. */
static void ask_until_paused(struct scene *c)
{
    uint64_t before;

    dial_send(c->fd, HELLO);
    dial_expect(c->fd, AGENT_HELLO);
    c->sent = 0;
    do {
        int64_t until_ms = dial_ms() + DIAL_WAIT_S * 1000;

        before = dial_state(c->s, 0).notifies;
        (void)send_some(c->fd, c->bytes, c->sent + FEW_BYTES, &c->sent);
        while (dial_state(c->s, 0).notifies == before && dial_state(c->s, 0).paused == 0) {
            assert_true(dial_ms() < until_ms);
            dial_pause();
        }
    } while (dial_state(c->s, 0).paused == 0);
}

static void expect_answers(int fd, const uint8_t *bytes, size_t n, size_t *sent)
{
    static uint8_t got[1 << 16];
    size_t held = 0;
    uint64_t id = 0;

    while (id < QUESTIONS) {
        struct spop_bytes left = {got, held};
        struct spop_frame f;
        enum spop_status why;
        ssize_t done;

        if (*sent < n)
            (void)send_some(fd, bytes, n, sent);
        done = recv(fd, got + held, sizeof got - held, 0);
        assert_true(done > 0);
        left.n += (size_t)done;
        while (spop_frame_take(&left, SPOP_DEFAULT_FRAME_BYTES, &f, &why) == SPOP_FRAME_WHOLE) {
            assert_int_equal(f.type, SPOP_FRAME_ACK);
            assert_int_equal(f.stream_id, ++id);
        }
        memmove(got, left.p, left.n);
        held = left.n;
    }
    assert_int_equal(held, 0);
}

/* A peer that does not read, on a unix socket, or on a narrow connection with long answers. */
static void scene_begin(struct scene *c, struct spop_options *o, bool narrow)
{
    folder_make(c->folder, "spoe");
    (void)snprintf(c->path, sizeof c->path, "%s/agent.sock", c->folder);
    o->on_notify = narrow ? answer_at_length : dial_answer;
    c->s = dial_start(o, narrow ? NULL : c->path);
    c->bytes = questions(&c->n);
    c->fd = narrow ? dial_narrow(c->s) : dial_path(c->path);
    ask_until_paused(c);
    assert_true(dial_state(c->s, 0).notifies < QUESTIONS);
}

static void scene_end(struct scene *c)
{
    close(c->fd);
    free(c->bytes);
    assert_int_equal(spop_server_stop(c->s), 0);
    folder_remove(c->folder);
}

static void a_peer_that_reads_late_loses_no_answer(void **state)
{
    struct spop_options o = {.write_ms = 60000, .frame_ms = 60000};
    struct scene c;

    (void)state;
    for (int narrow = 0; narrow < 2; narrow++) {
        scene_begin(&c, &o, narrow);
        expect_answers(c.fd, c.bytes, c.n, &c.sent);
        assert_int_equal(dial_state(c.s, 0).notifies, QUESTIONS);
        scene_end(&c);
    }
}

static void a_peer_that_never_reads_is_dropped(void **state)
{
    struct spop_options o = {.write_ms = 500};
    struct scene c;

    (void)state;
    for (int narrow = 0; narrow < 2; narrow++) {
        scene_begin(&c, &o, narrow);
        DIAL_UNTIL(dial_state(c.s, 0).connections == 0);
        assert_int_equal(dial_state(c.s, 0).blocked, 1);
        scene_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_that_reads_late_loses_no_answer),
        cmocka_unit_test(a_peer_that_never_reads_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
