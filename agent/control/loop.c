/* SPDX-License-Identifier: Apache-2.0 */
#include "control/loop.h"

enum {
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 30 * 1000,
    POLL_FIRST_MS = 20,
    POLL_MAX_MS = 200,
    POLL_SHARE = 5
};

const char *loop_action_name(enum loop_action a)
{
    static const char *const names[] = {"wait",  "retry",  "start", "observe",
                                        "apply", "reload", "write"};

    return names[a];
}

static struct loop_decision act(enum loop_action a)
{
    return (struct loop_decision){a, -1};
}

/* The earlier of two times of which -1 is never. */
static int64_t earlier(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static struct loop_decision when_down(const struct situation *s)
{
    if (!s->may_start || s->writing)
        return (struct loop_decision){LOOP_WAIT, s->retry_ms}; /* it is connected to by itself */
    if (s->now_ms >= s->start_not_before_ms)
        return act(LOOP_START);
    return (struct loop_decision){LOOP_WAIT, earlier(s->start_not_before_ms, s->retry_ms)};
}

/* A reload carries everything, so it goes before single commands; observation goes before both,
 * since nothing is done on old knowledge. */
struct loop_decision loop_next(const struct situation *s)
{
    bool reload = s->reload_wanted && s->reload_allowed && !s->writing;
    bool write = s->files_stale && !s->writing;
    int64_t wake = s->observed_ms + s->interval_ms;

    if (s->busy)
        return act(LOOP_WAIT);
    if (s->retry_ms >= 0 && s->now_ms >= s->retry_ms)
        return act(LOOP_RETRY);
    if (!s->runtime_up)
        return when_down(s);
    if (!s->observed || s->observe_asked)
        return s->now_ms >= s->observe_not_before_ms
                   ? act(LOOP_OBSERVE)
                   : (struct loop_decision){LOOP_WAIT,
                                            earlier(s->observe_not_before_ms, s->retry_ms)};
    if (reload && s->now_ms >= s->reload_not_before_ms)
        return act(LOOP_RELOAD);
    if (s->ops && s->now_ms >= s->apply_not_before_ms)
        return act(LOOP_APPLY);
    if (s->now_ms >= wake || (s->plan_wake_ms >= 0 && s->now_ms >= s->plan_wake_ms))
        return act(LOOP_OBSERVE);
    if (write && s->now_ms >= s->write_not_before_ms)
        return act(LOOP_WRITE);
    wake = earlier(earlier(wake, s->plan_wake_ms), s->retry_ms);
    if (reload)
        wake = earlier(wake, s->reload_not_before_ms);
    if (s->ops)
        wake = earlier(wake, s->apply_not_before_ms);
    if (write)
        wake = earlier(wake, s->write_not_before_ms);
    return (struct loop_decision){LOOP_WAIT, wake};
}

int64_t loop_poll_ms(int64_t last_ms, int64_t look_ms)
{
    int64_t next = last_ms * 3 / 2;

    if (next < POLL_FIRST_MS)
        next = POLL_FIRST_MS;
    if (next > POLL_MAX_MS)
        next = POLL_MAX_MS;
    return next > POLL_SHARE * look_ms ? next : POLL_SHARE * look_ms;
}

bool progress_planned(struct progress *p, uint64_t hash, int64_t now_ms)
{
    int64_t pause = BACKOFF_FIRST_MS;

    if (hash == 0 || hash != p->sent_hash) {
        *p = (struct progress){0};
        return false;
    }
    if (p->counted)
        return true;
    p->counted = true;
    for (unsigned i = 0; i < p->repeats && pause < BACKOFF_MAX_MS; i++)
        pause *= 2;
    p->not_before_ms = now_ms + (pause < BACKOFF_MAX_MS ? pause : BACKOFF_MAX_MS);
    p->repeats++;
    return true;
}

void progress_sent(struct progress *p, uint64_t hash)
{
    p->sent_hash = hash;
    p->counted = false;
}
