/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's question and the agent's answer; policies that are replaced while they are read. */
#include "folder.h"
#include "question.h"
#include "spoa/spoa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <pthread.h>
#include <unistd.h>
#include <cmocka.h>

enum { THREADS = 2, PEERS = 4, CHANGES = 400, DEADLINE_MS = 20000 };

static int64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct one {
    struct policy_set *policies;
    _Atomic(struct answers *) answers;
    struct asker asker;
    uint8_t question[QUESTION_BYTES], answer[QUESTION_BYTES];
};

/* The variables of the answer to one message. */
static struct spop_bytes answer_to(struct one *s, const char *frontend, const char *value)
{
    struct spop_out q = {.p = s->question, .size = QUESTION_BYTES};
    struct spop_out to = {.p = s->answer, .size = QUESTION_BYTES};
    struct spop_notify notify = {.stream_id = 1, .frame_id = 1};
    struct spop_bytes frame;
    struct spop_frame f;
    enum spop_status why;
    struct spop_ack ack;

    question_put(&q, frontend, value);
    notify.payload = (struct spop_bytes){q.p, q.n};
    spop_ack_begin(&ack, &to, &notify, QUESTION_BYTES);
    ask_answer(&s->asker, &notify, &ack);
    assert_true(spop_ack_end(&ack));
    frame = (struct spop_bytes){to.p, to.n};
    assert_int_equal(spop_frame_take(&frame, QUESTION_BYTES, &f, &why), SPOP_FRAME_WHOLE);
    return f.payload;
}

static void the_answer_has_the_backend_first_and_done_always(void **state)
{
    struct one s = {.asker = {.answers = &s.answers, .scratch = policy_scratch_new()}};
    struct spop_bytes answer;
    size_t place;

    (void)state;
    s.policies = question_policies("staged");
    atomic_store(&s.answers, answers_new(s.policies));
    answer = answer_to(&s, "web", "b");
    assert_string_equal(question_variable(answer, "backend", &place), "staged");
    assert_int_equal(place, 0);
    assert_string_equal(question_variable(answer, "variant", &place), "v");
    assert_string_equal(question_variable(answer, "policy", &place), "gold");
    assert_string_equal(question_variable(answer, "done", &place), "agent");
    assert_int_equal(place, 3);

    answer = answer_to(&s, "web", "c"); /* no policy holds */
    assert_string_equal(question_variable(answer, "done", &place), "agent");
    assert_int_equal(place, 0);
    answer = answer_to(&s, "other", "b"); /* a frontend without policies */
    assert_string_equal(question_variable(answer, "done", &place), "agent");
    assert_int_equal(place, 0);
    assert_int_equal(atomic_load(&s.asker.taken), 1);
    assert_int_equal(atomic_load(&s.asker.none), 2);
    policy_scratch_free(s.asker.scratch);
    answers_free(atomic_load(&s.answers));
    policy_set_free(s.policies);
}

static void messages_that_are_not_ours_get_no_variable(void **state)
{
    static const uint8_t payload[] = {4, 'p', 'i', 'c', 'k', 0};
    struct spop_notify notify = {.payload = {payload, sizeof payload}};
    uint8_t bytes[QUESTION_BYTES];
    struct spop_out to = {.p = bytes, .size = sizeof bytes};
    struct asker asker = {.answers = NULL}; /* not looked at */
    struct spop_ack ack;
    size_t before;

    (void)state;
    spop_ack_begin(&ack, &to, &notify, QUESTION_BYTES);
    before = ack.out.n;
    ask_answer(&asker, &notify, &ack);
    assert_int_equal(ack.out.n, before);
}

/* --- while they are read --- */

static char address[FOLDER_PATH + 16];
static atomic_bool ending;
static atomic_uint answered;

static void *ask_on(void *unused)
{
    uint8_t room[QUESTION_BYTES];
    int fd = question_dial(address);
    size_t place;

    (void)unused;
    while (!atomic_load(&ending)) {
        struct spop_bytes answer = question_ask(fd, "b", room);
        const char *backend = question_variable(answer, "backend", &place);

        assert_true(backend[0] == 'x' && backend[1] >= '0' && backend[1] <= '9');
        atomic_fetch_add(&answered, 1);
    }
    (void)close(fd);
    return NULL;
}

static void on_thread(void *ctx, unsigned thread, bool stuck, int64_t silent_ms)
{
    (void)ctx, (void)thread, (void)stuck, (void)silent_ms;
    fail_msg("a thread is taken for stuck");
}

static void wait_until(struct spoa *s, bool (*reached)(struct spoa *s))
{
    int64_t deadline = now_ms() + DEADLINE_MS;

    while (!reached(s)) {
        assert_true(now_ms() < deadline);
        spoa_tick(s, now_ms());
        (void)usleep(2000);
    }
}

static bool all_freed(struct spoa *s)
{
    return spoa_retired(s) == 0;
}

/* Each question is answered by the policies before or after a change, never by what is freed; the
 * next one after it by the new ones. */
static void policies_are_replaced_while_they_are_read(void **state)
{
    struct spoa_options o = {.listen = address, .threads = THREADS, .on_thread = on_thread};
    char folder[FOLDER_PATH], backend[] = "x0";
    uint8_t room[QUESTION_BYTES];
    pthread_t peers[PEERS];
    struct spoa *s;
    struct err e = {0};
    size_t place;
    int fd;

    (void)state;
    folder_make(folder, "spoa");
    (void)snprintf(address, sizeof address, "%s/spoe.sock", folder);
    s = spoa_start(&o, question_policies(backend), &e);
    if (!s)
        fail_msg("%s", e.text);
    for (int i = 0; i < PEERS; i++)
        assert_int_equal(pthread_create(&peers[i], NULL, ask_on, NULL), 0);
    fd = question_dial(address);
    for (int i = 0; i < CHANGES; i++) {
        backend[1] = (char)('0' + i % 10);
        spoa_decide_by(s, question_policies(backend));
        assert_string_equal(question_variable(question_ask(fd, "b", room), "backend", &place),
                            backend);
        spoa_tick(s, now_ms());
    }
    wait_until(s, all_freed);
    atomic_store(&ending, true);
    for (int i = 0; i < PEERS; i++)
        assert_int_equal(pthread_join(peers[i], NULL), 0);
    assert_true(atomic_load(&answered) > 0);
    (void)close(fd);
    spoa_stop(s);
    folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_has_the_backend_first_and_done_always),
        cmocka_unit_test(messages_that_are_not_ours_get_no_variable),
        cmocka_unit_test(policies_are_replaced_while_they_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
