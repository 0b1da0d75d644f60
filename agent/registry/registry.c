/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/registry.h"
#include "base/log.h"
#include "registry/inside.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

const char *registry_state_name(enum registry_state s)
{
    static const char *const names[] = {"starting", "ok", "down"};

    return names[s];
}

int64_t registry_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double registry_jitter(struct registry *r)
{
    r->random ^= r->random << 13; /* xorshift */
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return 0.5 + (double)(r->random >> 12) / (double)(1ULL << 53);
}

struct registry_status registry_status(const struct registry *r)
{
    return (struct registry_status){r->state, r->since_ms, r->last_error};
}

static void set_state(struct registry *r, enum registry_state state, const char *error)
{
    bool news = state != r->state;

    if (error && !str_eq_z(str_z(error), r->last_error)) {
        str_copy(r->last_error, sizeof r->last_error, str_z(error));
        news = true;
    }
    if (state != r->state)
        r->since_ms = registry_now_ms();
    r->state = state;
    if (!news)
        return;
    struct registry_status status = registry_status(r);
    r->events.on_state(r->events.ctx, &status);
}

void registry_note(struct registry *r, struct watch *w, const struct err *e)
{
    if (e && !w->failing)
        r->failing++;
    else if (!e && w->failing)
        r->failing--;
    w->failing = e != NULL;
    set_state(r, r->failing ? REGISTRY_DOWN : REGISTRY_OK, e ? e->text : NULL);
}

void registry_note_alone(struct registry *r, const struct err *e)
{
    if (!r->count)
        set_state(r, e ? REGISTRY_DOWN : REGISTRY_OK, e ? e->text : NULL);
}

struct registry *registry_start(struct ev_loop *loop, struct http *http,
                                const struct registry_events *events)
{
    struct registry *r = calloc(1, sizeof *r);

    if (!r)
        abort();
    r->loop = loop;
    r->http = http;
    r->events = *events;
    r->since_ms = registry_now_ms();
    if (getrandom(&r->random, sizeof r->random, 0) != sizeof r->random || !r->random)
        r->random = (uint64_t)r->since_ms | 1;
    sweep_init(&r->sweep, r);
    registry_learn_start(r);
    return r;
}

void registry_stop(struct registry *r)
{
    sweep_fini(&r->sweep);
    for (size_t i = 0; i < r->count; i++)
        watch_free(r->watches[i]);
    free(r->watches);
    registry_learn_stop(r);
    free(r);
}

static int compare(const void *a, const void *b)
{
    return str_cmp((*(struct watch *const *)a)->service, (*(struct watch *const *)b)->service);
}

static int compare_name(const void *name, const void *w)
{
    return str_cmp(*(const struct str *)name, (*(struct watch *const *)w)->service);
}

static struct watch *find(struct registry *r, struct str name)
{
    struct watch **found = NULL;

    if (r->count)
        found = bsearch(&name, r->watches, r->count, sizeof(struct watch *), compare_name);
    return found ? *found : NULL;
}

static void drop(struct registry *r, struct watch *w)
{
    size_t i = 0;

    while (r->watches[i] != w)
        i++;
    for (r->count--; i < r->count; i++)
        r->watches[i] = r->watches[i + 1];
    if (w->blocking)
        r->blocking--;
    if (w->failing)
        r->failing--;
    watch_free(w);
}

static bool take_place(struct registry *r, struct watch *w)
{
    if (!w->blocking && r->blocking < REGISTRY_BLOCKING_MAX) {
        w->blocking = true;
        r->blocking++;
    }
    return w->blocking;
}

/* The next swept watch gets the place that one left. */
static void pass_place(struct registry *r)
{
    for (size_t i = 0; i < r->count && r->blocking < REGISTRY_BLOCKING_MAX; i++) {
        struct watch *w = r->watches[i];
        if (w->wanted && !w->blocking && w->phase == WATCH_IDLE && take_place(r, w))
            watch_query(w);
    }
}

void registry_idle(struct registry *r, struct watch *w)
{
    sweep_done(&r->sweep, w);
    if (!w->wanted) {
        drop(r, w);
        pass_place(r);
    } else if (take_place(r, w)) {
        watch_query(w);
    }
    sweep_go_on(&r->sweep);
}

static struct watch *want(struct registry *r, const struct catalog_service *service)
{
    struct watch *w = find(r, service->name);

    if (w) {
        bool again = !w->wanted;
        w->wanted = true;
        if (again)
            watch_tell_again(w);
        return NULL;
    }
    w = watch_new(r, service);
    r->watches = realloc(r->watches, (r->count + 1) * sizeof(struct watch *));
    if (!r->watches)
        abort();
    r->watches[r->count++] = w;
    qsort(r->watches, r->count, sizeof(struct watch *), compare);
    return w;
}

/* A watch that has no exchange under way can go at once; others run out. */
static void drop_idle(struct registry *r)
{
    for (size_t i = r->count; i-- > 0;) {
        struct watch *w = r->watches[i];
        if (w->wanted || (w->phase != WATCH_IDLE && w->phase != WATCH_PAUSE))
            continue;
        sweep_done(&r->sweep, w);
        drop(r, w);
    }
}

void registry_watch(struct registry *r, const struct catalog_service *services, size_t count)
{
    if (count > REGISTRY_SERVICES_MAX) {
        log_error("registry: %zu services, only the first %d are followed", count,
                  REGISTRY_SERVICES_MAX);
        count = REGISTRY_SERVICES_MAX;
    }
    for (size_t i = 0; i < r->count; i++)
        r->watches[i]->wanted = false;
    for (size_t i = 0; i < count; i++) {
        struct watch *w = want(r, &services[i]);
        if (w && take_place(r, w))
            watch_query(w);
    }
    drop_idle(r);
    pass_place(r);
    sweep_reset(&r->sweep);
}
