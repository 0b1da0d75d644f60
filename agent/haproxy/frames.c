/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/frames.h"

#include <string.h>

int frames_init(struct frames *f, struct str prompt)
{
    *f = (struct frames){0};
    if (prompt.n == 0 || prompt.n + 1 > sizeof f->end)
        return -1;
    f->end[0] = '\n';
    memcpy(f->end + 1, prompt.p, prompt.n);
    f->end_n = prompt.n + 1;
    return 0;
}

int frames_set_fence(struct frames *f, struct str reply)
{
    if (reply.n == 0 || reply.n > sizeof f->fence)
        return -1;
    memcpy(f->fence, reply.p, reply.n);
    f->fence_n = reply.n;
    return 0;
}

void frames_begin(struct frames *f)
{
    f->scan = f->start = f->parts = 0;
}

/* A part has ended at `at`. */
static enum frames_result part(struct frames *f, struct str input, size_t at, size_t commands)
{
    struct str text = {input.p + f->start, at - f->start};

    f->start = f->scan = at + f->end_n;
    if (f->fence_n == 0) {
        f->ends[f->parts++] = at;
        return f->parts == commands ? FRAMES_DONE : FRAMES_MORE;
    }
    if (f->parts && str_eq(text, (struct str){f->fence, f->fence_n})) {
        if (f->parts == commands || commands == 1)
            return FRAMES_DONE;
        return FRAMES_BROKEN;
    }
    if (commands > 1 && f->parts == commands)
        return FRAMES_BROKEN;
    f->ends[commands == 1 ? 0 : f->parts] = at;
    f->parts++;
    return FRAMES_MORE;
}

enum frames_result frames_next(struct frames *f, struct str input, size_t commands)
{
    enum frames_result result = FRAMES_MORE;

    while (result == FRAMES_MORE && input.n > f->scan) {
        const char *from = input.p + f->scan;
        const char *hit = memmem(from, input.n - f->scan, f->end, f->end_n);
        if (!hit) { /* the last bytes may be the beginning of an end */
            if (input.n - f->scan >= f->end_n)
                f->scan = input.n - f->end_n + 1;
            break;
        }
        result = part(f, input, (size_t)(hit - input.p), commands);
    }
    return result;
}

struct str frames_reply(const struct frames *f, struct str input, size_t i, size_t commands)
{
    size_t from = i == 0 || commands == 1 ? 0 : f->ends[i - 1] + f->end_n;

    return (struct str){input.p + from, f->ends[i] - from};
}

size_t frames_used(const struct frames *f)
{
    return f->start;
}
