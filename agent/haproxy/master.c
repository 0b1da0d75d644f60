/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/master.h"

#include "haproxy/ask.h"
#include "plan/capabilities.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double ask_deadline_s = 3.0, poll_s = 0.05, again_s = 0.2, first_s = 2.0;

/* --- show proc --- */

struct listing {
    master_on_procs *on_procs;
    void *ctx;
};

static void on_listing(void *ctx, struct str reply, const struct err *failure)
{
    struct listing *l = ctx;
    struct arena arena = ARENA_INIT;
    struct have_procs procs;
    struct err e;

    if (!failure && have_parse_proc(&arena, reply, &procs, &e))
        failure = &e;
    l->on_procs(l->ctx, failure ? NULL : &procs, failure);
    arena_free(&arena);
    free(l);
}

int master_show_proc(struct ev_loop *loop, const char *path, double deadline_s,
                     master_on_procs *on_procs, void *ctx, struct err *e)
{
    struct listing *l = malloc(sizeof *l);

    if (!l)
        abort();
    *l = (struct listing){on_procs, ctx};
    if (!ask_start(loop, path, STR("show proc"), deadline_s, on_listing, l, e)) {
        free(l);
        return -1;
    }
    return 0;
}

/* --- reload --- */

enum step {
    STEP_BEFORE, /* who works now */
    STEP_RELOAD,
    STEP_PROOF /* is there a new worker */
};

struct reload {
    struct ev_loop *loop;
    enum step step;
    ev_timer timer;
    double began, end; /* ev_now() time */
    char *path;
    struct arena arena;
    struct have_procs before;
    struct str words; /* HAProxy's, of the reload's reply */
    bool accepted;    /* Success=1 */
    struct err last;  /* why the last attempt to ask failed */
    reload_on_done *on_done;
    void *ctx;
};

static void on_step_timer(struct ev_loop *loop, ev_timer *w, int events);

static void finish(struct reload *r, bool ok, int64_t pid, struct str message, bool gone)
{
    struct reload_result result = {.ok = ok, .pid = pid, .message = message, .master_gone = gone};

    ev_timer_stop(r->loop, &r->timer);
    r->on_done(r->ctx, &result);
    arena_free(&r->arena);
    free(r->path);
    free(r);
}

static void refuse(struct reload *r, const char *why)
{
    finish(r, false, 0, r->words.n ? r->words : str_z(why), false);
}

static void after(struct reload *r, double pause_s, enum step step)
{
    double end = r->end;

    if (step == STEP_BEFORE && end > r->began + first_s)
        end = r->began + first_s; /* somebody must listen at all */
    r->step = step;
    ev_now_update(r->loop);
    if (ev_now(r->loop) + pause_s > end) {
        if (r->accepted) /* the reload itself is proven by its reply */
            finish(r, true, 0, r->words, false);
        else
            finish(r, false, 0, str_z(r->last.kind ? r->last.text : "no new worker in time"),
                   r->last.kind != ERR_NONE);
        return;
    }
    ev_timer_stop(r->loop, &r->timer);
    ev_timer_set(&r->timer, pause_s, 0.);
    ev_timer_start(r->loop, &r->timer);
}

static double ask_time(const struct reload *r)
{
    double left = r->end - ev_now(r->loop);

    if (r->step == STEP_RELOAD)
        return left > 0.01 ? left : 0.01;
    return left < ask_deadline_s ? (left > 0.01 ? left : 0.01) : ask_deadline_s;
}

/* HAProxy 2.6 answers nothing and does it later; the others tell the result. */
static bool replies_late(const struct reload *r)
{
    struct capabilities caps;

    return capabilities_of(have_proc_master(&r->before)->version, &caps, NULL) == 0 &&
           !caps.sync_reload;
}

static bool contains(struct str s, const char *part)
{
    return s.n && memmem(s.p, s.n, part, strlen(part)) != NULL;
}

/* Words behind "Success=0\n--\n". */
static struct str reload_words(struct reload *r, struct str reply)
{
    struct str rest = reply;

    if (str_starts(rest, STR("Success=")))
        (void)str_cut(&rest, '\n');
    if (str_starts(rest, STR("--\n")))
        rest = (struct str){rest.p + 3, rest.n - 3};
    return arena_str(&r->arena, str_trim(rest));
}

static void on_reload_reply(void *ctx, struct str reply, const struct err *failure)
{
    struct reload *r = ctx;

    if (failure)
        r->last = *failure;
    if (contains(reply, "Another reload is still in progress")) {
        err_set(&r->last, ERR_UNAVAILABLE, "another reload is still in progress");
        after(r, again_s, STEP_RELOAD);
        return;
    }
    r->words = reload_words(r, reply);
    if (str_starts(reply, STR("Success=1"))) {
        r->accepted = true;
        after(r, 0., STEP_PROOF);
    } else if (str_starts(reply, STR("Success=0"))) {
        refuse(r, "reload failed");
    } else if (r->words.n) { /* "Permission denied", "Unknown command" */
        refuse(r, "");
    } else if (replies_late(r)) {
        after(r, poll_s, STEP_PROOF);
    } else { /* reset: another reload was faster, ours did not count */
        after(r, again_s, STEP_RELOAD);
    }
}

static bool was_there(const struct have_procs *procs, int64_t pid)
{
    for (size_t i = 0; i < procs->count; i++)
        if (procs->items[i].pid == pid)
            return true;
    return false;
}

static void on_proof(struct reload *r, const struct have_procs *procs)
{
    const struct have_proc *worker = have_proc_worker(procs);
    unsigned failed = have_proc_master(procs)->failed;

    if (worker && failed == 0 && !was_there(&r->before, worker->pid))
        finish(r, true, worker->pid, r->words, false);
    else if (!r->accepted && failed > have_proc_master(&r->before)->failed)
        refuse(r, "HAProxy did not take the configuration (its log says why)");
    else
        after(r, poll_s, STEP_PROOF);
}

static void keep_before(struct reload *r, const struct have_procs *procs)
{
    r->before.count = procs->count;
    r->before.items = ARENA_ARRAY(&r->arena, struct have_proc, procs->count);
    for (size_t i = 0; i < procs->count; i++) {
        r->before.items[i] = procs->items[i];
        r->before.items[i].version = arena_str(&r->arena, procs->items[i].version);
    }
}

static void on_procs(void *ctx, const struct have_procs *procs, const struct err *failure)
{
    struct reload *r = ctx;

    r->last = failure ? *failure : (struct err){0};
    if (failure) {
        after(r, poll_s, r->step);
    } else if (r->step == STEP_BEFORE) {
        keep_before(r, procs);
        after(r, 0., STEP_RELOAD);
    } else {
        on_proof(r, procs);
    }
}

/* A master that executes itself again does not listen for a moment: asked again until the end. */
static void on_step_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    struct reload *r = w->data;
    double pause_s = r->step == STEP_RELOAD ? again_s : poll_s;
    int rc;

    (void)events;
    if (r->step == STEP_RELOAD)
        rc = ask_start(loop, r->path, STR("reload"), ask_time(r), on_reload_reply, r, &r->last)
                 ? 0
                 : -1;
    else
        rc = master_show_proc(loop, r->path, ask_time(r), on_procs, r, &r->last);
    if (rc)
        after(r, pause_s, r->step);
}

int master_reload(struct ev_loop *loop, const char *path, double deadline_s,
                  reload_on_done *on_done, void *ctx, struct err *e)
{
    struct reload *r;

    if (access(path, F_OK))
        return err_errno(e, ERR_UNAVAILABLE, errno, "%s", path);
    r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->loop = loop;
    r->path = strdup(path);
    if (!r->path)
        abort();
    r->on_done = on_done;
    r->ctx = ctx;
    ev_now_update(loop);
    r->began = ev_now(loop);
    r->end = r->began + deadline_s;
    ev_init(&r->timer, on_step_timer);
    r->timer.data = r;
    after(r, 0., STEP_BEFORE);
    return 0;
}
