/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the stream, shared by live.c and live_said.c only. */
#ifndef THALASSA_WEB_LIVE_STATE_H
#define THALASSA_WEB_LIVE_STATE_H

#include "web/live.h"

#include <ev.h>
#include <stddef.h>

enum { LIVE_EPOCH_MAX = 64 };

struct live {
    struct ev_loop *loop;
    struct live_limits limits;
    struct hub *hub;
    struct live_source source;
    const struct web_api *api;
    const struct access *access;
    struct live_client *clients;
    struct live_switch *switches; /* under way, of clients that have gone, too */
    struct live_counts counts;
    ev_timer flush, tick;
    bool stopping;
};

/* Somebody whose 101 is on its way. */
struct live_guest {
    struct live *live;
    bool has_resume;
    uint64_t seq;
    char epoch[LIVE_EPOCH_MAX];
};

struct live_client {
    struct live *live;
    struct live_client *prev, *next;
    struct upgraded *upgraded;
    struct websocket *websocket;
    struct viewer viewer;
    ev_io io;
    int events; /* that it watches for */
    bool waits; /* to be greeted */
    bool has_resume;
    uint64_t resume_seq;
    char resume_epoch[LIVE_EPOCH_MAX];
    size_t switches; /* under way */
};

static inline struct live_client *live_client_of(struct viewer *v)
{
    return (struct live_client *)((char *)v - offsetof(struct live_client, viewer));
}

/* --- live_said.c --- */

void live_on_text(void *client, struct str text);
void live_forget_switches(struct live_client *c); /* it goes: nobody is to be answered */
void live_free_switches(struct live *l);

#endif
