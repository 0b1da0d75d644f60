/* SPDX-License-Identifier: Apache-2.0 */
/* thalassa render: the configuration. By itself: rendered here, from what is stored and the members
 * last known, for the HAProxy that --haproxyPath or --haproxyVersion tells. With --running, or when
 * the command line names an agent that answers: the one that this agent wrote last. */
#include "command_local.h"

#include "cli/terminal.h"
#include "local.h"

#include <unistd.h>

static const struct command_row row = {.id = COMMAND_RENDER,
                                       .flags = 1U << FLAG_RUNNING | 1U << FLAG_HAPROXY_VERSION};

static int print(const struct command_line *c, struct str config)
{
    struct buf out;
    int rc;

    buf_init(&out, RENDER_MAX_CONFIG + 4096);
    if (isatty(STDOUT_FILENO))
        terminal_put_lines(&out, config);
    else
        buf_add_str(&out, config);
    rc = command_print(c, &out);
    buf_free(&out);
    return rc;
}

/* -1: nobody answers. */
static int print_running(const struct command_line *c, struct err *e)
{
    struct client *client = client_open(c->options);
    struct client_request request = {.method = "GET", .path = STR("/haproxy/config")};
    struct client_reply reply;
    int rc = client_call(client, &request, &reply, e);

    if (rc == 0)
        rc = print(c, buf_str(&reply.body));
    else if (reply.status)
        rc = command_fail_err(c, e, NULL);
    buf_free(&reply.body);
    client_close(client);
    return rc;
}

static int print_rendered(const struct command_line *c)
{
    struct app_rendered *r = NULL;
    struct local l;
    struct str version;
    struct err e;
    int rc;

    local_open(&l, c->options);
    if (local_learn_version(&l, c->flags[FLAG_HAPROXY_VERSION], &version, &e) ||
        local_read_objects(&l, &e) || local_render(&l, &r, &e))
        rc = command_fail_err(c, &e, NULL);
    else
        rc = print(c, buf_str(&r->config));
    app_rendered_free(r);
    local_close(&l);
    return rc;
}

static int check_version(const struct command_line *c)
{
    const char *version = c->flags[FLAG_HAPROXY_VERSION];
    struct capabilities caps;
    struct err e;

    if (!version || capabilities_of(str_z(version), &caps, &e) == 0)
        return 0;
    return command_misuse(c, "--haproxyVersion: %s", e.text);
}

static int run(const struct command_line *c)
{
    bool own = c->flags[FLAG_HAPROXY_VERSION] ||
               c->options->origin[OPTION_persistence] == ORIGIN_COMMAND_LINE;
    struct err e;
    int rc;

    if (check_version(c))
        return COMMAND_MISUSED;
    if (c->flags[FLAG_RUNNING] && own)
        return command_misuse(c, "--running goes with neither --haproxyVersion nor --persistence");
    if (!c->flags[FLAG_RUNNING] && (own || !client_is_named(c->options)))
        return print_rendered(c);
    rc = print_running(c, &e);
    if (rc >= 0)
        return rc;
    return c->flags[FLAG_RUNNING] ? command_fail_err(c, &e, NULL) : print_rendered(c);
}

int command_render_run(const struct options *options, const struct options_call *call)
{
    struct command_line c;
    int rc = command_open(&c, options, call, &row);

    if (rc == 0)
        rc = run(&c);
    command_close(&c);
    return rc;
}
