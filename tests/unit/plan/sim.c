/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "haproxy/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(char *to, struct str from)
{
    str_copy(to, SIM_TEXT, from);
}

struct sim_backend *sim_add_backend(struct sim *s, const char *name)
{
    struct sim_backend *b = &s->backends[s->backend_count++];

    if (s->backend_count > SIM_BACKENDS)
        abort();
    *b = (struct sim_backend){0};
    set(b->name, str_z(name));
    return b;
}

struct sim_map *sim_add_map(struct sim *s, const char *path)
{
    struct sim_map *m = &s->maps[s->map_count++];

    m->count = 0;
    set(m->path, str_z(path));
    return m;
}

struct sim_map *sim_map(struct sim *s, const char *path)
{
    for (size_t i = 0; i < s->map_count; i++) {
        if (strcmp(s->maps[i].path, path) == 0)
            return &s->maps[i];
    }
    return NULL;
}

struct sim_backend *sim_backend(struct sim *s, const char *name)
{
    for (size_t i = 0; i < s->backend_count; i++) {
        if (strcmp(s->backends[i].name, name) == 0)
            return &s->backends[i];
    }
    return NULL;
}

struct sim_server *sim_server(struct sim *s, const char *name, const char *server)
{
    struct sim_backend *b = sim_backend(s, name);

    for (size_t i = 0; b && i < b->count; i++) {
        if (strcmp(b->servers[i].name, server) == 0)
            return &b->servers[i];
    }
    return NULL;
}

size_t sim_serving(const struct sim *s, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < s->backend_count; i++) {
        for (size_t k = 0; k < s->backends[i].count; k++) {
            const struct sim_server *v = &s->backends[i].servers[k];
            n += strcmp(s->backends[i].name, name) == 0 && !v->maint && !v->drain &&
                 v->check != HAVE_CHECK_FAILED;
        }
    }
    return n;
}

/* One word of the command line, escapes undone. */
static struct str word(struct str *rest, char out[SIM_TEXT])
{
    size_t n = 0, i = 0;

    while (i < rest->n && rest->p[i] == ' ')
        i++;
    for (; i < rest->n && rest->p[i] != ' ' && n + 1 < SIM_TEXT; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n)
            i++;
        out[n++] = rest->p[i];
    }
    out[n] = 0;
    *rest = (struct str){rest->p + i, rest->n - i};
    return (struct str){out, n};
}

static const char *add_server(struct sim *s, const struct plan_op *op, struct str rest)
{
    char address[SIM_TEXT], text[SIM_TEXT], b[SIM_TEXT], n[SIM_TEXT];
    struct sim_backend *to;
    struct sim_server *v;
    char *colon;

    set(b, op->backend);
    set(n, op->server);
    to = sim_backend(s, b);
    if (!to)
        return "No such backend.\n";
    if (sim_server(s, b, n))
        return "Already exists a server with the same name in backend.\n\n";
    v = &to->servers[to->count++];
    *v = (struct sim_server){.maint = true};
    memcpy(v->name, n, sizeof n);
    (void)word(&rest, address);
    colon = strrchr(address, ':');
    v->port = (unsigned)atoi(colon + 1);
    *colon = 0;
    if (address[0] == '[')
        (void)snprintf(v->address, sizeof v->address, "%.*s", (int)strlen(address) - 2,
                       address + 1);
    else
        (void)snprintf(v->address, sizeof v->address, "%s", address);
    (void)word(&rest, text);
    (void)word(&rest, text);
    v->weight = (unsigned)atoi(text);
    set(v->args, str_trim(rest));
    return "New server registered.\n\n";
}

static const char *change_server(struct sim *s, const struct plan_op *op, struct str rest)
{
    char b[SIM_TEXT], n[SIM_TEXT], what[SIM_TEXT], value[SIM_TEXT];
    struct sim_server *v;

    set(b, op->backend);
    set(n, op->server);
    v = sim_server(s, b, n);
    if (!v)
        return "No such server.\n";
    (void)word(&rest, what);
    (void)word(&rest, value);
    if (op->kind == REPLY_SET_STATE) {
        if (strcmp(value, "maint") == 0 && !v->maint)
            v->idle = 0;
        v->maint = strcmp(value, "maint") == 0;
        v->drain = strcmp(value, "drain") == 0;
        return "\n";
    }
    if (op->kind == REPLY_SET_SERVER_WEIGHT) {
        v->weight = (unsigned)atoi(value);
        return "\n";
    }
    (void)snprintf(v->address, sizeof v->address, "%s", value);
    (void)word(&rest, value);
    (void)word(&rest, value);
    v->port = (unsigned)atoi(value);
    v->idle = 0;
    return "IP changed from 'x' to 'y' by 'stats socket command'\n\n";
}

static const char *delete_server(struct sim *s, const struct plan_op *op)
{
    char b[SIM_TEXT], n[SIM_TEXT];
    struct sim_backend *from;
    struct sim_server *v;

    set(b, op->backend);
    set(n, op->server);
    from = sim_backend(s, b);
    v = sim_server(s, b, n);
    if (!v)
        return "No such server.\n";
    if (!v->maint)
        return "Only servers in maintenance mode can be deleted.\n";
    if (v->sessions || v->idle) /* as 2.6 */
        return "Server still has connections attached to it, cannot remove it.\n";
    *v = from->servers[--from->count];
    return "Server deleted.\n";
}

static bool has_key(const struct sim_map *m, size_t at, const char *key)
{
    return strcmp(m->entries[at].key, key) == 0;
}

/* Each entry of the key, as HAProxy does; how many there were. */
static size_t set_entries(struct sim_map *m, const char *key, const char *value)
{
    size_t hits = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (!has_key(m, i, key))
            continue;
        (void)snprintf(m->entries[i].value, SIM_TEXT, "%s", value);
        hits++;
    }
    return hits;
}

static size_t del_entries(struct sim_map *m, const char *key)
{
    size_t kept = 0, before = m->count;

    for (size_t i = 0; i < before; i++) {
        if (!has_key(m, i, key))
            m->entries[kept++] = m->entries[i];
    }
    m->count = kept;
    return before - kept;
}

static const char *add_entry(struct sim_map *m, const char *key, const char *value)
{
    if (m->count == SIM_ENTRIES)
        return "Out of memory error.\n";
    (void)snprintf(m->entries[m->count].key, SIM_TEXT, "%s", key);
    (void)snprintf(m->entries[m->count++].value, SIM_TEXT, "%s", value);
    return "\n";
}

static const char *map_command(struct sim *s, const struct plan_op *op)
{
    char path[SIM_TEXT], key[SIM_TEXT], value[SIM_TEXT], skip[SIM_TEXT];
    struct str rest = op->command;
    struct sim_map *m;

    (void)word(&rest, skip);
    (void)word(&rest, skip);
    (void)word(&rest, path);
    m = sim_map(s, path);
    if (!m)
        return "Unknown map identifier. Please use #<id> or <file>.\n\n";
    (void)word(&rest, key);
    (void)word(&rest, value);
    if (op->kind == REPLY_ADD_MAP)
        return add_entry(m, key, value);
    if (op->kind == REPLY_SET_MAP)
        return set_entries(m, key, value) ? "\n" : "entry not found.\n\n";
    if (op->kind == REPLY_DEL_MAP)
        return del_entries(m, key) ? "\n" : "Key not found.\n\n";
    m->count = 0;
    return "\n";
}

static const char *make_backend(struct sim *s, const char *name, struct str rest)
{
    char word_text[SIM_TEXT];
    struct sim_backend *b;

    if (!s->can_add)
        return "Unknown command: 'add backend'.\n";
    if (sim_backend(s, name))
        return "Error during backend creation : name is already used by other proxy 'backend x'.\n";
    b = sim_add_backend(s, name);
    b->unpublished = true;
    (void)word(&rest, word_text); /* from */
    set(b->profile, word(&rest, word_text));
    return "New backend registered.\n\n";
}

static const char *delete_backend(struct sim *s, struct sim_backend *b)
{
    if (!b->unpublished)
        return "Backend must be unpublished prior to its deletion.\n\n";
    if (b->count)
        return "Only a backend without server can be deleted.\n\n";
    if (b->pinned)
        return "This proxy cannot be removed at runtime due to other configuration elements "
               "pointing to it.\n\n";
    *b = s->backends[--s->backend_count];
    return "Backend deleted.\n\n";
}

static const char *backend_command(struct sim *s, const struct plan_op *op)
{
    char name[SIM_TEXT], skip[SIM_TEXT];
    struct str rest = op->command;
    struct sim_backend *b;

    (void)word(&rest, skip);
    (void)word(&rest, skip);
    (void)word(&rest, name);
    if (op->kind == REPLY_ADD_BACKEND)
        return make_backend(s, name, rest);
    b = sim_backend(s, name);
    if (!b)
        return "No such backend.\n\n";
    if (op->kind == REPLY_DEL_BACKEND)
        return delete_backend(s, b);
    b->unpublished = op->kind == REPLY_UNPUBLISH_BACKEND;
    return b->unpublished ? "Backend unpublished.\n\n" : "Backend published.\n\n";
}

static bool is_of_backend(enum reply_op kind)
{
    return kind == REPLY_ADD_BACKEND || kind == REPLY_DEL_BACKEND ||
           kind == REPLY_PUBLISH_BACKEND || kind == REPLY_UNPUBLISH_BACKEND;
}

static const char *server_command(struct sim *s, const struct plan_op *op)
{
    char b[SIM_TEXT], n[SIM_TEXT], skip[SIM_TEXT];
    struct str rest = op->command;
    struct sim_server *v;

    (void)word(&rest, skip);
    (void)word(&rest, skip);
    (void)word(&rest, skip);
    if (op->kind == REPLY_ADD_SERVER)
        return add_server(s, op, rest);
    if (op->kind == REPLY_DEL_SERVER)
        return delete_server(s, op);
    if (op->kind == REPLY_SET_STATE || op->kind == REPLY_SET_SERVER_WEIGHT ||
        op->kind == REPLY_SET_ADDR)
        return change_server(s, op, rest);
    set(b, op->backend);
    set(n, op->server);
    v = sim_server(s, b, n);
    if (!v)
        return "No such server.\n";
    if (op->kind == REPLY_ENABLE_HEALTH)
        v->health = true;
    else if (op->kind == REPLY_SHUTDOWN_SESSIONS)
        v->sessions = 0;
    return "\n";
}

const char *sim_command(struct sim *s, const struct plan_op *op)
{
    const char *reply;

    if (command_check(op->command, 16383, NULL))
        reply = "HAProxy would read this as another command.\n";
    else
        reply = op->map.n                 ? map_command(s, op)
                : is_of_backend(op->kind) ? backend_command(s, op)
                                          : server_command(s, op);
    if (reply_classify(op->kind, str_z(reply)) == REPLY_REFUSED)
        s->refused++;
    return reply;
}
