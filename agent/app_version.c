/* SPDX-License-Identifier: Apache-2.0 */
/* Before a HAProxy answers, the program on the disk is asked for its version. */
#include "app.h"

#include "base/log.h"
#include "haproxy/child.h"

enum { DEADLINE_S = 10 };

static void on_version(void *ctx, const struct child_result *result)
{
    struct app *a = ctx;
    struct err e;

    a->version_asked = false;
    if (!a->caps.known) { /* else the one that runs has told */
        if (result->status || capabilities_of(capabilities_version(result->output), &a->caps, &e))
            log_warn("%s -v does not tell a version", a->options->haproxyPath);
        app_touch_all(a);
        app_world_changed(a);
    }
    app_change_pump(a);
}

void app_learn_version(struct app *a)
{
    const char *argv[] = {a->options->haproxyPath, "-v", NULL};
    struct err e;

    a->version_asked = child_run(a->loop, argv, DEADLINE_S, on_version, a, &e) != NULL;
    if (!a->version_asked)
        log_warn("%s", e.text);
}
