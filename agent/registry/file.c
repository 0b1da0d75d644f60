/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/file.h"
#include "base/file.h"
#include "base/hash.h"
#include "registry/file_text.h"

#include <ev.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define SETTLE_S 0.02 /* several events of one change are one */
#define AGAIN_S 0.25  /* broken: it may be half written */
#define LOOK_S 5.0    /* for folders whose changes inotify does not tell */

struct follow {
    char *service;
    struct continuity continuity;
    bool wanted, told, had_any, confirm;
};

struct file_registry {
    struct ev_loop *loop;
    struct registry_events events;
    char path[4096];
    int inotify;
    ev_io io;
    ev_timer settle, look;
    bool tried_again;
    bool loaded;   /* some content was good since the start */
    uint64_t hash; /* of the content told last */
    uint64_t generation;
    struct file_text text;
    struct follow *follows; /* sorted by service */
    size_t count;
    enum registry_state state;
    int64_t since_ms;
    struct err last_error;
};

static int64_t now_ms(const struct file_registry *f)
{
    return (int64_t)(ev_now(f->loop) * 1000.0);
}

struct registry_status file_registry_status(const struct file_registry *f)
{
    return (struct registry_status){f->state, f->since_ms, f->last_error.text};
}

static void set_state(struct file_registry *f, enum registry_state state, const struct err *e)
{
    bool news = state != f->state || (e && strcmp(e->text, f->last_error.text) != 0);

    if (state != f->state)
        f->since_ms = now_ms(f);
    f->state = state;
    if (e)
        f->last_error = *e;
    if (!news)
        return;
    struct registry_status status = file_registry_status(f);
    f->events.on_state(f->events.ctx, &status);
}

static bool is_sound(const struct file_registry *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->follows[i].had_any && file_text_find(&f->text, str_z(f->follows[i].service)))
            return true;
    return false;
}

/* True if a confirming read is asked for. */
static bool tell(struct file_registry *f, struct follow *w, enum read_trust trust, bool disturbed)
{
    struct service_read *read = file_text_find(&f->text, str_z(w->service));
    struct evidence e = {
        .trust = trust,
        .disturbed = disturbed,
        .sound = trust == READ_CONFIRMED && is_sound(f),
        .index = f->generation,
        .now_ms = now_ms(f),
    };
    bool confirm;

    w->told = true;
    read = read ? service_read_ref(read) : service_read_new(str_z(w->service));
    w->had_any |= read->count > 0;
    confirm = f->events.on_read(f->events.ctx, read, &e);
    service_read_unref(read);
    return confirm;
}

static void failed(struct file_registry *f, const struct err *e)
{
    for (size_t i = 0; i < f->count; i++)
        continuity_error(&f->follows[i].continuity);
    f->hash = 0;
    set_state(f, REGISTRY_DOWN, e);
}

/* Read the file into f->text. 1: it is what it was; 0: new; -1: error. */
static int load(struct file_registry *f, bool even_if_same, struct err *e)
{
    struct buf b;
    struct file_text text;
    int result = -1;

    buf_init(&b, FILE_TEXT_BYTES_MAX);
    if (file_read(f->path, &b, e))
        goto out;
    uint64_t hash = hash_str(buf_str(&b));
    result = f->loaded && hash == f->hash;
    if (result && !even_if_same)
        goto out;
    result = file_text_parse(buf_str(&b), &text, e) ? err_wrap(e, "%s", f->path) : 0;
    if (result)
        goto out;
    file_text_free(&f->text);
    f->text = text;
    f->hash = hash;
    f->loaded = true;
    f->generation++;
out:
    buf_free(&b);
    return result;
}

static void confirm_all(struct file_registry *f)
{
    struct err e = {.kind = ERR_NONE};

    if (load(f, true, &e) < 0) {
        failed(f, &e);
        return;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct follow *w = &f->follows[i];
        bool disturbed = w->continuity.broken;
        if (!w->confirm)
            continue;
        w->confirm = false;
        tell(f, w, continuity_confirm(&w->continuity, f->generation, ""), disturbed);
    }
}

static void tell_all(struct file_registry *f, bool only_new)
{
    bool confirm = false;

    for (size_t i = 0; i < f->count; i++) {
        struct follow *w = &f->follows[i];
        if (only_new && w->told)
            continue;
        enum read_trust trust = continuity_reply(&w->continuity, f->generation);
        w->confirm = tell(f, w, trust, trust == READ_DOUBTFUL);
        if (!w->confirm && trust == READ_DOUBTFUL)
            continuity_settle(&w->continuity, f->generation);
        confirm |= w->confirm;
    }
    if (confirm)
        confirm_all(f);
}

static void settle_in(struct file_registry *f, double seconds)
{
    ev_timer_stop(f->loop, &f->settle);
    ev_timer_set(&f->settle, seconds, 0.);
    ev_timer_start(f->loop, &f->settle);
}

static void look(struct file_registry *f)
{
    struct err e = {.kind = ERR_NONE};
    int result = load(f, false, &e);

    if (result < 0 && !f->tried_again) {
        f->tried_again = true;
        settle_in(f, AGAIN_S);
        return;
    }
    f->tried_again = false;
    if (result < 0) {
        failed(f, &e);
        return;
    }
    set_state(f, REGISTRY_OK, NULL);
    if (!result)
        tell_all(f, false);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    look(timer->data);
}

static void on_inotify(struct ev_loop *loop, ev_io *io, int events)
{
    struct file_registry *f = io->data;
    _Alignas(struct inotify_event) char discard[4096];

    (void)loop;
    (void)events;
    while (read(f->inotify, discard, sizeof discard) > 0)
        continue;
    if (!ev_is_active(&f->settle))
        settle_in(f, SETTLE_S);
}

static int watch_folder(struct file_registry *f, struct err *e)
{
    char copy[sizeof f->path];
    const char *folder;

    str_copy(copy, sizeof copy, str_z(f->path));
    folder = dirname(copy);
    f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (f->inotify < 0)
        return err_set(e, ERR_INTERNAL, "serviceReg: no inotify");
    if (inotify_add_watch(f->inotify, folder,
                          IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_TO |
                              IN_MOVED_FROM | IN_ONLYDIR) >= 0)
        return 0;
    close(f->inotify);
    return err_set(e, ERR_INVALID, "serviceReg: %s: its folder cannot be watched", f->path);
}

struct file_registry *file_registry_start(struct ev_loop *loop, const char *path,
                                          const struct registry_events *events, struct err *e)
{
    struct file_registry *f = calloc(1, sizeof *f);

    if (!f)
        abort();
    f->loop = loop;
    f->events = *events;
    str_copy(f->path, sizeof f->path, str_z(path));
    if (watch_folder(f, e)) {
        free(f);
        return NULL;
    }
    f->since_ms = now_ms(f);
    ev_io_init(&f->io, on_inotify, f->inotify, EV_READ);
    ev_timer_init(&f->settle, on_timer, 0., 0.);
    ev_timer_init(&f->look, on_timer, LOOK_S, LOOK_S);
    f->io.data = f->settle.data = f->look.data = f;
    ev_io_start(loop, &f->io);
    ev_timer_start(loop, &f->look);
    settle_in(f, 0.);
    return f;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct follow *)a)->service, ((const struct follow *)b)->service);
}

static int compare_name(const void *name, const void *w)
{
    return str_cmp(*(const struct str *)name, str_z(((const struct follow *)w)->service));
}

static void want(struct file_registry *f, const struct catalog_service *service)
{
    struct follow *w = NULL;

    if (f->count)
        w = bsearch(&service->name, f->follows, f->count, sizeof *f->follows, compare_name);
    if (w) {
        w->wanted = true;
        return;
    }
    f->follows = realloc(f->follows, (f->count + 1) * sizeof *f->follows);
    w = f->follows ? &f->follows[f->count++] : NULL;
    if (!w)
        abort();
    *w = (struct follow){.service = strndup(service->name.p, service->name.n),
                         .wanted = true,
                         .had_any = service->index > 0};
    if (!w->service)
        abort();
    continuity_init(&w->continuity, 0, ""); /* generations begin anew with the process */
    qsort(f->follows, f->count, sizeof *f->follows, compare);
}

void file_registry_watch(struct file_registry *f, const struct catalog_service *services,
                         size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++)
        f->follows[i].wanted = false;
    for (size_t i = 0; i < count; i++)
        want(f, &services[i]);
    for (size_t i = 0; i < f->count; i++) {
        if (f->follows[i].wanted)
            f->follows[kept++] = f->follows[i];
        else
            free(f->follows[i].service);
    }
    f->count = kept;
    if (f->loaded && f->state == REGISTRY_OK)
        tell_all(f, true);
}

bool file_registry_each(const struct file_registry *f, size_t i, const struct service_read **read)
{
    if (i >= f->text.count)
        return false;
    *read = f->text.reads[i];
    return true;
}

void file_registry_stop(struct file_registry *f)
{
    ev_io_stop(f->loop, &f->io);
    ev_timer_stop(f->loop, &f->settle);
    ev_timer_stop(f->loop, &f->look);
    close(f->inotify);
    file_text_free(&f->text);
    for (size_t i = 0; i < f->count; i++)
        free(f->follows[i].service);
    free(f->follows);
    free(f);
}
