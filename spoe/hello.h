/* SPDX-License-Identifier: Apache-2.0 */
/* How the two sides begin and end: HELLO and DISCONNECT. */
#ifndef SPOE_HELLO_H
#define SPOE_HELLO_H

#include "spoe/frame.h"

struct spop_hello {
    uint32_t max_frame_bytes; /* what HAProxy can take */
    bool pipelining;
    bool health_check;
    struct spop_bytes engine_id; /* empty: none was told */
};

struct spop_disconnect {
    uint32_t status; /* of enum spop_status, or another number */
    struct spop_bytes message;
};

/* The payload of HAPROXY-HELLO: SPOP_NORMAL, or what to disconnect with. Unknown keys are skipped;
 * a known one may come once. */
enum spop_status spop_hello_parse(struct spop_bytes payload, struct spop_hello *h);

/* AGENT-HELLO: version 2.0, `pipelining` and nothing else. */
void spop_hello_put(struct spop_out *o, uint32_t max_frame_bytes);

/* The payload of HAPROXY-DISCONNECT: SPOP_NORMAL, or SPOP_INVALID. */
enum spop_status spop_disconnect_parse(struct spop_bytes payload, struct spop_disconnect *d);

/* AGENT-DISCONNECT with the status and its text. */
void spop_disconnect_put(struct spop_out *o, enum spop_status status);

const char *spop_status_text(enum spop_status status);

#endif
