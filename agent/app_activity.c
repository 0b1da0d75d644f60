/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "base/log.h"

#include <stdio.h>

void app_note(struct app *a, const char *verb, struct str object, const char *actor,
              const char *format, ...)
{
    char reason[ACTIVITY_TEXT_MAX];
    struct activity what;
    va_list ap;
    uint64_t seq;
    struct err e;

    va_start(ap, format);
    (void)vsnprintf(reason, sizeof reason, format, ap);
    va_end(ap);
    what = (struct activity){.time_ms = app_wall_ms(),
                             .verb = str_z(verb),
                             .object = object,
                             .actor = str_z(actor),
                             .reason = str_z(reason),
                             .generation = a->stored ? a->stored->generation : 0};
    if (activity_append(a->activity, &what, &seq, NULL, &e))
        log_warn("activity: %s", e.text);
}
