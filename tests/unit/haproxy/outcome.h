/* SPDX-License-Identifier: Apache-2.0 */
/* How a reload or a start ended. */
#ifndef TEST_HAPROXY_OUTCOME_H
#define TEST_HAPROXY_OUTCOME_H

#include "haproxy/master.h"
#include "real.h"

struct outcome {
    bool done, ok;
    int64_t pid;
    char message[4096];
};

void outcome_take(void *ctx, const struct reload_result *r);            /* ctx: struct outcome */
struct outcome outcome_reload(const struct real *r, double deadline_s); /* by the master */
void outcome_expect_ok(const struct outcome *o, const char *version);

#endif
