/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the stream sends once the handshake is done: frames, through wslay to the parser
 * of what clients may say. The first byte tells in which pieces it comes. It may say anything; each
 * message is taken or refused with a reason, and what is sent back are whole frames. */
#include "web/said.h"
#include "web/websocket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void on_text(void *ctx, struct str text)
{
    struct arena a = ARENA_INIT;
    struct err e = {.kind = ERR_NONE};
    struct said said;
    struct json *json;

    (void)ctx;
    if (said_parse(&a, text, &said, &json, &e) && (e.kind != ERR_INVALID || !e.text[0]))
        abort();
    arena_free(&a);
}

static void on_sent(void *ctx, size_t bytes)
{
    outbox_sent(ctx, bytes);
}

static void check_frames(int fd)
{
    unsigned char heard[65536];
    ssize_t got = recv(fd, heard, sizeof heard, 0);

    for (ssize_t at = 0; at < got;) {
        unsigned length = heard[at + 1];
        if (heard[at] != 0x88 && heard[at] != 0x8a && heard[at] != 0x89)
            abort();
        if (at + 2 > got || length > 125)
            abort();
        at += 2 + (ssize_t)length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct websocket_limits limits = websocket_limits_default();
    struct outbox out = {0};
    struct websocket_events events = {&out, on_text, on_sent};
    struct websocket *w;
    size_t piece, early;
    int fds[2];

    if (n == 0 || n > 32768 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
        return 0;
    piece = bytes[0] ? bytes[0] : n;
    early = n - 1 < piece ? n - 1 : piece;
    w = websocket_new(fds[0], (struct str){(const char *)bytes + 1, early}, &out, &limits, &events,
                      0);
    for (size_t at = 1 + early; at < n; at += piece) {
        (void)!send(fds[1], bytes + at, n - at < piece ? n - at : piece, 0);
        websocket_read(w, 1);
        websocket_write(w, 1);
    }
    (void)shutdown(fds[1], SHUT_WR);
    for (int i = 0; i < 64 && !websocket_is_gone(w); i++) {
        websocket_read(w, 2);
        websocket_write(w, 2);
    }
    websocket_tick(w, 100000);
    check_frames(fds[1]);
    websocket_free(w);
    outbox_fini(&out);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return 0;
}
