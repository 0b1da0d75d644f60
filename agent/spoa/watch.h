/* SPDX-License-Identifier: Apache-2.0 */
/* The watchdog's judgement: is a thread of the SPOE agent stuck? A listener that takes questions
 * and does not answer costs HAProxy its timeout on every request, while a refused connection costs
 * nothing. Pure. */
#ifndef THALASSA_SPOA_WATCH_H
#define THALASSA_SPOA_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WATCH_PERIOD_MS = 250,
    WATCH_STUCK_MS = 1500,
    WATCH_LATE_MS = 3 * WATCH_PERIOD_MS /* the judge itself was kept from running */
};

enum watch_verdict {
    WATCH_WELL,
    WATCH_STUCK,   /* to be closed */
    WATCH_RETURNED /* it turns again: to be opened */
};

/* Of one thread. Zero at the start. */
struct watch {
    bool closed;
};

/* `beat_ms` is the thread's last sign, `before_ms` the judge's own last run (0: none): when all
 * were stopped together nobody is to blame. */
enum watch_verdict watch_judge(struct watch *w, int64_t now_ms, int64_t before_ms, int64_t beat_ms);

#endif
