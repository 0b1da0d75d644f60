/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at any moment leaves a whole store: what was accepted is there, what was not is absent.
 */
#include "place.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Shared with the child: what it was told to be durable. */
struct accepted {
    volatile unsigned begun, done;
};

struct job {
    const struct place *place;
    struct accepted *accepted;
    unsigned changes, fault;
};

static struct accepted *accepted_new(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(p, MAP_FAILED);
    return p;
}

/* Change n sets both records to n: half a change would show. */
static int change(struct store *s, unsigned n)
{
    char text[5000];
    struct err e;
    struct store_txn *t = store_write(s, STORE_STATE, &e);

    if (!t)
        return -1;
    memset(text, '.', sizeof text);
    (void)snprintf(text, 16, "%u", n);
    store_put(t, STORE_FRONTENDS, STR("one"), str_z(text));
    store_put(t, STORE_BACKENDS, STR("two"), (struct str){text, sizeof text});
    return store_commit(t, &e);
}

static void make_changes(void *ctx)
{
    struct job *job = ctx;
    char order[32];
    struct store *s;

    (void)snprintf(order, sizeof order, "kill:%u", job->fault);
    if (job->fault)
        (void)setenv("THALASSA_FAULT", order, 1);
    s = store_open(job->place->store, NULL, NULL);
    if (!s)
        _exit(3);
    for (unsigned i = 0; i < job->changes; i++) {
        job->accepted->begun++;
        if (change(s, job->accepted->begun))
            _exit(4);
        job->accepted->done = job->accepted->begun;
    }
    store_close(s);
}

static unsigned stored(struct store *s, enum store_table table, const char *key)
{
    const char *text = get_ok(s, table, key);

    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void check_whole(const struct place *p, struct accepted *a)
{
    struct store *s = open_ok(p);
    unsigned one = stored(s, STORE_FRONTENDS, "one"), two = stored(s, STORE_BACKENDS, "two");

    assert_int_equal(one, two);
    assert_true(one == a->done || one == a->begun);
    a->begun = a->done = one;
    store_close(s);
}

#ifdef THALASSA_FAULTS
static void test_killed_at_every_fault_point_the_store_is_whole(void **state)
{
    unsigned fault = 1;

    for (;; fault++) { /* each time from the beginning, so that creation is met as well */
        struct accepted *a = accepted_new();
        void *place = NULL;
        struct job job = {NULL, a, 5, fault};
        int status;
        assert_int_equal(place_setup(&place), 0);
        job.place = place;
        status = child_run(make_changes, &job);
        check_whole(job.place, a);
        (void)place_teardown(&place);
        (void)munmap(a, 4096);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
        assert_int_equal(WTERMSIG(status), SIGKILL);
    }
    print_message("%u fault points\n", fault - 1);
    assert_true(fault > 14); /* 2 x 2 of the creation, 2 of each change */
    (void)state;
}
#else
static void test_killed_at_every_fault_point_the_store_is_whole(void **state)
{
    (void)state;
    skip();
}
#endif

static void kill_after_random_time(struct job *job, unsigned us)
{
    struct timespec wait = {0, (long)us * 1000};
    pid_t pid = fork();
    int status;

    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        make_changes(job);
        _exit(0);
    }
    (void)nanosleep(&wait, NULL); /* the moment of death, not a wait for anything */
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
}

enum { KILLS = 60, KILLS_MAX = 1000, CHANGES = 60 };

static void test_killed_at_random_the_store_is_whole(void **state)
{
    struct accepted *a = accepted_new();
    struct job job = {*state, a, 1000000, 0};
    unsigned random = 12345;

    /* on a busy machine most of them die before they have changed anything */
    for (int i = 0; i < KILLS || (a->done <= CHANGES && i < KILLS_MAX); i++) {
        random = random * 1664525u + 1013904223u;
        kill_after_random_time(&job, (random >> 8) % 40000);
        check_whole(job.place, a);
    }
    print_message("%u changes accepted in all\n", a->done);
    assert_true(a->done > CHANGES);
    (void)munmap(a, 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_killed_at_every_fault_point_the_store_is_whole),
        TEST(test_killed_at_random_the_store_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
