/* SPDX-License-Identifier: Apache-2.0 */
#include "real.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *const real_versions[REAL_VERSIONS] = {"2.6", "3.0", "3.2", "3.4"};

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(void)
{
    (void)nanosleep(&(struct timespec){0, 10000000}, NULL);
}

const char *real_program(const char *version)
{
    static char paths[REAL_VERSIONS][256];
    static int known[REAL_VERSIONS]; /* 1: there, 2: missing */
    size_t i = 0;

    while (strcmp(real_versions[i], version) != 0)
        i++;
    if (!known[i]) {
        char command[512];
        FILE *p;
        int status;
        (void)snprintf(command, sizeof command, "%s/tests/parts/haproxy %s", THALASSA_SOURCE_DIR,
                       version);
        p = popen(command, "re");
        assert_non_null(p);
        if (!fgets(paths[i], sizeof paths[i], p))
            paths[i][0] = 0;
        status = pclose(p);
        paths[i][strcspn(paths[i], "\n")] = 0;
        known[i] = WIFEXITED(status) && WEXITSTATUS(status) == 77 ? 2 : 1;
        if (known[i] == 2)
            print_message("HAProxy %s: not on the mirror any more, left out\n", version);
        else if (status != 0 || !paths[i][0])
            fail_msg("tests/parts/haproxy %s failed", version);
    }
    return known[i] == 1 ? paths[i] : NULL;
}

void each_version(void (*test)(const char *version))
{
    for (size_t i = 0; i < REAL_VERSIONS; i++)
        if (real_program(real_versions[i]))
            test(real_versions[i]);
}

int real_free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    (void)close(fd);
    return ntohs(a.sin_port);
}

int real_listen(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

int real_connect(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&a, sizeof a)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){2, 0}, sizeof(struct timeval));
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

void real_write_config(const struct real *r, const char *more)
{
    char text[8192];
    int n = snprintf(text, sizeof text,
                     "global\n"
                     "    stats socket %s mode 600 level admin expose-fd listeners\n"
                     "    stats timeout 1h\n"
                     "    maxconn 200\n"
                     "    nbthread 2\n"
                     "defaults base\n"
                     "    mode http\n"
                     "    timeout connect 1s\n"
                     "    timeout client 10s\n"
                     "    timeout server 10s\n"
                     "defaults rr from base\n"
                     "    mode http\n"
                     "    balance roundrobin\n"
                     "frontend web from base\n"
                     "    bind 127.0.0.1:%d\n"
                     "    use_backend %%[path,map_str(%s)]\n"
                     "backend live from rr\n"
                     "    server s1 127.0.0.1:1 weight 10\n"
                     "    server s2 127.0.0.1:2 weight 10 check inter 1h\n"
                     "backend empty from rr\n"
                     "backend other from rr\n"
                     "    server x [::1]:3 disabled\n"
                     "%s",
                     r->admin, r->port, r->map, more);

    assert_true(n > 0 && n < (int)sizeof text);
    write_text(r->config, text);
}

void real_init(struct real *r, const char *version, const char *more)
{
    memset(r, 0, sizeof *r);
    r->version = version;
    r->program = real_program(version);
    (void)snprintf(r->folder, sizeof r->folder, "/tmp/thalassa-unit.XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    (void)snprintf(r->config, sizeof r->config, "%s/haproxy.cfg", r->folder);
    (void)snprintf(r->admin, sizeof r->admin, "%s/admin.sock", r->folder);
    (void)snprintf(r->master, sizeof r->master, "%s/master.sock", r->folder);
    (void)snprintf(r->pid_file, sizeof r->pid_file, "%s/haproxy.pid", r->folder);
    (void)snprintf(r->map, sizeof r->map, "%s/paths.map", r->folder);
    r->port = real_free_port();
    write_text(r->map, "/a live\n/b other tail of words\n");
    real_write_config(r, more);
}

static void start(struct real *r, const char *const *argv)
{
    double end = now_s() + 20;
    pid_t mine = getpid();

    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0) {
        char log[128];
        int fd;
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != mine)
            _exit(1);
        (void)snprintf(log, sizeof log, "%s/log", r->folder);
        fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
        (void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    while (!real_worker(r)) {
        if (now_s() > end)
            fail_msg("HAProxy %s does not answer in %s", r->version, r->folder);
        nap();
    }
}

/* A 2.6 master executes itself again once its worker runs; until then it hears no signal. */
static void wait_master(const struct real *r)
{
    double end = now_s() + 20;
    int fd;

    while ((fd = connect_unix(r->master)) < 0) {
        if (now_s() > end)
            fail_msg("the master of HAProxy %s does not listen", r->version);
        nap();
    }
    (void)close(fd);
}

void real_start(struct real *r)
{
    const char *argv[] = {r->program, "-W", "-S", r->master, "-f", r->config, NULL};

    start(r, argv);
    wait_master(r);
}

void real_start_alone(struct real *r)
{
    const char *argv[] = {r->program, "-f", r->config, "-p", r->pid_file, NULL};

    start(r, argv);
}

void real_wait_gone(pid_t pid)
{
    double end = now_s() + 20;

    while (kill(pid, 0) == 0) {
        (void)waitpid(pid, NULL, WNOHANG);
        if (now_s() > end)
            fail_msg("process %d does not end", (int)pid);
        nap();
    }
}

void real_stop(struct real *r)
{
    char command[128];
    pid_t worker = real_worker(r);

    if (worker > 0 && worker != r->pid)
        (void)kill(worker, SIGTERM);
    if (r->pid > 0) {
        (void)kill(r->pid, SIGTERM);
        real_wait_gone(r->pid);
    }
    if (worker > 0)
        real_wait_gone(worker);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", r->folder);
    assert_int_equal(system(command), 0); /* NOLINT: a fixed folder of ours */
}

pid_t real_worker(const struct real *r)
{
    char text[8192];
    size_t n = 0;
    ssize_t got;
    const char *pid;
    int fd = connect_unix(r->admin);

    if (fd < 0 || write(fd, "show info\n", 10) != 10) {
        if (fd >= 0)
            (void)close(fd);
        return 0;
    }
    while (n < sizeof text - 1 && (got = read(fd, text + n, sizeof text - 1 - n)) > 0)
        n += (size_t)got;
    (void)close(fd);
    text[n] = 0;
    pid = strstr(text, "\nPid: ");
    return pid ? (pid_t)strtol(pid + 6, NULL, 10) : 0;
}

static void on_time(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)events;
    *(bool *)w->data = true;
    ev_break(loop, EVBREAK_ONE);
}

void loop_until(const bool *flag, double seconds)
{
    struct ev_loop *loop = ev_default_loop(0);
    bool late = false;
    ev_timer t;

    ev_now_update(loop);
    ev_timer_init(&t, on_time, seconds, 0.);
    t.data = &late;
    ev_timer_start(loop, &t);
    while (!*flag && !late)
        ev_run(loop, EVRUN_ONCE);
    ev_timer_stop(loop, &t);
    if (!*flag)
        fail_msg("nothing happened within %.1f s", seconds);
}

void loop_for(double seconds)
{
    struct ev_loop *loop = ev_default_loop(0);
    bool over = false;
    ev_timer t;

    ev_now_update(loop);
    ev_timer_init(&t, on_time, seconds, 0.);
    t.data = &over;
    ev_timer_start(loop, &t);
    while (!over)
        ev_run(loop, EVRUN_ONCE);
}
