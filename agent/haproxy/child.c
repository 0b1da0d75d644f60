/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/child.h"

#include "haproxy/lock.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const double kill_grace_s = 1.0;

struct child {
    struct ev_loop *loop;
    pid_t pid;
    int out;
    ev_child exit;
    ev_io readable;
    ev_timer deadline;
    struct buf output;
    bool timed_out;
    bool abandoned; /* reported or cancelled: waits to be reaped only */
    child_on_exit *on_exit;
    void *ctx;
};

static void drain(struct child *c)
{
    char piece[4096];
    ssize_t n;

    while ((n = read(c->out, piece, sizeof piece)) > 0) {
        size_t room = CHILD_OUTPUT_BYTES - c->output.n;
        buf_add(&c->output, piece, (size_t)n < room ? (size_t)n : room);
    }
    if (n == 0)
        ev_io_stop(c->loop, &c->readable);
}

static void close_output(struct child *c)
{
    ev_io_stop(c->loop, &c->readable);
    ev_timer_stop(c->loop, &c->deadline);
    if (c->out >= 0)
        (void)close(c->out);
    c->out = -1;
}

static void free_child(struct child *c)
{
    ev_child_stop(c->loop, &c->exit);
    close_output(c);
    buf_free(&c->output);
    free(c);
}

static void report(struct child *c, int status)
{
    struct child_result result = {
        .status = status, .timed_out = c->timed_out, .output = buf_str(&c->output)};

    c->abandoned = true; /* a child_cancel from within is too late */
    c->on_exit(c->ctx, &result);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    (void)loop;
    (void)events;
    drain(w->data);
}

/* What we may not kill (root's, through sudo) is left alone, but the owner waits no longer. */
static void on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
    struct child *c = w->data;

    (void)loop;
    (void)events;
    if (!c->timed_out) {
        c->timed_out = true;
        (void)kill(-c->pid, SIGKILL);
        ev_timer_set(w, kill_grace_s, 0.);
        ev_timer_start(c->loop, w);
        return;
    }
    close_output(c);
    report(c, 128 + SIGKILL);
}

static void on_child(struct ev_loop *loop, ev_child *w, int events)
{
    struct child *c = w->data;

    (void)loop;
    (void)events;
    if (!c->abandoned) {
        drain(c); /* what a daemon that holds the pipe writes later is not ours */
        report(c, WIFEXITED(w->rstatus) ? WEXITSTATUS(w->rstatus) : 128 + WTERMSIG(w->rstatus));
    }
    free_child(c);
}

/* HAProxy reckons with the limit that it is given: ours is none of its business. */
static struct rlimit files_of_children;
static bool children_have_limit;

int child_raise_files(unsigned long count, struct err *e)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files))
        return err_errno(e, ERR_INTERNAL, errno, "limit of open files");
    if (files.rlim_cur >= count)
        return 0;
    files_of_children = files;
    children_have_limit = true;
    files.rlim_cur = files.rlim_max < count ? files.rlim_max : count;
    if (setrlimit(RLIMIT_NOFILE, &files))
        return err_errno(e, ERR_INTERNAL, errno, "limit of open files");
    if (files.rlim_cur < count)
        return err_set(e, ERR_UNAVAILABLE, "no more than %lu open files are allowed, not %lu",
                       (unsigned long)files.rlim_cur, count);
    return 0;
}

static void fail(int failure)
{
    int number = errno;

    (void)!write(failure, &number, sizeof number);
    _exit(127);
}

static void read_nothing(void)
{
    int null = open("/dev/null", O_RDONLY);

    if (null > STDIN_FILENO) {
        (void)dup2(null, STDIN_FILENO);
        (void)close(null);
    }
}

/* In the new process: nothing but async-signal-safe calls. */
static void become(const char *const *argv, const char *lock, int out, int failure)
{
    sigset_t none;

    if (access(".", R_OK | X_OK)) /* HAProxy refuses to work in a folder that it cannot return to */
        (void)!chdir("/");
    (void)setpgid(0, 0);
    if (children_have_limit)
        (void)setrlimit(RLIMIT_NOFILE, &files_of_children);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (!lock) {
        (void)signal(SIGPIPE, SIG_DFL);
        read_nothing();
    } else if (lock_as_stdin(lock)) { /* and SIGPIPE stays ignored: nobody may be there to read */
        fail(failure);
    }
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    fail(failure);
}

/* fork and exec; the errno of a failed exec comes back through a close-on-exec pipe. */
static pid_t spawn(const char *const *argv, const char *lock, int out, struct err *e)
{
    int failure[2], number = 0;
    pid_t pid;

    if (pipe2(failure, O_CLOEXEC)) {
        err_errno(e, ERR_INTERNAL, errno, "%s: pipe", argv[0]);
        return -1;
    }
    pid = fork();
    if (pid == 0)
        become(argv, lock, out, failure[1]);
    (void)close(failure[1]);
    if (pid < 0)
        err_errno(e, ERR_INTERNAL, errno, "%s: fork", argv[0]);
    else if (read(failure[0], &number, sizeof number) == (ssize_t)sizeof number) {
        (void)waitpid(pid, NULL, 0);
        err_errno(e, number == EAGAIN ? ERR_CONFLICT : ERR_INTERNAL, number, "cannot run %s",
                  argv[0]);
        pid = -1;
    }
    (void)close(failure[0]);
    return pid;
}

static void watch(struct child *c, double deadline_s)
{
    ev_child_init(&c->exit, on_child, c->pid, 0);
    ev_io_init(&c->readable, on_readable, c->out, EV_READ);
    ev_timer_init(&c->deadline, on_deadline, deadline_s, 0.0);
    c->exit.data = c->readable.data = c->deadline.data = c;
    ev_child_start(c->loop, &c->exit);
    ev_io_start(c->loop, &c->readable);
    ev_timer_start(c->loop, &c->deadline);
}

struct child *child_run(struct ev_loop *loop, const char *const *argv, double deadline_s,
                        child_on_exit *on_exit, void *ctx, struct err *e)
{
    return child_run_locked(loop, argv, NULL, deadline_s, on_exit, ctx, e);
}

struct child *child_run_locked(struct ev_loop *loop, const char *const *argv, const char *lock,
                               double deadline_s, child_on_exit *on_exit, void *ctx, struct err *e)
{
    struct child *c;
    int out[2];
    pid_t pid;

    if (pipe2(out, O_CLOEXEC)) {
        err_errno(e, ERR_INTERNAL, errno, "%s: pipe", argv[0]);
        return NULL;
    }
    (void)fcntl(out[0], F_SETFL, O_NONBLOCK);
    pid = spawn(argv, lock, out[1], e);
    (void)close(out[1]);
    if (pid < 0) {
        (void)close(out[0]);
        return NULL;
    }
    c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->loop = loop;
    c->pid = pid;
    c->out = out[0];
    c->on_exit = on_exit;
    c->ctx = ctx;
    buf_init(&c->output, CHILD_OUTPUT_BYTES);
    watch(c, deadline_s);
    return c;
}

void child_cancel(struct child *c)
{
    if (c->abandoned)
        return;
    c->abandoned = true;
    close_output(c);
    (void)kill(-c->pid, SIGKILL);
}
