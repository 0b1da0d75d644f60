/* SPDX-License-Identifier: Apache-2.0 */
#include "app_kick.h"

#include "base/log.h"
#include "haproxy/launch.h"
#include "haproxy/unix_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEADLINE_S = 60 };

struct kick {
    app_on_kicked *done;
    void *ctx;
};

static void end(struct kick *k, const struct err *e, int64_t pid)
{
    k->done(k->ctx, e, pid);
    free(k);
}

static void on_result(void *ctx, const struct reload_result *result)
{
    struct kick *k = ctx;
    struct err e;

    if (result->ok) {
        end(k, NULL, result->pid);
        return;
    }
    err_set(&e, ERR_UNPROCESSABLE, "HAProxy did not take the configuration over");
    str_copy(e.detail, sizeof e.detail, result->message);
    end(k, &e, 0);
}

static bool connects(const char *path)
{
    struct err e;
    int fd = path && *path ? unix_socket_connect(path, &e) : -1;

    if (fd < 0)
        return false;
    (void)close(fd);
    return true;
}

bool app_kick_socket_alive(const struct app *a)
{
    return connects(a->options->haproxySocketPath);
}

static struct launch_options launch_options_of(const struct app *a)
{
    const struct options *o = a->options;

    return (struct launch_options){
        .haproxy_path = o->haproxyPath,
        .config_path = o->haproxyCfgPath,
        .pid_path = o->haproxyPidPath,
        .admin_socket = o->haproxySocketPath,
        .master_socket = a->master_socket,
        .reload_command = *o->haproxyReloadCmd ? o->haproxyReloadCmd : NULL,
        .old_pid = a->have ? a->have->pid : 0,
        .sudo = o->sudo,
        .deadline_s = DEADLINE_S,
    };
}

/* The operator's command first, then the master, then a new process beside the old one. */
static int begin(struct app *a, bool running, struct kick *k, struct err *e)
{
    struct launch_options options = launch_options_of(a);

    if (!running)
        return launch_start(a->loop, &options, on_result, k, e);
    if (!options.reload_command && connects(a->master_socket))
        return master_reload(a->loop, a->master_socket, DEADLINE_S, on_result, k, e);
    return launch_reload(a->loop, &options, on_result, k, e);
}

void app_kick(struct app *a, bool running, app_on_kicked *done, void *ctx)
{
    struct kick *k = malloc(sizeof *k);
    struct err e;

    if (!k)
        abort();
    *k = (struct kick){done, ctx};
    if (begin(a, running, k, &e))
        end(k, &e, 0);
}
