/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a HAProxy that runs here, or for one that is set up, and tells the options that fit. */
#include "command_check.h"

#include "cli/found.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONFIG_BYTES = 8 << 20, ARGUMENT_BYTES = 64 * 1024, OPTION_BYTES = 16 * 1024 };

static const char DEBIAN_CONFIG[] = "/etc/haproxy/haproxy.cfg";

static bool is_haproxy(const char *pid)
{
    char path[64];
    struct buf name;
    bool same;

    (void)snprintf(path, sizeof path, "/proc/%.20s/comm", pid);
    buf_init(&name, 64);
    same = file_read(path, &name, NULL) == 0 && str_eq_z(str_trim(buf_str(&name)), "haproxy");
    buf_free(&name);
    return same;
}

static struct str link_target(struct arena *a, const char *pid, const char *what)
{
    char path[64], target[PATH_MAX];
    ssize_t n;

    (void)snprintf(path, sizeof path, "/proc/%.20s/%s", pid, what);
    n = readlink(path, target, sizeof target);
    return arena_str(a, (struct str){target, n > 0 ? (size_t)n : 0});
}

static void read_config(struct arena *a, struct found *f)
{
    struct buf text;

    buf_init(&text, CONFIG_BYTES);
    if (file_read(f->config.p, &text, NULL) == 0)
        found_read_config(a, buf_str(&text), f);
    buf_free(&text);
}

static bool read_process(struct arena *a, const char *pid, struct found *f)
{
    char path[64];
    struct buf arguments;
    bool known;

    *f = (struct found){0};
    (void)snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
    buf_init(&arguments, ARGUMENT_BYTES);
    known = str_i64(str_z(pid), &f->pid) == 0 && file_read(path, &arguments, NULL) == 0 &&
            found_read_arguments(a, buf_str(&arguments), link_target(a, pid, "cwd"), f);
    buf_free(&arguments);
    if (!known)
        return false;
    f->program = link_target(a, pid, "exe");
    read_config(a, f);
    return true;
}

/* Master and workers have one configuration: the first of them stands for all. */
static bool is_new(const struct found *items, size_t count, const struct found *f)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(items[i].config, f->config))
            return false;
    }
    return true;
}

static size_t find(struct arena *a, struct found items[FOUND_MAX])
{
    DIR *d = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    while (d && count < FOUND_MAX && (entry = readdir(d))) {
        struct found f;
        if (is_haproxy(entry->d_name) && read_process(a, entry->d_name, &f) &&
            is_new(items, count, &f))
            items[count++] = f;
    }
    if (d)
        (void)closedir(d);
    if (count == 0 && access(DEBIAN_CONFIG, R_OK) == 0) {
        items[0] = (struct found){.config = str_z(DEBIAN_CONFIG)};
        read_config(a, &items[0]);
        count = items[0].admin_socket.n > 0;
    }
    return count;
}

/* The one that reads our configuration, else the first. */
static const struct found *best(const struct found *items, size_t count, const struct options *o)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_z(items[i].config, o->haproxyCfgPath))
            return &items[i];
    }
    return count ? items : NULL;
}

bool check_hint_found(struct check *c)
{
    struct found items[FOUND_MAX];
    const struct found *f = best(items, find(&c->local.arena, items), c->options);
    struct buf options;
    bool hinted;

    buf_init(&options, OPTION_BYTES);
    if (f && f->admin_socket.n)
        found_put_options(&options, f, c->options);
    hinted = options.n > 0;
    if (hinted)
        findings_hint(&c->findings, STR_FMT, STR_ARG(buf_str(&options)));
    buf_free(&options);
    return hinted;
}

bool check_hint_master(struct check *c)
{
    struct found items[FOUND_MAX];
    size_t count = find(&c->local.arena, items);

    for (size_t i = 0; i < count; i++) {
        if (items[i].master_socket.n == 0 ||
            !str_eq_z(items[i].admin_socket, c->options->haproxySocketPath))
            continue;
        findings_hint(&c->findings, "--haproxyMasterSocketPath " STR_FMT,
                      STR_ARG(items[i].master_socket));
        return true;
    }
    return false;
}

static void say_found(struct check *c, const struct found *f)
{
    struct buf options;

    findings_add(&c->findings, FINDING_WARNING, "other HAProxy",
                 "one runs with " STR_FMT " (pid %lld)%s", STR_ARG(f->config), (long long)f->pid,
                 f->admin_socket.n ? ""
                 : f->other_socket.n
                     ? ", but its stats socket has no level admin"
                     : ", without a stats socket of level admin that could be read");
    buf_init(&options, OPTION_BYTES);
    found_put_options(&options, f, c->options);
    if (options.n)
        findings_hint(&c->findings, "options that fit it: " STR_FMT, STR_ARG(buf_str(&options)));
    buf_free(&options);
}

void check_found(struct check *c)
{
    struct found items[FOUND_MAX];
    size_t count = c->haproxy_answers ? 0 : find(&c->local.arena, items);

    for (size_t i = 0; i < count; i++) {
        if (items[i].pid)
            say_found(c, &items[i]);
    }
}
