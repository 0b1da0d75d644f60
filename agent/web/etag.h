/* SPDX-License-Identifier: Apache-2.0 */
/* Entity tags (RFC 9110 8.8.3) of stored objects. */
#ifndef THALASSA_WEB_ETAG_H
#define THALASSA_WEB_ETAG_H

#include "base/err.h"
#include "base/str.h"

struct etag {
    char text[20]; /* with its quotes: "\"0123456789abcdef\""; empty: none */
};

/* Of the object's stored text, so that what HAProxy observes never changes it. */
struct etag etag_of(struct str stored);

/* The precondition of a change. `if_match` is the header's value, or the none view when there is
 * none; `current` is NULL when there is no such object. 0 to go on; ERR_PRECONDITION when nothing
 * in the list is the current tag (weak tags never are); ERR_INVALID when it is no list of tags. */
int etag_require(struct str if_match, const struct etag *current, struct err *e);

/* The client has what `current` (with quotes) stands for, by its If-None-Match: 304. Weak tags
 * count, and what is no list of tags matches nothing. */
bool etag_is_known(struct str if_none_match, const char *current);

#endif
