/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands that change something: switch and apply. */
#include "cli/commands.h"

#include "base/file.h"
#include "base/json_out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 16 * 1024, BODY_BYTES = 64 * 1024 * 1024 };

static void put_query(const struct command_line *c, struct buf *path)
{
    const char *before = "?";

    if (c->flags[FLAG_DRY_RUN]) {
        buf_printf(path, "%sdryRun=true", before);
        before = "&";
    }
    if (c->flags[FLAG_FORCE]) {
        buf_printf(path, "%sforce=true", before);
        before = "&";
    }
    if (c->flags[FLAG_PRUNE]) {
        buf_printf(path, "%sprune=true", before);
        before = "&";
    }
    if (c->wait_ms)
        buf_printf(path, "%swait=%lldms", before, (long long)c->wait_ms);
}

/* The warnings of an answer; stderr, since stdout may be JSON for a program. */
static void warn(struct command_line *c, struct str body)
{
    struct json *o;

    if (json_parse(&c->arena, body, JSON_MAX_DEPTH, &o, NULL))
        return;
    JSON_EACH(warning, view_list(o, "warnings")) {
        command_warn(c, warning->text);
    }
}

static void view_done(struct view *v, const struct json *o)
{
    (void)o;
    buf_add_z(v->out, "done\n");
}

/* ": warming: 0 of 2 new members serve, ..." of a switch that takes its time; else nothing. */
static struct str where_it_stands(struct command_line *c)
{
    struct client *client = client_open(c->options);
    struct client_request request = {
        .method = "GET", .path = STR("/status"), .deadline_ms = CLIENT_DEADLINE_MS};
    struct client_reply reply = {0};
    struct str text = STR("");
    struct json *o;
    struct err e;

    if (c->row->id == COMMAND_SWITCH && client_call(client, &request, &reply, &e) == 0 &&
        json_parse(&c->arena, buf_str(&reply.body), JSON_MAX_DEPTH, &o, NULL) == 0) {
        JSON_EACH(s, view_list(o, "switches")) {
            if (str_eq_z(view_text(s, "backend"), c->words[0]))
                text =
                    arena_printf(&c->arena, ": " STR_FMT ": " STR_FMT,
                                 STR_ARG(view_text(s, "state")), STR_ARG(view_text(s, "reason")));
        }
    }
    buf_free(&reply.body);
    client_close(client);
    return text;
}

static int report(struct command_line *c, const struct client_reply *reply)
{
    view_put *put = c->flags[FLAG_DRY_RUN] ? view_plan : view_done;
    int rc = COMMAND_WELL;

    warn(c, buf_str(&reply->body));
    if (c->flags[FLAG_DRY_RUN] || c->flags[FLAG_JSON])
        rc = command_show_body(c, buf_str(&reply->body), put);
    if (rc == COMMAND_WELL && reply->status == 202)
        return command_fail(c,
                            "stored as generation %llu, but HAProxy does not run it yet" STR_FMT
                            "; `thalassa status` tells what it waits for",
                            (unsigned long long)reply->generation, STR_ARG(where_it_stands(c)));
    return rc;
}

/* What people are told when all is well. */
static int tell(struct command_line *c, const struct client_reply *reply, const char *what)
{
    struct buf text;
    int rc;

    if (c->flags[FLAG_DRY_RUN] || c->flags[FLAG_JSON])
        return COMMAND_WELL;
    buf_init(&text, PATH_BYTES);
    buf_printf(&text, "%s, generation %llu%s\n", what, (unsigned long long)reply->generation,
               c->wait_ms ? ": HAProxy runs it" : "");
    rc = command_print(c, &text);
    buf_free(&text);
    return rc;
}

int command_send(struct command_line *c, const char *method, struct buf *path, struct str body,
                 const char *what, const char *about)
{
    struct client *client = client_open(c->options);
    struct client_request request = {
        .method = method, .body = body, .deadline_ms = CLIENT_DEADLINE_MS + c->wait_ms};
    struct client_reply reply;
    struct err e;
    int rc;

    put_query(c, path);
    request.path = buf_str(path);
    if (client_call(client, &request, &reply, &e)) {
        rc = command_fail_err(c, &e, about);
    } else {
        rc = report(c, &reply);
        if (rc == COMMAND_WELL)
            rc = tell(c, &reply, what);
    }
    buf_free(&reply.body);
    client_close(client);
    return rc;
}

static void put_switch(const struct command_line *c, struct buf *body)
{
    struct json_out o;

    json_out_init(&o, body, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "version", c->words[1]);
    if (c->flags[FLAG_SERVICE])
        json_put_z(&o, "name", c->flags[FLAG_SERVICE]);
    json_close_object(&o);
    json_out_fini(&o);
}

int command_switch(struct command_line *c)
{
    struct buf path, body;
    struct str what;
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_init(&body, BODY_BYTES);
    buf_add_z(&path, "/backends/");
    client_encode(&path, str_z(c->words[0]));
    put_switch(c, &body);
    what = arena_printf(&c->arena, "%s follows %s%s%s", c->words[0],
                        c->flags[FLAG_SERVICE] ? c->flags[FLAG_SERVICE] : "",
                        c->flags[FLAG_SERVICE] ? " " : "version ", c->words[1]);
    if (buf_failed(&path))
        rc = command_misuse(c, "this name is too long");
    else
        rc = command_send(c, "POST", &path, buf_str(&body), what.p, NULL);
    buf_free(&path);
    buf_free(&body);
    return rc;
}

static int read_stdin(struct buf *body, struct err *e)
{
    for (;;) {
        size_t room;
        char *place = buf_room(body, 65536, &room);
        ssize_t n = place ? read(STDIN_FILENO, place, room) : 0;
        if (!place)
            return err_set(e, ERR_TOO_LARGE, "standard input: too large");
        if (n < 0)
            return err_errno(e, ERR_INTERNAL, errno, "standard input");
        if (n == 0)
            return 0;
        buf_grown(body, (size_t)n);
    }
}

int command_read_json(struct command_line *c, const char *file, struct buf *body, struct err *e)
{
    struct json *o;

    if (strcmp(file, "-") == 0 ? read_stdin(body, e) : file_read(file, body, e))
        return -1;
    if (json_parse(&c->arena, buf_str(body), JSON_MAX_DEPTH, &o, e))
        return err_wrap(e, "%s", file);
    return 0;
}

int command_apply(struct command_line *c)
{
    struct buf path, body;
    struct err e;
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_init(&body, BODY_BYTES);
    buf_add_z(&path, "/config");
    if (command_read_json(c, c->words[0], &body, &e))
        rc = command_misuse(c, "%s", e.text);
    else
        rc = command_send(c, "PUT", &path, buf_str(&body),
                          arena_printf(&c->arena, "%s is stored", c->words[0]).p, c->words[0]);
    buf_free(&path);
    buf_free(&body);
    return rc;
}
