/* SPDX-License-Identifier: Apache-2.0 */
#include "app_notify.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    socklen_t n;
    int fd;

    if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (path[0] == '@')
        to.sun_path[0] = 0;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&to, n);
    (void)close(fd);
}

static void on_watchdog(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)loop;
    (void)w;
    (void)events;
    notify("WATCHDOG=1");
}

void app_notify_ready(struct app *a)
{
    static ev_timer watchdog;
    const char *usec = getenv("WATCHDOG_USEC");
    uint64_t period;

    notify("READY=1");
    if (!usec || str_u64(str_z(usec), &period) || period == 0)
        return;
    ev_timer_init(&watchdog, on_watchdog, 0.0, (double)period / 2e6);
    ev_timer_start(a->loop, &watchdog);
}

void app_notify_stopping(void)
{
    notify("STOPPING=1");
}
