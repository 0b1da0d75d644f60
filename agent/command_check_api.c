/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's own listeners. */
#include "command_check.h"

#include "cli/client.h"
#include "haproxy/probe.h"
#include "haproxy/unix_socket.h"
#include "web/access.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { DEADLINE_MS = 5000 };

static void check_port(struct check *c)
{
    const struct options *o = c->options;
    bool ipv6 = strchr(o->host, ':') != NULL;
    struct str address = arena_printf(&c->local.arena, "%s%s%s:%u", ipv6 ? "[" : "", o->host,
                                      ipv6 ? "]" : "", o->port);
    struct err e;

    if (access_listen_allowed(o->host, o->insecure, &e)) {
        findings_add(&c->findings, FINDING_MISSING, "API", "--host: %s", e.text);
        return;
    }
    if (probe_bind(&address, 1, &e) == 0) {
        findings_add(&c->findings, FINDING_OK, "API", STR_FMT " is free", STR_ARG(address));
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, "API", "%s", e.text);
    findings_hint(&c->findings, "another --port, or end what listens there");
}

static void check_socket(struct check *c)
{
    const char *path = c->options->apiSocket, *slash = strrchr(path, '/');
    char folder[PATH_MAX], parent[PATH_MAX];
    struct stat st;
    struct err e;

    if (!*path)
        return;
    if (unix_socket_check(path, &e)) {
        findings_add(&c->findings, FINDING_MISSING, "API socket", "%s", e.text);
        return;
    }
    (void)snprintf(folder, sizeof folder, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    memcpy(parent, folder, sizeof parent);
    while (stat(parent, &st) && (slash = strrchr(parent, '/')) && slash > parent)
        parent[slash - parent] = 0;
    if (check_may_write(parent)) {
        findings_add(&c->findings, FINDING_OK, "API socket", "%s can be made", path);
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, "API socket", "%s may not make it in %s", c->user,
                 folder);
    findings_hint(&c->findings, "install -d -o %s %s; or another --apiSocket, or \"off\"", c->user,
                  folder);
}

static void say_agent(struct check *c, const struct client_reply *reply)
{
    struct json *o = NULL;
    const struct json *version = NULL;

    if (json_parse(&c->local.arena, buf_str(&reply->body), JSON_MAX_DEPTH, &o, NULL) == 0)
        version = json_get(o, "version");
    findings_add(&c->findings, FINDING_OK, "API", "an agent runs and answers, version " STR_FMT,
                 STR_ARG(version ? version->text : STR("unknown")));
}

void check_api(struct check *c)
{
    struct client *client = client_open(c->options);
    struct client_request request = {
        .method = "GET", .path = STR("/status"), .deadline_ms = DEADLINE_MS};
    struct client_reply reply;
    struct err e;

    c->agent_answers = client_call(client, &request, &reply, &e) == 0;
    if (c->agent_answers) {
        say_agent(c, &reply);
    } else {
        check_port(c);
        check_socket(c);
    }
    buf_free(&reply.body);
    client_close(client);
}
