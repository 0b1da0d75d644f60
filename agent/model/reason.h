/* SPDX-License-Identifier: Apache-2.0 */
/* Why a reload is needed: which field of which object forced it. */
#ifndef THALASSA_MODEL_REASON_H
#define THALASSA_MODEL_REASON_H

#include "base/str.h"

struct reason {
    struct str object; /* "frontend/web", "backend/live", "haproxy" */
    struct str field;  /* "bind", "health.interval" ... */
    struct str why;    /* one line for people */
};

struct reasons {
    struct reason *items;
    size_t count;
};

#endif
