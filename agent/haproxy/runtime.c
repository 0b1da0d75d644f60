/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of commands and the states of the connection. What bytes mean is in frames.c, what a
 * line may be in command.c, the socket in stream.c. */
#include "haproxy/runtime.h"

#include "haproxy/command.h"
#include "haproxy/frames.h"
#include "haproxy/queue.h"
#include "haproxy/stream.h"
#include "haproxy/unix_socket.h"

#include <stdlib.h>
#include <string.h>

/* A master mistakes commands at the end of its buffer when many lie in it (3.0: 16 kB). */
enum { WINDOW_BYTES = 192 << 10, MASTER_WINDOW_BYTES = 4 << 10, KEEP_BYTES = 4 << 20 };
static const double pause_min_s = 0.05, pause_max_s = 2.0, open_deadline_s = 5.0;
static const char level_command[] = "show cli level\n";

enum step {
    STEP_CLOSED,
    STEP_PROMPT, /* `prompt` was sent */
    STEP_LEVEL,  /* the severity and the first fence were sent */
    STEP_IDLE,
    STEP_WINDOW /* commands and a fence are in flight */
};

struct runtime {
    struct runtime_options options;
    char *path, *prefix;
    enum runtime_state state;
    enum step step;
    struct stream stream;
    ev_timer reopen;
    double pause_s;
    struct frames frames;
    struct queue queue;
    size_t window; /* so many commands at the queue's front are in flight */
    unsigned busy; /* depth of calls that may reach the owner */
    bool master;   /* the socket is a master's */
    bool closed;   /* by the owner; freed when not busy */
};

static void enter(struct runtime *r)
{
    r->busy++;
}

static void leave(struct runtime *r)
{
    if (--r->busy || !r->closed)
        return;
    stream_fini(&r->stream);
    free(r->path);
    free(r->prefix);
    free(r);
}

static void drop_connection(struct runtime *r)
{
    stream_close(&r->stream);
    ev_timer_stop(r->stream.loop, &r->reopen);
    r->step = STEP_CLOSED;
    r->window = 0;
}

static void open_after(struct runtime *r, double pause_s)
{
    ev_timer_set(&r->reopen, pause_s, 0.);
    ev_timer_start(r->stream.loop, &r->reopen);
}

static void tell_state(struct runtime *r, enum runtime_state state, const struct err *why)
{
    r->state = state;
    if (r->options.on_state && !r->closed)
        r->options.on_state(r->options.ctx, state, why);
}

/* What is queued now learns its end. The list is taken off first: a callback may queue or reopen.
 */
static void fail_queue(struct runtime *r, const struct err *why)
{
    struct queue failed;

    queue_take(&r->queue, &failed);
    while (failed.count) {
        struct command *c = queue_pop(&failed);
        c->on_reply(c->ctx, why, STR_NONE);
        free(c);
    }
}

static void fail(struct runtime *r, const struct err *why)
{
    enter(r);
    drop_connection(r);
    r->state = RUNTIME_DOWN;
    open_after(r, r->pause_s);
    r->pause_s = r->pause_s * 2 > pause_max_s ? pause_max_s : r->pause_s * 2;
    fail_queue(r, why);
    if (r->state == RUNTIME_DOWN) /* else a callback opened it again */
        tell_state(r, RUNTIME_DOWN, why);
    leave(r);
}

static void fail_text(struct runtime *r, const char *why)
{
    struct err e;

    err_set(&e, ERR_UNAVAILABLE, "%s: %s", r->path, why);
    fail(r, &e);
}

/* Everything up to the next reader, which goes alone: frames.h. */
static void fill_window(struct runtime *r)
{
    size_t most = r->master ? MASTER_WINDOW_BYTES : WINDOW_BYTES;
    const struct command *c = r->queue.first;
    struct buf *out = &r->stream.out;

    do {
        if (r->prefix)
            buf_add_z(out, r->prefix);
        buf_add(out, c->line, c->n);
        buf_add_char(out, '\n');
        r->window++;
        if (c->reads)
            break;
        c = c->next;
    } while (c && !c->reads && r->window < FRAMES_WINDOW && out->n + c->n < most);
    buf_add_z(out, level_command);
}

static void start_window(struct runtime *r)
{
    if (r->step != STEP_IDLE)
        return;
    if (!r->queue.first) {
        stream_set_deadline(&r->stream, 0.);
        return;
    }
    r->step = STEP_WINDOW;
    fill_window(r);
    frames_begin(&r->frames);
    stream_set_deadline(&r->stream, r->queue.first->deadline_s);
    stream_flush(&r->stream);
}

static void finish_window(struct runtime *r)
{
    size_t commands = r->window;
    unsigned epoch = r->stream.epoch;

    for (size_t i = 0; i < commands; i++) {
        struct str reply = frames_reply(&r->frames, buf_str(&r->stream.in), i, commands);
        struct command *c = queue_pop(&r->queue);
        r->window--;
        c->on_reply(c->ctx, NULL, reply);
        free(c);
        if (r->stream.epoch != epoch) /* a callback closed or reopened */
            return;
    }
    if (r->stream.in.size > KEEP_BYTES)
        buf_free(&r->stream.in);
    buf_reset(&r->stream.in);
    r->step = STEP_IDLE;
    start_window(r);
}

static void extend_deadline(struct runtime *r)
{
    const struct command *c = r->queue.first;
    size_t next = r->frames.parts < r->window ? r->frames.parts : r->window - 1;

    while (next--)
        c = c->next;
    stream_set_deadline(&r->stream, c->deadline_s);
}

static void on_window_bytes(struct runtime *r)
{
    size_t before = r->frames.parts;

    switch (frames_next(&r->frames, buf_str(&r->stream.in), r->window)) {
    case FRAMES_MORE:
        if (r->frames.parts > before && r->frames.parts <= r->window)
            extend_deadline(r);
        return;
    case FRAMES_DONE:
        if (frames_used(&r->frames) != r->stream.in.n)
            break;
        finish_window(r);
        return;
    case FRAMES_BROKEN: break;
    }
    fail_text(r, "replies out of step with the commands");
}

static bool may_become_prompt(struct str got)
{
    return got.n < FRAMES_TEXT && (str_starts(STR("\n> "), got) || str_starts(STR("master"), got) ||
                                   str_starts(got, STR("master")));
}

/* The prompt is "> "; on a master socket "master> " or "master[ReloadFailed]> ". */
static void on_prompt_bytes(struct runtime *r)
{
    struct str got = buf_str(&r->stream.in);
    bool worker = str_eq(got, STR("\n> "));

    if (!may_become_prompt(got)) {
        fail_text(r, "this is not HAProxy's command line");
        return;
    }
    if (!worker && !str_ends(got, STR("> ")))
        return;
    if (frames_init(&r->frames, worker ? STR("> ") : got)) {
        fail_text(r, "unknown prompt");
        return;
    }
    buf_reset(&r->stream.in);
    r->step = STEP_LEVEL;
    r->master = !worker;
    if (worker) /* a master does not pass the severity on */
        buf_add_z(&r->stream.out, "set severity-output number\n");
    buf_add_z(&r->stream.out, level_command);
    stream_flush(&r->stream);
}

static void on_level_bytes(struct runtime *r)
{
    struct str got = buf_str(&r->stream.in), level;
    size_t commands = r->master ? 1 : 2;

    if (frames_next(&r->frames, got, commands) == FRAMES_MORE)
        return;
    level = frames_reply(&r->frames, got, commands - 1, commands);
    if (frames_used(&r->frames) != got.n || !str_ends(str_trim(level), STR("admin"))) {
        fail_text(r, "the socket has no admin level");
        return;
    }
    if (frames_set_fence(&r->frames, level)) {
        fail_text(r, "unknown answer to \"show cli level\"");
        return;
    }
    buf_reset(&r->stream.in);
    r->step = STEP_IDLE;
    r->pause_s = pause_min_s;
    tell_state(r, RUNTIME_UP, NULL);
    start_window(r);
}

static void on_bytes(void *ctx)
{
    struct runtime *r = ctx;

    enter(r);
    switch (r->step) {
    case STEP_PROMPT: on_prompt_bytes(r); break;
    case STEP_LEVEL: on_level_bytes(r); break;
    case STEP_WINDOW: on_window_bytes(r); break;
    case STEP_IDLE: fail_text(r, "HAProxy spoke unasked"); break;
    case STEP_CLOSED: break;
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): busy since enter(), so nobody else frees it */
    leave(r);
}

static void on_end(void *ctx, enum stream_end end, const struct err *why)
{
    (void)end;
    fail(ctx, why);
}

static void on_reopen(struct ev_loop *loop, ev_timer *w, int events)
{
    struct runtime *r = w->data;
    struct err e;

    (void)loop;
    (void)events;
    r->state = RUNTIME_OPENING;
    if (stream_connect(&r->stream, &e)) {
        fail(r, &e);
        return;
    }
    r->step = STEP_PROMPT;
    buf_add_z(&r->stream.out, "prompt\n");
    stream_set_deadline(&r->stream, r->options.open_deadline_s);
    stream_flush(&r->stream);
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    return copy;
}

struct runtime *runtime_open(struct ev_loop *loop, const struct runtime_options *options,
                             struct err *e)
{
    struct runtime *r;

    if (unix_socket_check(options->path, e))
        return NULL;
    r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->options = *options;
    if (r->options.open_deadline_s <= 0)
        r->options.open_deadline_s = open_deadline_s;
    r->path = copy_text(options->path);
    r->prefix = options->prefix ? copy_text(options->prefix) : NULL;
    r->state = RUNTIME_OPENING;
    r->pause_s = pause_min_s;
    queue_init(&r->queue);
    r->stream = (struct stream){.loop = loop,
                                .path = r->path,
                                .on_bytes = on_bytes,
                                .on_end = on_end,
                                .ctx = r,
                                .max_in_bytes = options->max_reply_bytes ? options->max_reply_bytes
                                                                         : RUNTIME_MAX_REPLY_BYTES};
    stream_init(&r->stream);
    ev_init(&r->reopen, on_reopen);
    r->reopen.data = r;
    open_after(r, 0.);
    return r;
}

int runtime_accepts(const struct runtime *r, const struct str *commands, size_t n, struct err *e)
{
    size_t prefix = r->prefix ? strlen(r->prefix) : 0, bytes = r->queue.bytes;

    if (r->closed || r->state == RUNTIME_DOWN)
        return err_set(e, ERR_UNAVAILABLE, "%s: not connected", r->path);
    for (size_t i = 0; i < n; i++) {
        if (command_check(commands[i], RUNTIME_MAX_LINE - 1 - prefix, e))
            return -1;
        bytes += commands[i].n;
    }
    if (n > RUNTIME_MAX_QUEUE - r->queue.count || bytes > RUNTIME_MAX_QUEUE_BYTES)
        return err_set(e, ERR_UNAVAILABLE, "%s: too many commands waiting", r->path);
    return 0;
}

int runtime_send(struct runtime *r, struct str command, double deadline_s,
                 runtime_on_reply *on_reply, void *ctx, struct err *e)
{
    if (runtime_accepts(r, &command, 1, e))
        return -1;
    queue_push(&r->queue, command_new(command, deadline_s, on_reply, ctx));
    start_window(r);
    return 0;
}

enum runtime_state runtime_state(const struct runtime *r)
{
    return r->state;
}

size_t runtime_queued(const struct runtime *r)
{
    return r->queue.count;
}

void runtime_reopen(struct runtime *r)
{
    struct err e;

    enter(r);
    drop_connection(r);
    r->state = RUNTIME_OPENING;
    r->pause_s = pause_min_s;
    open_after(r, 0.);
    err_set(&e, ERR_UNAVAILABLE, "%s: connection given up", r->path);
    fail_queue(r, &e);
    leave(r);
}

void runtime_close(struct runtime *r)
{
    struct err e;

    if (!r || r->closed)
        return;
    enter(r);
    r->closed = true;
    drop_connection(r);
    err_set(&e, ERR_UNAVAILABLE, "%s: closed", r->path);
    fail_queue(r, &e);
    leave(r);
}
