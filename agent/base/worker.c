/* SPDX-License-Identifier: Apache-2.0 */
#include "base/worker.h"

#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
    struct job *next;
    void (*run)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

struct queue {
    struct job *first, **last;
};

struct worker {
    struct ev_loop *loop;
    ev_async wake;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct queue todo, finished;
    bool stop;
};

static void queue_push(struct queue *q, struct job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
}

static struct job *queue_pop(struct queue *q)
{
    struct job *j = q->first;

    if (j) {
        q->first = j->next;
        if (!q->first)
            q->last = &q->first;
    }
    return j;
}

static void *thread_main(void *arg)
{
    struct worker *w = arg;

    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        struct job *j = queue_pop(&w->todo);
        if (!j) {
            pthread_cond_wait(&w->more, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        j->run(j->ctx);
        pthread_mutex_lock(&w->lock);
        queue_push(&w->finished, j);
        ev_async_send(w->loop, &w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void finish_jobs(struct worker *w, struct queue *q)
{
    for (;;) {
        struct job *j;
        pthread_mutex_lock(&w->lock);
        j = queue_pop(q);
        pthread_mutex_unlock(&w->lock);
        if (!j)
            return;
        j->done(j->ctx);
        free(j);
    }
}

static void on_wake(struct ev_loop *loop, ev_async *watcher, int events)
{
    struct worker *w = watcher->data;

    (void)loop;
    (void)events;
    finish_jobs(w, &w->finished);
}

struct worker *worker_start(struct ev_loop *loop)
{
    struct worker *w = calloc(1, sizeof *w);
    sigset_t all, old;

    if (!w)
        abort();
    w->loop = loop;
    w->todo.last = &w->todo.first;
    w->finished.last = &w->finished.first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    ev_async_init(&w->wake, on_wake);
    w->wake.data = w;
    ev_async_start(loop, &w->wake);
    sigfillset(&all); /* signals belong to the loop's thread */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&w->thread, NULL, thread_main, w))
        abort();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return w;
}

void worker_submit(struct worker *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx)
{
    struct job *j = calloc(1, sizeof *j);

    if (!j)
        abort();
    *j = (struct job){NULL, run, done, ctx};
    pthread_mutex_lock(&w->lock);
    queue_push(&w->todo, j);
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
}

void worker_stop(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    finish_jobs(w, &w->finished);
    finish_jobs(w, &w->todo);
    ev_async_stop(w->loop, &w->wake);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    free(w);
}
