/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include "fake_api.h"
#include "web/web.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct server_limits probe_limits(void)
{
    struct server_limits l = server_limits_default();

    l.connections_per_ip = l.connections; /* everybody here is 127.0.0.1 */
    l.header_ms = 600;
    l.body_ms = 700;
    l.handler_ms = 800;
    l.reply_ms = 900;
    l.idle_ms = 1000;
    return l;
}

static void on_term(struct ev_loop *loop, ev_signal *w, int events)
{
    (void)w;
    (void)events;
    ev_break(loop, EVBREAK_ALL);
}

static void child(const struct server_limits *limits, const char *unix_path, int ready)
{
    static struct fake fake;
    static const struct access settings = {.host = "127.0.0.1"};
    struct ev_loop *loop = ev_loop_new(0);
    struct web web = {.api = &fake.api, .access = &settings};
    struct server *s = server_new(loop, limits, web_handle, &web);
    struct err e;
    uint16_t port;
    ev_signal term;

    fake_init(&fake, loop);
    if (server_listen_tcp(s, "127.0.0.1", 0, &port, &e) ||
        (unix_path && server_listen_unix(s, unix_path, &e))) {
        (void)fprintf(stderr, "probe: %s\n", e.text);
        _exit(1);
    }
    ev_signal_init(&term, on_term, SIGTERM);
    ev_signal_start(loop, &term);
    if (write(ready, &port, sizeof port) != sizeof port)
        _exit(1);
    (void)close(ready);
    ev_run(loop, 0);
    server_stop(s);
    fake_finish(&fake);
    ev_signal_stop(loop, &term);
    ev_loop_destroy(loop);
}

void probe_start(struct probe *p, const struct server_limits *limits, const char *unix_path)
{
    int ready[2];

    if (pipe(ready))
        abort();
    (void)fflush(NULL);
    p->pid = fork();
    if (p->pid < 0)
        abort();
    if (p->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        (void)close(ready[0]);
        child(limits, unix_path, ready[1]);
        exit(0); /* through the leak check */
    }
    (void)close(ready[1]);
    if (read(ready[0], &p->port, sizeof p->port) != sizeof p->port) {
        (void)fprintf(stderr, "probe: did not start\n");
        abort();
    }
    (void)close(ready[0]);
}

int probe_stop(struct probe *p)
{
    int status;

    (void)kill(p->pid, SIGTERM);
    while (waitpid(p->pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
