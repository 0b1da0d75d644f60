/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the registry: one followed service.
 *
 *   IDLE ---------> QUERY (blocking or not) --200--> deliver --nobody asks--> IDLE or QUERY
 *    ^                 |                                |
 *    |               error                        confirm is asked
 *    |                 v                                v
 *   timer <-------- PAUSE <-----error------- CONFIRM: self, services, nodes, consistent read
 */
#ifndef THALASSA_REGISTRY_WATCH_H
#define THALASSA_REGISTRY_WATCH_H

#include "catalog/listing.h"
#include "catalog/parse.h"
#include "registry/registry.h"

#include <ev.h>

enum watch_phase {
    WATCH_IDLE,  /* swept: waits for its turn */
    WATCH_PAUSE, /* the timer brings the next query */
    WATCH_QUERY,
    CONFIRM_SELF,
    CONFIRM_SERVICES,
    CONFIRM_NODES,
    CONFIRM_READ
};

struct watch {
    struct registry *registry;
    struct str service;
    char *path; /* "/v1/health/service/NAME" */
    struct continuity continuity;
    enum watch_phase phase;
    bool wanted;      /* false: runs out */
    bool blocking;    /* has a place among the blocking queries */
    bool had_any;     /* some reading had an instance: "a service seen before" */
    bool failing;     /* the last exchange ended in an error */
    bool hinted;      /* the hint about rights was given */
    bool in_sweep;    /* its read counts among those of the sweep */
    bool confirm_due; /* the timer brings a confirming read */
    ev_timer timer;
    unsigned unsound; /* confirming reads in a row that did not settle it */
    unsigned wait_s;  /* of the next blocking query */
    double pause_s;   /* of the next pause after an error */
    double tokens;    /* queries that may be sent without a pause */
    ev_tstamp tokens_at;
    ev_tstamp confirm_not_before; /* on an unbroken watch */
    uint64_t asked_index;
    size_t reply_bytes;        /* of the reading under way */
    struct service_read *last; /* delivered last, with `evidence`; NULL: none */
    struct evidence evidence;
    struct http_call *call;
    struct service_parser *parser;
    struct listing_parser *listing;
    struct buf self_text;
    char server[SERVER_ID_BYTES]; /* read for the confirming read under way */
    bool services_sound, nodes_sound;
};

struct watch *watch_new(struct registry *r, const struct catalog_service *service);
void watch_free(struct watch *w); /* ends its query */

/* Send the next query, unless one is under way. */
void watch_query(struct watch *w);

/* Tell the last reading again, to somebody who was not there when it came. */
void watch_tell_again(struct watch *w);

/* --- for watch_confirm.c --- */

/* An exchange failed; pause, then begin anew. */
void watch_failed(struct watch *w, const struct err *e);
int watch_take_service(void *ctx, struct str piece, struct err *e); /* on_body */
/* The reading that the exchange brought; NULL: the watch has failed. */
struct service_read *watch_finish_read(struct watch *w, const struct http_reply *reply);
/* Takes the reading over. Goes on with the next query; the watch may be gone afterwards. */
void watch_deliver(struct watch *w, struct service_read *read, enum read_trust trust,
                   bool disturbed, const struct http_reply *reply);

/* The sequence of a confirming read; ends in watch_deliver or watch_failed. */
void watch_confirm(struct watch *w);

#endif
