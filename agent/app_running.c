/* SPDX-License-Identifier: Apache-2.0 */
/* Which structure the running worker was started with. A worker's identity is its pid and start
 * time: our record counts while it fits, else what lies on the disk is what was read. */
#include "app.h"

#include "base/log.h"
#include "render/danger.h"

#include <stdio.h>
#include <stdlib.h>

/* Server options are not shown by HAProxy: for servers that came from the file, the file tells. For
 * those added since, our record does. */
void app_running_learn_servers(struct app *a, struct str config, bool from_file)
{
    struct arena arena = ARENA_INIT;
    struct structure_servers list = structure_servers(&arena, config);

    for (size_t i = 0; i < list.count; i++) {
        const struct structure_server *s = &list.items[i];
        const struct have_backend *b = have_find_backend(a->have, s->backend);
        const struct have_server *have = b ? have_find_server(b, s->name) : NULL;
        struct ledger_entry *entry;
        if (!have)
            continue;
        if (ledger_find(a->ledger, s->backend, s->name) && !from_file)
            continue;
        if (!ledger_find(a->ledger, s->backend, s->name)) {
            entry = ledger_touch(a->ledger, s->backend, s->name);
            entry->complete = true;
            entry->admin_set = entry->admin_next = have_admin_state(have);
        }
        entry = ledger_touch(a->ledger, s->backend, s->name);
        ledger_set_text(&entry->args, s->args);
    }
    arena_free(&arena);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct proxy_section *)a)->name,
                   ((const struct proxy_section *)b)->name);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Why no backend may be made of this profile at runtime; empty: none. */
static struct str danger_of(struct arena *a, const struct structure *s, struct str profile)
{
    struct danger_found found;

    return danger_in_defaults(s, profile, &found) ? danger_text(a, &found) : STR("");
}

static void take_section(struct arena *a, struct proxy_facts *f, const struct structure *all,
                         const struct structure_section *s)
{
    bool defaults = str_eq(s->kind, STR("defaults"));

    if (str_eq(s->kind, STR("backend")) && structure_is_plain(s))
        *ARENA_PUSH(a, f->plain, f->plain_count) =
            (struct proxy_section){arena_str(a, s->name), arena_str(a, s->from)};
    else if (defaults || str_eq(s->kind, STR("backend")) || str_eq(s->kind, STR("frontend")) ||
             str_eq(s->kind, STR("listen")))
        *ARENA_PUSH(a, f->taken, f->taken_count) = arena_str(a, s->name);
    if (defaults)
        *ARENA_PUSH(a, f->profiles, f->profile_count) =
            (struct profile_state){arena_str(a, s->name), danger_of(a, all, s->name)};
}

static void take_closed(struct app_running *r, const struct structure *s)
{
    struct arena arena = ARENA_INIT;
    struct str_list closed = danger_backends(&arena, s);

    r->closed = (struct str_list){0};
    for (size_t i = 0; i < closed.count; i++)
        *ARENA_PUSH(&r->arena, r->closed.items, r->closed.count) =
            arena_str(&r->arena, closed.items[i]);
    if (closed.count)
        log_warn("members of %zu backends come by reloads, since they have `option "
                 "external-check`: see thalassa check",
                 closed.count);
    arena_free(&arena);
}

void app_running_facts(struct app *a)
{
    struct proxy_facts *f = &a->running.facts;
    struct arena arena = ARENA_INIT;
    struct structure s;

    arena_free(&a->running.arena);
    *f = (struct proxy_facts){0};
    structure_parse(&arena, buf_str(&a->running.text), NULL, &s);
    for (size_t i = 0; i < s.count; i++)
        take_section(&a->running.arena, f, &s, &s.sections[i]);
    take_closed(&a->running, &s);
    if (f->plain_count)
        qsort(f->plain, f->plain_count, sizeof *f->plain, by_name);
    if (f->taken_count)
        qsort(f->taken, f->taken_count, sizeof *f->taken, by_text);
    a->reasons_stale = true;
    app_touch_all(a); /* proxies are chosen by it */
    arena_free(&arena);
}

static void set_text(struct app *a, struct str text)
{
    buf_reset(&a->running.text);
    buf_add_str(&a->running.text, text);
    app_running_facts(a);
    a->running.pid = a->have->pid;
    a->running.start_time_s = a->have->start_time_s;
    a->running.known = true;
    app_store_running(a);
}

static void take_from_file(struct app *a, struct str config)
{
    struct arena arena = ARENA_INIT;
    struct structure s;
    struct buf text;

    buf_init(&text, RENDER_MAX_CONFIG);
    structure_parse(&arena, config, NULL, &s);
    structure_print(&text, &s);
    set_text(a, buf_str(&text));
    buf_free(&text);
    arena_free(&arena);
}

static void guard_empty_store(struct app *a, struct str config)
{
    size_t sections = 0;
    struct str rest = config;

    while (rest.p) {
        struct str line = str_cut(&rest, '\n');
        sections += str_starts(line, STR("frontend ")) || str_starts(line, STR("listen "));
    }
    a->guard_empty = a->stored->generation == 0 && sections > 0;
    if (a->guard_empty)
        log_warn("the store is empty, but HAProxy serves: nothing is reloaded before the first "
                 "change through the API");
}

/* The file that the worker was started from has every backend under its own name. */
static void take_own_names(struct app *a)
{
    struct arena arena = ARENA_INIT;
    struct map_entry *list = NULL;
    const struct proxy_record *r;
    size_t count = 0;

    for (size_t i = 0; (r = proxies_at(a->proxies, i)); i++) {
        if (!r->gone && !str_eq(r->proxy, r->backend))
            *ARENA_PUSH(&arena, list, count) = (struct map_entry){r->proxy, r->backend};
    }
    ledger_rename(a->ledger, list, count);
    arena_free(&arena);
}

void app_running_attach(struct app *a)
{
    bool ours = a->running.known && a->running.pid == a->have->pid &&
                a->running.start_time_s == a->have->start_time_s;
    struct buf config;
    struct err e;

    map_cache_clear(a->maps);
    if (app_reload_takes_worker(a))
        return;
    buf_init(&config, RENDER_MAX_CONFIG + 4096);
    if (file_read(a->options->haproxyCfgPath, &config, &e))
        log_warn("%s", e.text);
    if (!ours) {
        if (a->running.known)
            app_note(a, "haproxyRestarted", STR("haproxy"), "haproxy", "pid %lld",
                     (long long)a->have->pid);
        a->reloads.failed_want = 0; /* it may well take what could not be started */
        take_own_names(a);
        ledger_rebase(a->ledger, a->have, false);
        take_from_file(a, buf_str(&config));
        proxies_rebase(a->proxies, a->have, &a->running.facts);
    }
    app_running_learn_servers(a, buf_str(&config), !ours);
    app_store_ledger(a);
    guard_empty_store(a, buf_str(&config));
    a->files_stale = true;
    buf_free(&config);
}

void app_running_set(struct app *a, struct str structure_text)
{
    set_text(a, structure_text);
}

void app_running_note_servers(struct app *a, const struct desired *d)
{
    for (size_t i = 0; i < d->backend_count; i++) {
        const struct desired_backend *b = &d->backends[i];
        for (size_t k = 0; k < b->server_count; k++) {
            const struct desired_server *w = &b->servers[k];
            struct ledger_entry *entry;
            if (!ledger_find(a->ledger, b->object->name, w->name))
                continue;
            entry = ledger_touch(a->ledger, b->object->name, w->name);
            ledger_set_text(&entry->source, w->source);
            ledger_set_text(&entry->args, w->args);
        }
    }
}
