/* SPDX-License-Identifier: Apache-2.0 */
/* The request that asks for a WebSocket (RFC 6455, 4.2). */
#ifndef THALASSA_WEB_HANDSHAKE_H
#define THALASSA_WEB_HANDSHAKE_H

#include "web/exchange.h"

enum { HANDSHAKE_ACCEPT_MAX = 64 };

/* 101 and the value of Sec-WebSocket-Accept, or another status and the reason: 400, 405, 426. */
unsigned handshake_check(const struct exchange *x, char accept[HANDSHAKE_ACCEPT_MAX],
                         struct err *e);

#endif
