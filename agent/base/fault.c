/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#ifdef THALASSA_FAULTS
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_point(const char *place)
{
    static atomic_long seen;
    const char *order = getenv("THALASSA_FAULT");

    if (!order || strncmp(order, "kill:", 5) != 0)
        return;
    if (atomic_fetch_add(&seen, 1) + 1 != strtol(order + 5, NULL, 10))
        return;
    (void)fprintf(stderr, "thalassa: fault: killed at %s\n", place);
    (void)raise(SIGKILL);
}
#else
typedef int fault_not_built; /* a translation unit must not be empty */
#endif
