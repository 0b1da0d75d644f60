/* SPDX-License-Identifier: Apache-2.0 */
#include "spoa/watch.h"

enum watch_verdict watch_judge(struct watch *w, int64_t now_ms, int64_t before_ms, int64_t beat_ms)
{
    bool stuck = now_ms - beat_ms > WATCH_STUCK_MS;

    if (before_ms && now_ms - before_ms > WATCH_LATE_MS)
        return WATCH_WELL;
    if (stuck == w->closed)
        return WATCH_WELL;
    w->closed = stuck;
    return stuck ? WATCH_STUCK : WATCH_RETURNED;
}
