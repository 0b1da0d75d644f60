/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's replies: the first byte chooses the parser, the rest is the text. */
#include "haproxy/check.h"
#include "haproxy/frames.h"
#include "haproxy/mark.h"
#include "plan/observed.h"
#include "plan/replies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_frames(struct str text)
{
    struct frames f;
    size_t commands = text.n ? (unsigned char)text.p[0] % FRAMES_WINDOW + 1 : 1;

    (void)frames_init(&f, STR("> "));
    (void)frames_set_fence(&f, STR("[6]: admin\n"));
    frames_begin(&f);
    for (size_t n = 0; n <= text.n; n += 7) {
        struct str part = {text.p, n};
        if (frames_next(&f, part, commands) != FRAMES_DONE)
            continue;
        for (size_t i = 0; i < commands; i++)
            if (frames_reply(&f, part, i, commands).n > n)
                __builtin_trap();
        return;
    }
}

static void feed_messages(struct arena *a, struct str text)
{
    struct check_messages m;

    check_parse(a, text, &m);
    (void)check_blame(&m, STR("haproxy.cfg"));
    (void)mark_check(text);
}

static void feed_replies(struct str text)
{
    for (unsigned op = 0; op <= REPLY_OPS; op++)
        (void)reply_classify((enum reply_op)op, text);
    (void)reply_op_of(text);
    (void)reply_text(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct have *h = have_new();
    struct str text = {size ? (const char *)data + 1 : "", size ? size - 1 : 0};
    struct have_procs procs;
    struct err e;

    switch (size ? data[0] % 10 : 0) {
    case 0: (void)have_parse_info(h, text, &e); break;
    case 1: (void)have_parse_backends(h, text, &e); break;
    case 2: (void)have_parse_servers_state(h, text, &e); break;
    case 3: (void)have_parse_servers_conn(h, text, &e); break;
    case 4: (void)have_parse_stat_sessions(h, text, &e); break;
    case 5:
        if (have_parse_maps(h, text, &e) == 0 && h->map_count)
            (void)have_parse_map(h, h->maps[0].path, text, &e);
        break;
    case 6: (void)have_parse_proc(&h->arena, text, &procs, &e); break;
    case 7: feed_frames(text); break;
    case 8: feed_messages(&h->arena, text); break;
    default: feed_replies(text); break;
    }
    have_free(h);
    return 0;
}
