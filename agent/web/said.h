/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the stream may say: one JSON text per message (design.md section 9). Pure. */
#ifndef THALASSA_WEB_SAID_H
#define THALASSA_WEB_SAID_H

#include "base/err.h"
#include "base/json_in.h"

enum said_kind {
    SAID_SUBSCRIBE,   /* ["statSubscribe", id] */
    SAID_UNSUBSCRIBE, /* ["statUnsubscribe", id] */
    SAID_SWITCH,      /* ["updateAqueductBackendVersion", id, key, version]: as before Thalassa */
    SAID_RESUME       /* {"resume":seq}, {"resume":seq,"epoch":"..."} */
};

struct said {
    enum said_kind kind;
    struct str id;
    struct str key, version; /* SAID_SWITCH */
    uint64_t seq;            /* SAID_RESUME */
    struct str epoch;        /* SAID_RESUME; empty: not told */
};

/* `text` may end in a newline. Texts are of the arena. *json is what was said as far as it is JSON,
 * else NULL. ERR_INVALID tells what was expected. */
int said_parse(struct arena *a, struct str text, struct said *out, struct json **json,
               struct err *e);

#endif
