/* SPDX-License-Identifier: Apache-2.0 */
/* The thread beside the loop: jobs in order, answers on the loop, an end that loses none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/worker.h"

#include <ev.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

enum { JOBS = 200, DEADLINE_S = 10 };

struct job {
    unsigned number;
    bool ran, done;
    struct scene *scene;
};

struct scene {
    struct ev_loop *loop;
    struct worker *worker;
    pthread_t loop_thread;
    struct job jobs[JOBS];
    unsigned run_count, done_count; /* each written by one thread only */
    bool out_of_order;
};

static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)w;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void init(struct scene *s)
{
    *s = (struct scene){.loop = ev_loop_new(EVFLAG_AUTO), .loop_thread = pthread_self()};
    assert_non_null(s->loop);
    for (unsigned i = 0; i < JOBS; i++)
        s->jobs[i] = (struct job){.number = i, .scene = s};
    s->worker = worker_start(s->loop);
}

/* Until somebody breaks the loop; false when the deadline did. */
static bool turn(struct scene *s, unsigned done_wanted)
{
    ev_timer deadline;

    ev_timer_init(&deadline, on_deadline, DEADLINE_S, 0);
    ev_timer_start(s->loop, &deadline);
    ev_run(s->loop, 0);
    ev_timer_stop(s->loop, &deadline);
    return s->done_count >= done_wanted;
}

static void run(void *ctx)
{
    struct job *j = ctx;

    j->ran = true;
    j->scene->out_of_order = j->scene->out_of_order || j->number != j->scene->run_count ||
                             pthread_equal(pthread_self(), j->scene->loop_thread);
    j->scene->run_count++;
}

static void done(void *ctx)
{
    struct job *j = ctx;

    j->done = true;
    assert_true(pthread_equal(pthread_self(), j->scene->loop_thread));
    assert_int_equal(j->number, j->scene->done_count);
    if (++j->scene->done_count == JOBS)
        ev_break(j->scene->loop, EVBREAK_ALL);
}

static void test_jobs_run_in_order_and_answer_on_the_loop(void **state)
{
    static struct scene s;

    (void)state;
    init(&s);
    for (unsigned i = 0; i < JOBS; i++)
        worker_submit(s.worker, run, done, &s.jobs[i]);
    assert_true(turn(&s, JOBS));
    worker_stop(s.worker);
    assert_false(s.out_of_order);
    assert_int_equal(s.run_count, JOBS);
    assert_int_equal(s.done_count, JOBS);
    ev_loop_destroy(s.loop);
}

static void done_and_break(void *ctx)
{
    done(ctx);
    ev_break(((struct job *)ctx)->scene->loop, EVBREAK_ALL);
}

static void done_and_submit(void *ctx)
{
    struct job *j = ctx;

    done(ctx);
    worker_submit(j->scene->worker, run, done_and_break, &j->scene->jobs[j->number + 1]);
}

static void test_an_answer_may_submit(void **state)
{
    static struct scene s;

    (void)state;
    init(&s);
    worker_submit(s.worker, run, done_and_submit, &s.jobs[0]);
    assert_true(turn(&s, 2));
    worker_stop(s.worker);
    ev_loop_destroy(s.loop);
}

static void run_slowly(void *ctx)
{
    const struct timespec a_while = {.tv_nsec = 1000000};

    (void)nanosleep(&a_while, NULL);
    run(ctx);
}

static void count_done(void *ctx)
{
    struct job *j = ctx;

    j->done = true;
    j->scene->done_count++;
}

static void test_the_end_waits_for_the_job_that_runs_and_answers_the_rest(void **state)
{
    static struct scene s;

    (void)state;
    init(&s);
    for (unsigned i = 0; i < JOBS; i++)
        worker_submit(s.worker, run_slowly, count_done, &s.jobs[i]);
    worker_stop(s.worker);                /* long before the last one has run */
    assert_int_equal(s.done_count, JOBS); /* so that each ctx is freed */
    for (unsigned i = 0; i < JOBS; i++) {
        assert_true(s.jobs[i].done);
        assert_int_equal(s.jobs[i].ran, i < s.run_count); /* none was left in its middle */
    }
    ev_loop_destroy(s.loop);
}

static void test_a_worker_without_jobs_ends(void **state)
{
    static struct scene s;

    (void)state;
    init(&s);
    worker_stop(s.worker);
    ev_loop_destroy(s.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jobs_run_in_order_and_answer_on_the_loop),
        cmocka_unit_test(test_an_answer_may_submit),
        cmocka_unit_test(test_the_end_waits_for_the_job_that_runs_and_answers_the_rest),
        cmocka_unit_test(test_a_worker_without_jobs_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
