/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands that read. */
#include "cli/commands.h"

#include "base/json_out.h"
#include "cli/terminal.h"

#include <time.h>

enum { TEXT_BYTES = 512 * 1024 * 1024, SOCKET_TEXT = 4096 };

static int64_t wall_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put_json(struct buf *out, struct str body)
{
    terminal_put_json(out, str_trim(body));
    buf_add_char(out, '\n');
}

int command_show_body(struct command_line *c, struct str body, view_put *put)
{
    struct view v = {.arena = &c->arena, .colours = command_has_colours(), .now_ms = wall_ms()};
    struct json *o;
    struct buf text;
    struct err e;
    int rc;

    if (json_parse(&c->arena, body, JSON_MAX_DEPTH, &o, &e))
        return command_fail(c, "this is not Thalassa's answer: %s", e.text);
    buf_init(&text, TEXT_BYTES);
    v.out = &text;
    if (c->flags[FLAG_JSON])
        put_json(&text, body);
    else
        put(&v, o);
    rc = command_print(c, &text);
    buf_free(&text);
    return rc;
}

int command_show(struct command_line *c, struct str path, view_put *put)
{
    struct client *client = client_open(c->options);
    struct client_request request = {.method = "GET", .path = path};
    struct client_reply reply;
    struct err e;
    int rc;

    if (client_call(client, &request, &reply, &e))
        rc = command_fail_err(c, &e);
    else
        rc = command_show_body(c, buf_str(&reply.body), put);
    buf_free(&reply.body);
    client_close(client);
    return rc;
}

int command_status(struct command_line *c)
{
    return command_show(c, STR("/status"), view_status);
}

int command_version(struct command_line *c)
{
    struct buf text;
    int rc;

    buf_init(&text, 256);
    buf_add_z(&text, c->flags[FLAG_JSON] ? "{\"version\":\"" THALASSA_VERSION "\"}\n"
                                         : "thalassa " THALASSA_VERSION "\n");
    rc = command_print(c, &text);
    buf_free(&text);
    return rc;
}
