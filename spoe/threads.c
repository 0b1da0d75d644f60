/* SPDX-License-Identifier: Apache-2.0 */
/* A server as a whole: starts its threads, passes on what is asked of them, ends them. */
#include "spoe/options.h"
#include "spoe/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STOP_MS = 3000 };

static void server_free(struct spop_server *s)
{
    for (unsigned i = 0; i < s->options.threads; i++)
        spop_worker_free(s->posts[i].worker);
    for (size_t i = 0; i < s->options.listen_count; i++)
        spop_door_fini(&s->doors[i]);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* NULL, or the address that cannot be had, with errno. */
static const char *find_addresses(struct spop_server *s, const struct spop_options *given)
{
    for (size_t i = 0; i < s->options.listen_count; i++) {
        errno = EINVAL;
        if (spop_door_init(&s->doors[i], given->listen[i]) != 0 || spop_door_try(&s->doors[i]) != 0)
            return given->listen[i];
    }
    return NULL;
}

static const char *open_workers(struct spop_server *s, const struct spop_options *given)
{
    for (unsigned i = 0; i < s->options.threads; i++) {
        struct spop_post *post = &s->posts[i];
        const struct spop_door *door;

        atomic_store(&post->wanted, true);
        atomic_store(&post->beat_ms, spop_monotonic_ms());
        post->worker = spop_worker_new(s, post, given->contexts ? given->contexts[i] : NULL);
        if (!post->worker) {
            errno = ENOMEM;
            return "a thread";
        }
        door = spop_worker_open(post->worker);
        if (door)
            return door->address.text;
    }
    return NULL;
}

static int run_workers(struct spop_server *s)
{
    sigset_t all, before;
    int status = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < s->options.threads && status == 0; i++) {
        struct spop_post *post = &s->posts[i];

        status = pthread_create(&post->thread, NULL, spop_worker_run, post->worker);
        post->running = status == 0;
        if (status == 0)
            (void)pthread_setname_np(post->thread, "spop");
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = status;
    return status;
}

struct spop_server *spop_server_start(const struct spop_options *options, char *why,
                                      size_t why_size)
{
    struct spop_options o;
    const char *wrong = spop_options_complete(options, &o);
    struct spop_server *s;

    if (wrong) {
        (void)snprintf(why, why_size, "%s", wrong);
        return NULL;
    }
    s = calloc(1, sizeof *s + o.threads * sizeof s->posts[0]);
    if (!s) {
        (void)snprintf(why, why_size, "no memory");
        return NULL;
    }
    s->options = o;
    for (size_t i = 0; i < SPOP_MAX_ADDRESSES; i++)
        s->doors[i].fd = -1;
    (void)pthread_mutex_init(&s->lock, NULL);
    wrong = find_addresses(s, options);
    if (!wrong)
        wrong = open_workers(s, options);
    if (!wrong && run_workers(s) != 0)
        wrong = "a thread";
    if (!wrong)
        return s;
    (void)snprintf(why, why_size, "%s: %s", wrong, strerror(errno));
    (void)spop_server_stop(s);
    return NULL;
}

unsigned spop_server_port(const struct spop_server *s, size_t listen_index)
{
    return spop_address_port(&s->doors[listen_index].address);
}

void spop_server_read(const struct spop_server *s, unsigned thread, struct spop_thread_state *state)
{
    const struct spop_post *post = &s->posts[thread];

    state->listening = atomic_load(&post->listening);
    state->connections = atomic_load(&post->connections);
    state->beat_ms = atomic_load_explicit(&post->beat_ms, memory_order_acquire);
    state->turns = atomic_load_explicit(&post->turns, memory_order_acquire);
#define X(name, text)                                                                              \
    state->name = atomic_load_explicit(&post->counters.name, memory_order_relaxed);
#include "spoe/counters.def"
#undef X
}

void spop_server_close_thread(struct spop_server *s, unsigned thread)
{
    struct spop_post *post = &s->posts[thread];

    atomic_store(&post->wanted, false);
    atomic_store(&post->listening, false);
    spop_worker_cut(post->worker);
    spop_worker_wake(post->worker);
}

void spop_server_open_thread(struct spop_server *s, unsigned thread)
{
    atomic_store(&s->posts[thread].wanted, true);
    spop_worker_wake(s->posts[thread].worker);
}

void spop_server_drain(struct spop_server *s, unsigned grace_ms)
{
    int64_t leave_ms = spop_monotonic_ms() + grace_ms, before = atomic_load(&s->leave_ms);

    if (before == 0 || leave_ms < before)
        atomic_store(&s->leave_ms, leave_ms);
    atomic_store(&s->lame, true);
    for (unsigned i = 0; i < s->options.threads; i++)
        if (s->posts[i].worker)
            spop_worker_wake(s->posts[i].worker);
}

bool spop_server_is_drained(const struct spop_server *s)
{
    int64_t leave_ms = atomic_load(&s->leave_ms);
    unsigned left = 0;

    for (unsigned i = 0; i < s->options.threads; i++)
        left += atomic_load(&s->posts[i].connections) + atomic_load(&s->posts[i].listening);
    return leave_ms != 0 && leave_ms <= spop_monotonic_ms() && left == 0;
}

int spop_server_stop(struct spop_server *s)
{
    struct timespec until;
    int status = 0;

    spop_server_drain(s, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_MS / 1000;
    for (unsigned i = 0; i < s->options.threads; i++) {
        struct spop_post *post = &s->posts[i];

        if (!post->running)
            continue;
        if (pthread_clockjoin_np(post->thread, NULL, CLOCK_MONOTONIC, &until) == 0)
            post->running = false;
        else
            status = -1;
    }
    if (status == 0)
        server_free(s);
    return status;
}
