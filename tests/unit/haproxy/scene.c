/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "haproxy/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

static void on_state(void *ctx, enum runtime_state state, const struct err *why)
{
    struct scene *s = ctx;

    (void)why;
    s->up = state == RUNTIME_UP;
    s->down = state == RUNTIME_DOWN;
}

void scene_open(struct scene *s, const char *path, const char *prefix)
{
    struct runtime_options o = {.path = path, .prefix = prefix, .on_state = on_state, .ctx = s};
    struct err e;

    s->up = false;
    s->runtime = runtime_open(EV_DEFAULT, &o, &e);
    assert_non_null(s->runtime);
    loop_until(&s->up, 10);
}

void scene_begin(struct scene *s, const char *version)
{
    memset(s, 0, sizeof *s);
    real_init(&s->real, version, "");
    real_start(&s->real);
    scene_open(s, s->real.admin, NULL);
}

void scene_end(struct scene *s)
{
    runtime_close(s->runtime);
    real_stop(&s->real);
}

static void on_batch(void *ctx, const struct batch *b)
{
    struct scene *s = ctx;

    s->answered = b->answered;
    s->failed = b->count - b->answered;
    for (size_t i = 0; i < 4 && i < b->answered; i++)
        str_copy(s->replies[i], sizeof s->replies[i], b->replies[i]);
    s->done = true;
}

void scene_run(struct scene *s, const struct str *commands, size_t n, double deadline_s)
{
    struct err e;

    s->done = false;
    assert_int_equal(batch_send(s->runtime, commands, n, deadline_s, on_batch, s, &e), 0);
    loop_until(&s->done, 60);
}

static void on_have(void *ctx, struct have *have, const struct err *failure)
{
    struct scene *s = ctx;

    if (failure)
        fail_msg("%s", failure->text);
    s->have = have;
    s->done = true;
}

void scene_observe(struct scene *s, const struct observe_request *q)
{
    struct err e;

    s->done = false;
    assert_int_equal(observe_start(s->runtime, q, 5., on_have, s, &e), 0);
    loop_until(&s->done, 20);
}

enum reply_meaning scene_one(struct scene *s, const char *command)
{
    struct str view = str_z(command);

    scene_run(s, &view, 1, 5.);
    return reply_classify(reply_op_of(view), str_z(s->replies[0]));
}
