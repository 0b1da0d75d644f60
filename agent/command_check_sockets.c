/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's admin and master sockets: do they answer, and with which rights. */
#include "command_check.h"

#include "haproxy/ask.h"

#include <unistd.h>

enum { DEADLINE_S = 5 };

struct question {
    struct check *check;
    struct str reply;
    int rc;
    struct err *err;
};

static void on_reply(void *ctx, struct str reply, const struct err *failure)
{
    struct question *q = ctx;

    q->reply = arena_str(&q->check->local.arena, reply);
    if (failure) {
        q->rc = -1;
        *q->err = *failure;
    }
    ev_break(q->check->local.app.loop, EVBREAK_ALL);
}

static int ask(struct check *c, const char *path, struct str command, struct str *reply,
               struct err *e)
{
    struct question q = {.check = c, .err = e};

    if (!ask_start(c->local.app.loop, path, command, DEADLINE_S, on_reply, &q, e))
        return -1;
    ev_run(c->local.app.loop, 0);
    *reply = q.reply;
    return q.rc;
}

/* Value of a line "Name: value". */
static struct str value_of(struct str text, struct str name)
{
    while (text.p) {
        struct str line = str_cut(&text, '\n'), key = str_cut(&line, ':');
        if (line.p && str_eq(key, name))
            return str_trim(line);
    }
    return STR("");
}

/* The socket is there, but not for us. */
static bool say_forbidden(struct check *c, const char *subject, const char *path)
{
    char description[256];

    if (access(path, F_OK) || check_may_write(path))
        return false;
    check_describe(description, sizeof description, path);
    findings_add(&c->findings, FINDING_MISSING, subject, "%s may not connect: %s", c->user,
                 description);
    findings_hint(&c->findings,
                  "make %s a member of its group, or set mode and group where HAProxy "
                  "opens it (stats socket, -S)",
                  c->user);
    return true;
}

static void say_silent(struct check *c, const char *path, const struct err *e)
{
    bool starts = c->options->haproxyStart == HAPROXY_START_AUTO && access(path, F_OK);

    findings_add(&c->findings, starts ? FINDING_WARNING : FINDING_MISSING, "admin socket", "%s%s",
                 e->text, starts ? "; the agent starts HAProxy when it has something to run" : "");
    if (!check_hint_found(c) && !starts)
        findings_hint(&c->findings,
                      "in HAProxy's configuration: stats socket %s mode 660 level admin", path);
}

/* `show cli level` changes nothing and is answered on every level. */
static void check_level(struct check *c, const char *path)
{
    struct str level = STR("");
    struct err e;

    if (ask(c, path, STR("show cli level"), &level, &e)) {
        findings_add(&c->findings, FINDING_MISSING, "admin socket", "%s: show cli level: %s", path,
                     e.text);
        return;
    }
    level = str_trim(level);
    if (str_eq_z(level, "admin")) {
        findings_add(&c->findings, FINDING_OK, "admin socket", "its level is admin");
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, "admin socket",
                 "%s: its level is \"" STR_FMT "\", admin is needed", path, STR_ARG(level));
    findings_hint(&c->findings, "in HAProxy's configuration: stats socket %s ... level admin",
                  path);
}

void check_admin_socket(struct check *c)
{
    const char *path = c->options->haproxySocketPath;
    struct str info, version;
    struct err e;

    if (ask(c, path, STR("show info"), &info, &e)) {
        if (!say_forbidden(c, "admin socket", path))
            say_silent(c, path, &e);
        return;
    }
    version = value_of(info, STR("Version"));
    if (version.n == 0) {
        findings_add(&c->findings, FINDING_MISSING, "admin socket",
                     "%s answers, but not as HAProxy does", path);
        return;
    }
    c->haproxy_answers = true;
    findings_add(&c->findings, FINDING_OK, "admin socket",
                 "%s answers: version " STR_FMT ", pid " STR_FMT, path, STR_ARG(version),
                 STR_ARG(value_of(info, STR("Pid"))));
    check_level(c, path);
}

void check_master_socket(struct check *c)
{
    const char *path = c->options->haproxyMasterSocketPath;
    struct str procs;
    struct err e;

    if (ask(c, path, STR("show proc"), &procs, &e) == 0) {
        findings_add(&c->findings, FINDING_OK, "master socket", "%s answers: reloads go there",
                     path);
        return;
    }
    if (*c->options->haproxyReloadCmd) {
        findings_add(&c->findings, FINDING_OK, "master socket",
                     "%s; reloads go by --haproxyReloadCmd", e.text);
        return;
    }
    if (say_forbidden(c, "master socket", path))
        return;
    findings_add(&c->findings, FINDING_WARNING, "master socket", "%s", e.text);
    if (!check_hint_master(c))
        findings_hint(&c->findings,
                      "a HAProxy that runs without one is reloaded by a new process "
                      "that takes its sockets over; give it one with: haproxy -W -S "
                      "%s",
                      path);
}
