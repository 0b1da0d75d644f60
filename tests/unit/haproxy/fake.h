/* SPDX-License-Identifier: Apache-2.0 */
/* A server on a unix socket that answers lines as a test says: HAProxy's command line, or what
 * should never come from it. Runs on the default loop. */
#ifndef TEST_HAPROXY_FAKE_H
#define TEST_HAPROXY_FAKE_H

#include "base/buf.h"

#include <ev.h>

struct fake {
    char path[108];
    int listener, client; /* one client at a time; -1 */
    ev_io accept, readable;
    struct buf in;
    size_t lines;       /* received in all */
    size_t accepted;    /* connections */
    bool mute;          /* answer nothing */
    bool slow;          /* answer byte by byte */
    const char *prompt; /* "\n> " */
    const char *level;  /* "[6]: admin\n" */
    /* What to answer to a line that is not of the handshake; NULL: close the connection. The prompt
     * is not added. */
    const char *(*answer)(struct fake *f, struct str line);
};

void fake_open(struct fake *f);
void fake_close(struct fake *f);
void fake_hang_up(struct fake *f);
void fake_say(struct fake *f, const char *text);

#endif
