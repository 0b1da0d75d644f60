/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/launch.h"

#include "base/file.h"
#include "haproxy/ask.h"
#include "haproxy/child.h"
#include "haproxy/lock.h"
#include "haproxy/words.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

static const double ask_deadline_s = 2.0, poll_s = 0.05;

struct launch {
    struct ev_loop *loop;
    ev_timer timer;
    double end;
    int64_t old_pid;
    char *socket;
    struct arena arena;
    struct str words; /* the program's output */
    struct err last;
    reload_on_done *on_done;
    void *ctx;
};

static void finish(struct launch *l, bool ok, int64_t pid, struct str message)
{
    struct reload_result result = {.ok = ok, .pid = pid, .message = message};

    ev_timer_stop(l->loop, &l->timer);
    l->on_done(l->ctx, &result);
    arena_free(&l->arena);
    free(l->socket);
    free(l);
}

static void poll_again(struct launch *l)
{
    ev_now_update(l->loop);
    if (ev_now(l->loop) + poll_s > l->end) {
        const char *why = l->last.kind ? l->last.text : "no new worker in time";
        finish(l, false, 0, l->words.n ? l->words : str_z(why));
        return;
    }
    ev_timer_stop(l->loop, &l->timer);
    ev_timer_set(&l->timer, poll_s, 0.);
    ev_timer_start(l->loop, &l->timer);
}

static void on_info(void *ctx, struct str reply, const struct err *failure)
{
    struct launch *l = ctx;
    struct have *have = have_new();
    int64_t pid = 0;

    l->last = failure ? *failure : (struct err){0};
    if (!failure && !have_parse_info(have, reply, &l->last) && !have->stopping)
        pid = have->pid;
    have_free(have);
    if (pid && pid != l->old_pid)
        finish(l, true, pid, l->words);
    else
        poll_again(l);
}

static void on_poll(struct ev_loop *loop, ev_timer *w, int events)
{
    struct launch *l = w->data;

    (void)events;
    if (!ask_start(loop, l->socket, STR("show info"), ask_deadline_s, on_info, l, &l->last))
        poll_again(l);
}

static void on_child_exit(void *ctx, const struct child_result *r)
{
    struct launch *l = ctx;

    l->words = arena_str(&l->arena, str_trim(r->output));
    if (r->status == 0 && !r->timed_out) {
        poll_again(l);
        return;
    }
    if (!l->words.n)
        l->words = r->timed_out ? STR("the program did not end in time")
                                : arena_printf(&l->arena, "exit status %d", r->status);
    finish(l, false, 0, l->words);
}

static int start(struct ev_loop *loop, const struct launch_options *o, const struct words *words,
                 const char *lock, int64_t old_pid, reload_on_done *on_done, void *ctx,
                 struct err *e)
{
    struct launch *l = calloc(1, sizeof *l);

    if (!l || !(l->socket = strdup(o->admin_socket)))
        abort();
    l->loop = loop;
    l->old_pid = old_pid;
    l->on_done = on_done;
    l->ctx = ctx;
    ev_now_update(loop);
    l->end = ev_now(loop) + o->deadline_s;
    ev_init(&l->timer, on_poll);
    l->timer.data = l;
    if (!child_run_locked(loop, words->items, lock, o->deadline_s, on_child_exit, l, e)) {
        free(l->socket);
        free(l);
        return -1;
    }
    return 0;
}

int launch_start(struct ev_loop *loop, const struct launch_options *o, reload_on_done *on_done,
                 void *ctx, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct words w = {0};
    char lock[LOCK_PATH];
    int rc;

    if (lock_name_starting(o->config_path, lock, e))
        return -1;
    words_add_sudo(&arena, &w, o->sudo);
    words_add(&arena, &w, str_z(o->haproxy_path));
    if (o->master_socket) {
        words_add(&arena, &w, STR("-W"));
        words_add(&arena, &w, STR("-S"));
        words_add(&arena, &w, str_z(o->master_socket));
    }
    words_add(&arena, &w, STR("-D"));
    words_add(&arena, &w, STR("-f"));
    words_add(&arena, &w, str_z(o->config_path));
    words_add(&arena, &w, STR("-p"));
    words_add(&arena, &w, str_z(o->pid_path));
    rc = start(loop, o, &w, lock, 0, on_done, ctx, e);
    arena_free(&arena);
    return rc;
}

pid_t launch_under_way(const char *config_path)
{
    char lock[LOCK_PATH];
    struct err e;

    return lock_name_starting(config_path, lock, &e) ? 0 : lock_starter(lock);
}

/* The pids of the file that HAProxy wrote, one per line; else the one that the socket named. */
static int add_old_pids(struct arena *a, struct words *w, const struct launch_options *o,
                        struct err *e)
{
    struct buf text;
    struct str rest, word;
    uint64_t pid;
    size_t before = w->count;

    buf_init(&text, 4096);
    if (!file_read(o->pid_path, &text, e)) {
        rest = buf_str(&text);
        while (word = str_word(&rest), word.n)
            if (!str_u64(word, &pid) && pid > 1)
                words_add(a, w, word);
    }
    buf_free(&text);
    if (w->count == before && o->old_pid > 1)
        words_add(a, w, arena_printf(a, "%lld", (long long)o->old_pid));
    if (w->count == before)
        return err_set(e, ERR_UNAVAILABLE, "%s: no pid of a running HAProxy", o->pid_path);
    return 0;
}

static int takeover_words(struct arena *a, struct words *w, const struct launch_options *o,
                          struct err *e)
{
    words_add(a, w, str_z(o->haproxy_path));
    words_add(a, w, STR("-D"));
    words_add(a, w, STR("-f"));
    words_add(a, w, str_z(o->config_path));
    words_add(a, w, STR("-p"));
    words_add(a, w, str_z(o->pid_path));
    words_add(a, w, STR("-x"));
    words_add(a, w, str_z(o->admin_socket));
    words_add(a, w, STR("-sf"));
    return add_old_pids(a, w, o, e);
}

int launch_reload(struct ev_loop *loop, const struct launch_options *o, reload_on_done *on_done,
                  void *ctx, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct words w = {0};
    int rc;

    words_add_sudo(&arena, &w, o->sudo);
    if (o->reload_command)
        rc = words_split(&arena, &w, o->reload_command, str_z(o->config_path), false, e);
    else
        rc = takeover_words(&arena, &w, o, e);
    if (!rc)
        rc = start(loop, o, &w, NULL, o->old_pid, on_done, ctx, e);
    arena_free(&arena);
    return rc;
}
