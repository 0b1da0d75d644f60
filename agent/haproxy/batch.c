/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/batch.h"

#include "base/arena.h"

#include <stdlib.h>

struct job {
    struct arena arena;
    struct str *replies;
    size_t count, ended, answered;
    struct err failure;
    batch_on_done *on_done;
    void *ctx;
};

static void on_reply(void *ctx, const struct err *failure, struct str reply)
{
    struct job *j = ctx;

    if (failure && j->failure.kind == ERR_NONE)
        j->failure = *failure;
    if (!failure)
        j->replies[j->answered++] = arena_str(&j->arena, reply);
    if (++j->ended < j->count)
        return;
    j->on_done(j->ctx,
               &(struct batch){.replies = j->replies,
                               .answered = j->answered,
                               .count = j->count,
                               .failure = j->failure.kind == ERR_NONE ? NULL : &j->failure});
    arena_free(&j->arena);
    free(j);
}

int batch_send(struct runtime *r, const struct str *commands, size_t n, double deadline_s,
               batch_on_done *on_done, void *ctx, struct err *e)
{
    struct job *j;

    if (n == 0)
        return err_set(e, ERR_INVALID, "no command");
    if (runtime_accepts(r, commands, n, e))
        return -1;
    j = calloc(1, sizeof *j);
    if (!j)
        abort();
    j->replies = ARENA_ARRAY(&j->arena, struct str, n);
    j->count = n;
    j->on_done = on_done;
    j->ctx = ctx;
    for (size_t i = 0; i < n; i++)
        (void)runtime_send(r, commands[i], deadline_s, on_reply, j, NULL);
    return 0;
}
