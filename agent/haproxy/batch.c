/* SPDX-License-Identifier: Apache-2.0 */
/* A plan may have more commands than the runtime's queue takes (a hundred thousand entries of maps,
 * the members of thousands of backends): they are queued in parts, one when the other is answered.
 */
#include "haproxy/batch.h"

#include "base/arena.h"

#include <stdlib.h>

enum { PART = RUNTIME_MAX_QUEUE / 4, PART_BYTES = RUNTIME_MAX_QUEUE_BYTES / 4 };

struct job {
    struct runtime *runtime;
    const struct str *commands;
    double deadline_s;
    struct arena arena;
    struct str *replies;
    size_t count, sent, ended, answered;
    struct err failure;
    batch_on_done *on_done;
    void *ctx;
};

/* How many commands of the rest are one part. */
static size_t part_of(const struct str *commands, size_t n)
{
    size_t count = 0, bytes = 0;

    while (count < n && count < PART && (count == 0 || bytes + commands[count].n <= PART_BYTES))
        bytes += commands[count++].n;
    return count;
}

static void finish(struct job *j)
{
    j->on_done(j->ctx,
               &(struct batch){.replies = j->replies,
                               .answered = j->answered,
                               .count = j->count,
                               .failure = j->failure.kind == ERR_NONE ? NULL : &j->failure});
    arena_free(&j->arena);
    free(j);
}

static int send_part(struct job *j, struct err *e);

static void on_reply(void *ctx, const struct err *failure, struct str reply)
{
    struct job *j = ctx;

    if (failure && j->failure.kind == ERR_NONE)
        j->failure = *failure;
    if (!failure)
        j->replies[j->answered++] = arena_str(&j->arena, reply);
    if (++j->ended < j->sent)
        return;
    if (j->sent == j->count || j->failure.kind != ERR_NONE || send_part(j, &j->failure))
        finish(j);
}

static int send_part(struct job *j, struct err *e)
{
    const struct str *commands = j->commands + j->sent;
    size_t n = part_of(commands, j->count - j->sent);

    if (runtime_accepts(j->runtime, commands, n, e))
        return -1;
    j->sent += n;
    for (size_t i = 0; i < n; i++)
        (void)runtime_send(j->runtime, commands[i], j->deadline_s, on_reply, j, NULL);
    return 0;
}

static int check(const struct runtime *r, const struct str *commands, size_t n, struct err *e)
{
    for (size_t i = 0; i < n;) {
        size_t part = part_of(commands + i, n - i);
        if (runtime_accepts(r, commands + i, part, e))
            return -1;
        i += part;
    }
    return 0;
}

int batch_send(struct runtime *r, const struct str *commands, size_t n, double deadline_s,
               batch_on_done *on_done, void *ctx, struct err *e)
{
    struct job *j;
    struct str *copy;

    if (n == 0)
        return err_set(e, ERR_INVALID, "no command");
    if (check(r, commands, n, e))
        return -1;
    j = calloc(1, sizeof *j);
    if (!j)
        abort();
    copy = ARENA_ARRAY(&j->arena, struct str, n);
    for (size_t i = 0; i < n; i++)
        copy[i] = commands[i];
    j->runtime = r;
    j->commands = copy;
    j->deadline_s = deadline_s;
    j->replies = ARENA_ARRAY(&j->arena, struct str, n);
    j->count = n;
    j->on_done = on_done;
    j->ctx = ctx;
    return send_part(j, e);
}
