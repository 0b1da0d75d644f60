/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the server, shared by server.c, connection.c and request.c only. */
#ifndef THALASSA_WEB_SERVER_STATE_H
#define THALASSA_WEB_SERVER_STATE_H

#include "web/server.h"

#include <ev.h>
#include <microhttpd.h>

/* What a connection waits for; each phase has a deadline. */
enum phase {
    PHASE_HEADERS, /* for the client, from its first request on */
    PHASE_BODY,
    PHASE_HANDLER,
    PHASE_REPLY,
    PHASE_IDLE,
    PHASE_UPGRADED /* speaks another protocol: its deadlines are its owner's */
};

struct connection {
    struct server *server;
    struct listener *listener;
    struct connection *prev, *next;
    struct MHD_Connection *mhd;
    struct exchange *exchange; /* NULL before the first byte of a request */
    struct peer peer;
    ev_timer deadline;
    enum phase phase;
    struct upgraded upgraded;
    struct MHD_UpgradeResponseHandle *handle; /* PHASE_UPGRADED, until it is closed */
    int fd;                                   /* the library's; we only ever shut it down */
    bool suspended;
    bool too_large, crowded; /* the body is thrown away, and the reply says so */
};

struct listener {
    struct server *server;
    struct listener *next;
    struct MHD_Daemon *daemon;
    ev_io io;
    ev_timer timer;
    char *unix_path; /* NULL for TCP */
    ino_t inode;
};

struct server {
    struct ev_loop *loop;
    struct server_limits limits;
    void (*handle)(void *ctx, struct exchange *x);
    void *ctx;
    struct listener *listeners;
    struct connection *connections;
    size_t bodies_bytes;
    bool stopping;
};

/* --- connection.c --- */

/* MHD_NotifyConnectionCallback; `cls` is the listener. */
void connection_notify(void *cls, struct MHD_Connection *mhd, void **context,
                       enum MHD_ConnectionNotificationCode code);
struct connection *connection_of(struct MHD_Connection *mhd);
void connection_enter(struct connection *c, enum phase phase); /* starts the phase's deadline */

/* --- request.c --- */

void *request_on_target(void *cls, const char *target, struct MHD_Connection *mhd);
enum MHD_Result request_on_part(void *cls, struct MHD_Connection *mhd, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **state);
void request_on_completed(void *cls, struct MHD_Connection *mhd, void **state,
                          enum MHD_RequestTerminationCode code);

/* 503 for the request that waits for its handler. */
void request_give_up(struct connection *c, const char *why);

#endif
