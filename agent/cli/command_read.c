/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands that read. */
#include "cli/commands.h"

#include "base/json_out.h"
#include "cli/terminal.h"

enum { TEXT_BYTES = 512 * 1024 * 1024, PATH_BYTES = 16 * 1024 };

static void put_json(struct buf *out, struct str body)
{
    terminal_put_json(out, str_trim(body));
    buf_add_char(out, '\n');
}

int command_show_body(struct command_line *c, struct str body, view_put *put)
{
    struct view v = {
        .arena = &c->arena, .colours = command_has_colours(), .now_ms = command_now_ms()};
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

int command_ask(struct command_line *c, const struct client_request *request, view_put *put)
{
    struct client *client = client_open(c->options);
    struct client_reply reply;
    struct err e;
    int rc;

    if (client_call(client, request, &reply, &e))
        rc = command_fail_err(c, &e, NULL);
    else
        rc = command_show_body(c, buf_str(&reply.body), put);
    buf_free(&reply.body);
    client_close(client);
    return rc;
}

int command_show(struct command_line *c, struct str path, view_put *put)
{
    const struct client_request request = {.method = "GET", .path = path};

    return command_ask(c, &request, put);
}

int command_plan(struct command_line *c)
{
    return command_show(c, STR("/plan"), view_plan);
}

/* FOLDER, or FOLDER/NAME/REST for the first word. */
static int show_named(struct command_line *c, const char *folder, const char *rest,
                      view_put *put_all, view_put *put_one)
{
    struct buf path;
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_add_z(&path, folder);
    if (c->word_count) {
        buf_add_char(&path, '/');
        client_encode(&path, str_z(c->words[0]));
        buf_add_z(&path, rest);
    }
    if (buf_failed(&path))
        rc = command_misuse(c, "this name is too long");
    else
        rc = command_show(c, buf_str(&path), c->word_count ? put_one : put_all);
    buf_free(&path);
    return rc;
}

int command_frontends(struct command_line *c)
{
    return show_named(c, "/frontends", "", view_frontends, view_frontend);
}

int command_backends(struct command_line *c)
{
    return show_named(c, "/backends", "", view_backends, view_backend);
}

int command_members(struct command_line *c)
{
    return show_named(c, "/backends", "/members", view_members, view_members);
}

int command_services(struct command_line *c)
{
    return show_named(c, "/services", "", view_services, view_service);
}

int command_policies(struct command_line *c)
{
    return show_named(c, "/policies", "", view_policies, view_policy);
}

int command_splits(struct command_line *c)
{
    return show_named(c, "/splits", "", view_splits, view_split);
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
