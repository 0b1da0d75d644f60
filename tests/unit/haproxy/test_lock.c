/* SPDX-License-Identifier: Apache-2.0 */
/* Who starts HAProxy is known, whatever became of the agent that began it. */
#include "haproxy/child.h"
#include "haproxy/lock.h"
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ev.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct place {
    char folder[32], config[64], lock[LOCK_PATH];
    int held;
};

struct end {
    bool done;
    int status;
};

/* As an agent has it: the configuration is its own. */
static int setup(void **state)
{
    static struct place p;
    struct err e;

    (void)snprintf(p.folder, sizeof p.folder, "/tmp/thalassa-lock.XXXXXX");
    assert_non_null(mkdtemp(p.folder));
    (void)snprintf(p.config, sizeof p.config, "%s/haproxy.cfg", p.folder);
    assert_int_equal(lock_name_starting(p.config, p.lock, &e), 0);
    p.held = lock_take(p.config, &e);
    assert_true(p.held >= 0);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    const struct place *p = *state;
    char name[128];

    lock_release(p->held);
    (void)unlink(p->lock);
    (void)snprintf(name, sizeof name, "%s.lock", p->config);
    (void)unlink(name);
    return rmdir(p->folder);
}

static void on_end(void *ctx, const struct child_result *r)
{
    struct end *e = ctx;

    e->done = true;
    e->status = r->status;
}

static struct child *run(const struct place *p, const char *script, struct end *end, struct err *e)
{
    const char *argv[] = {"sh", "-c", script, NULL};

    *end = (struct end){0};
    return child_run_locked(EV_DEFAULT, argv, p->lock, 20, on_end, end, e);
}

static void a_start_is_known_until_it_ends(void **state)
{
    const struct place *p = *state;
    struct end first, second;
    struct child *c;
    struct err e;

    assert_int_equal(lock_starter(p->lock), 0);
    c = run(p, "exec sleep 30", &first, &e);
    assert_non_null(c);
    assert_true(lock_starter(p->lock) > 0);
    assert_null(run(p, "exit 0", &second, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    assert_int_equal(kill(-lock_starter(p->lock), SIGKILL), 0); /* it leads its group */
    loop_until(&first.done, 10);
    assert_int_equal(lock_starter(p->lock), 0);
}

static void a_daemon_that_is_left_behind_is_no_start(void **state)
{
    const struct place *p = *state;
    struct end end;
    struct err e;

    assert_non_null(run(p, "sleep 1 >/dev/null 2>&1 & exit 0", &end, &e));
    loop_until(&end.done, 10);
    assert_int_equal(end.status, 0);
    assert_int_equal(lock_starter(p->lock), 0);
    assert_non_null(run(p, "read x; exit 5", &end, &e)); /* and there is nothing to be read */
    loop_until(&end.done, 10);
    assert_int_equal(end.status, 5);
}

/* The agent is killed: its lock on the configuration is free, the start goes on. */
static void a_start_outlives_the_agent(void **state)
{
    const struct place *p = *state;
    pid_t agent = fork(), starter;
    int status;

    if (agent == 0) {
        struct end end;
        struct err e;
        (void)run(p, "exec sleep 30", &end, &e);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(agent, &status, 0), agent);
    assert_true(WIFSIGNALED(status));
    starter = lock_starter(p->lock);
    assert_true(starter > 0);
    assert_int_equal(kill(-starter, SIGKILL), 0);
    while (lock_starter(p->lock))
        (void)usleep(1000);
}

/* A process that a dead agent has just forked holds its lock until it executes its program. */
static void a_lock_that_is_about_to_be_free_is_waited_for(void **state)
{
    struct place *p = *state;
    struct err e;
    pid_t pid = fork();

    if (pid == 0) {
        (void)usleep(300 * 1000);
        _exit(0);
    }
    lock_release(p->held);
    p->held = lock_take(p->config, &e);
    assert_true(p->held >= 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_start_is_known_until_it_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_daemon_that_is_left_behind_is_no_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_start_outlives_the_agent, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_that_is_about_to_be_free_is_waited_for, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
