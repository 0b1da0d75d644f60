/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/ask.h"

#include "haproxy/command.h"
#include "haproxy/runtime.h"
#include "haproxy/stream.h"

#include <stdlib.h>
#include <string.h>

struct ask {
    struct stream stream;
    ask_on_reply *on_reply;
    void *ctx;
    char path[];
};

enum { ASK_REPLY_BYTES = 16 << 20 };

static void on_bytes(void *ctx)
{
    (void)ctx; /* the reply is over when HAProxy closes */
}

static void on_end(void *ctx, enum stream_end end, const struct err *why)
{
    struct ask *q = ctx;

    q->on_reply(q->ctx, buf_str(&q->stream.in), end == STREAM_EOF ? NULL : why);
    ask_cancel(q);
}

struct ask *ask_start(struct ev_loop *loop, const char *path, struct str command, double deadline_s,
                      ask_on_reply *on_reply, void *ctx, struct err *e)
{
    size_t n = strlen(path) + 1;
    struct ask *q;

    if (command_check(command, RUNTIME_MAX_LINE - 1, e))
        return NULL;
    q = calloc(1, sizeof *q + n);
    if (!q)
        abort();
    memcpy(q->path, path, n);
    q->on_reply = on_reply;
    q->ctx = ctx;
    q->stream = (struct stream){.loop = loop,
                                .path = q->path,
                                .on_bytes = on_bytes,
                                .on_end = on_end,
                                .ctx = q,
                                .max_in_bytes = ASK_REPLY_BYTES,
                                .last = true};
    stream_init(&q->stream);
    if (stream_connect(&q->stream, e)) {
        ask_cancel(q);
        return NULL;
    }
    buf_add_str(&q->stream.out, command);
    buf_add_char(&q->stream.out, '\n');
    stream_set_deadline(&q->stream, deadline_s);
    stream_flush(&q->stream);
    return q;
}

void ask_cancel(struct ask *q)
{
    stream_fini(&q->stream);
    free(q);
}
