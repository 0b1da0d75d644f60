/* SPDX-License-Identifier: Apache-2.0 */
/* A thread beside the loop for what takes time (name resolution, rendering, writing files). Jobs
 * run one after another in the order of submission; `done` is called on the loop. */
#ifndef THALASSA_BASE_WORKER_H
#define THALASSA_BASE_WORKER_H

struct ev_loop;
struct worker;

struct worker *worker_start(struct ev_loop *loop);

/* run(ctx) on the thread, then done(ctx) on the loop. Whatever ctx points to belongs to the thread
 * between the two; snapshots it reads must stay alive and unchanged. */
void worker_submit(struct worker *w, void (*run)(void *ctx), void (*done)(void *ctx), void *ctx);

/* Waits for the job that runs; jobs not begun are dropped (their `done` is called, `run` not). */
void worker_stop(struct worker *w);

#endif
