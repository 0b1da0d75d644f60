/* SPDX-License-Identifier: Apache-2.0 */
/* Before a HAProxy answers, the program on the disk is asked for its version, and whether it was
 * built with Lua, which no worker tells. */
#include "app.h"

#include "base/log.h"
#include "haproxy/child.h"

enum { DEADLINE_S = 10 };

static void take_lua(struct app *a, struct str said)
{
    a->lua = capabilities_lua(said);
    if (!a->lua)
        log_warn(
            "%s was built without Lua: without an answer of the agent, policies decide nothing",
            a->options->haproxyPath);
}

static void fail(struct app *a, const char *why)
{
    log_warn("%s", why);
    (void)str_copy(a->program_error, sizeof a->program_error, str_z(why));
}

static void on_version(void *ctx, const struct child_result *result)
{
    struct app *a = ctx;
    char why[256];
    struct err e;

    a->version_asked = false;
    if (!a->caps.known) { /* else the one that runs has told */
        if (result->status || capabilities_of(capabilities_version(result->output), &a->caps, &e)) {
            (void)snprintf(why, sizeof why, "%.200s -vv does not tell a version",
                           a->options->haproxyPath);
            fail(a, why);
        }
        app_touch_all(a);
    }
    if (result->status == 0)
        take_lua(a, result->output);
    app_world_changed(a);
    app_change_pump(a);
}

void app_learn_version(struct app *a)
{
    const char *argv[] = {a->options->haproxyPath, "-vv", NULL};
    struct err e;

    a->program_error[0] = 0;
    a->version_asked = child_run(a->loop, argv, DEADLINE_S, on_version, a, &e) != NULL;
    if (!a->version_asked)
        fail(a, e.text);
}
