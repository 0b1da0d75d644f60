/* SPDX-License-Identifier: Apache-2.0 */
/* Many commands, one answer: sends a list and reports when the last reply is there. */
#ifndef THALASSA_HAPROXY_BATCH_H
#define THALASSA_HAPROXY_BATCH_H

#include "haproxy/runtime.h"

struct batch {
    const struct str *replies; /* of the first `answered` commands, for the time of the call */
    size_t answered, count;    /* equal unless the connection was lost in between */
    const struct err *failure; /* NULL when all were answered */
};
typedef void batch_on_done(void *ctx, const struct batch *b);

/* However many there are; their texts live until on_done. -1 (see runtime_send) means that nothing
 * was sent and on_done is not called. `n` of 0 is an error. */
int batch_send(struct runtime *r, const struct str *commands, size_t n, double deadline_s,
               batch_on_done *on_done, void *ctx, struct err *e);

#endif
