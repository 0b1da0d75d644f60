/* SPDX-License-Identifier: Apache-2.0 */
#include "spoa/spoa.h"

#include <stdlib.h>

/* What was replaced, and how often each thread's loop had turned then. */
struct retired {
    struct retired *next;
    struct answers *answers;
    uint64_t turns[];
};

struct spoa {
    struct spoa_options options;
    struct spop_server *server;
    _Atomic(struct answers *) answers;
    struct asker *askers;
    void **contexts;
    struct watch watches[SPOP_MAX_THREADS];
    int64_t ticked_ms;
    bool draining;
    struct retired *retired;
};

static void *must_allocate(size_t count, size_t size)
{
    void *p = calloc(count, size);

    if (!p)
        abort();
    return p;
}

static void release(struct answers *a)
{
    policy_set_free(a->policies);
    answers_free(a);
}

static void free_all(struct spoa *s)
{
    for (struct retired *r = s->retired, *next; r; r = next) {
        next = r->next;
        release(r->answers);
        free(r);
    }
    for (unsigned i = 0; i < s->options.threads; i++)
        policy_scratch_free(s->askers[i].scratch);
    free(s->askers);
    free(s->contexts);
    free(s);
}

struct spoa *spoa_start(const struct spoa_options *o, struct policy_set *set, struct err *e)
{
    struct spoa *s = must_allocate(1, sizeof *s);
    struct spop_options options = {
        .listen = &o->listen, .listen_count = 1, .threads = o->threads, .on_notify = ask_answer};
    char why[200];

    s->options = *o;
    s->askers = must_allocate(o->threads, sizeof *s->askers);
    s->contexts = must_allocate(o->threads, sizeof *s->contexts);
    atomic_store(&s->answers, answers_new(set));
    for (unsigned i = 0; i < o->threads; i++) {
        s->askers[i].answers = &s->answers;
        s->askers[i].scratch = policy_scratch_new();
        s->contexts[i] = &s->askers[i];
    }
    options.contexts = s->contexts;
    s->server = spop_server_start(&options, why, sizeof why);
    if (s->server)
        return s;
    err_set(e, ERR_UNAVAILABLE, "%s", why);
    answers_free(atomic_load(&s->answers));
    free_all(s);
    return NULL;
}

static uint64_t turns_of(const struct spoa *s, unsigned thread)
{
    struct spop_thread_state state;

    spop_server_read(s->server, thread, &state);
    return state.turns;
}

void spoa_decide_by(struct spoa *s, struct policy_set *set)
{
    struct retired *r = must_allocate(1, sizeof *r + s->options.threads * sizeof r->turns[0]);

    r->answers = atomic_exchange(&s->answers, answers_new(set));
    for (unsigned i = 0; i < s->options.threads; i++)
        r->turns[i] = turns_of(s, i);
    r->next = s->retired;
    s->retired = r;
}

/* Two turns on, not one: the count of a turn and what is read in it may reach us the other way
 * round. */
static bool is_read(const struct spoa *s, const struct retired *r)
{
    for (unsigned i = 0; i < s->options.threads; i++) {
        if (turns_of(s, i) < r->turns[i] + 2)
            return true;
    }
    return false;
}

static void free_retired(struct spoa *s)
{
    for (struct retired **place = &s->retired, *r; (r = *place);) {
        if (is_read(s, r)) {
            place = &r->next;
            continue;
        }
        *place = r->next;
        release(r->answers);
        free(r);
    }
}

static void look_after(struct spoa *s, unsigned thread, int64_t now_ms)
{
    struct spop_thread_state state;
    enum watch_verdict verdict;

    spop_server_read(s->server, thread, &state);
    verdict = watch_judge(&s->watches[thread], now_ms, s->ticked_ms, state.beat_ms);
    if (verdict == WATCH_WELL)
        return;
    if (verdict == WATCH_STUCK)
        spop_server_close_thread(s->server, thread);
    else
        spop_server_open_thread(s->server, thread);
    s->options.on_thread(s->options.ctx, thread, verdict == WATCH_STUCK, now_ms - state.beat_ms);
}

void spoa_tick(struct spoa *s, int64_t now_ms)
{
    for (unsigned i = 0; i < s->options.threads && !s->draining; i++)
        look_after(s, i, now_ms);
    s->ticked_ms = now_ms;
    free_retired(s);
}

unsigned spoa_thread_count(const struct spoa *s)
{
    return s->options.threads;
}

void spoa_read(const struct spoa *s, unsigned thread, struct spoa_thread *out)
{
    const struct asker *a = &s->askers[thread];

    spop_server_read(s->server, thread, &out->state);
    out->stuck = s->watches[thread].closed;
#define X(name, text) out->name = atomic_load_explicit(&a->name, memory_order_relaxed);
    ASK_COUNTERS(X)
#undef X
}

static void add(struct spoa_thread *sum, const struct spoa_thread *t)
{
    sum->stuck = sum->stuck || t->stuck;
    sum->state.listening = sum->state.listening || t->state.listening;
    sum->state.connections += t->state.connections;
#define X(name, text) sum->state.name += t->state.name;
#include "spoe/counters.def"
#undef X
#define X(name, text) sum->name += t->name;
    ASK_COUNTERS(X)
#undef X
}

void spoa_read_all(const struct spoa *s, struct spoa_thread *out)
{
    struct spoa_thread t;

    *out = (struct spoa_thread){.stuck = false};
    for (unsigned i = 0; i < s->options.threads; i++) {
        spoa_read(s, i, &t);
        add(out, &t);
    }
}

size_t spoa_retired(const struct spoa *s)
{
    size_t count = 0;

    for (const struct retired *r = s->retired; r; r = r->next)
        count++;
    return count;
}

void spoa_drain(struct spoa *s, unsigned grace_ms)
{
    s->draining = true;
    spop_server_drain(s->server, grace_ms);
}

bool spoa_is_drained(const struct spoa *s)
{
    return spop_server_is_drained(s->server);
}

void spoa_stop(struct spoa *s)
{
    if (!s || spop_server_stop(s->server) != 0)
        return;
    release(atomic_load(&s->answers));
    free_all(s);
}
