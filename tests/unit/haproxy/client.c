/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void on_state(void *ctx, enum runtime_state state, const struct err *why)
{
    struct client *s = ctx;

    if (state == RUNTIME_UP)
        s->up = true;
    if (state == RUNTIME_DOWN) {
        s->down = true;
        (void)snprintf(s->why, sizeof s->why, "%.200s", why->text);
    }
}

void client_on_reply(void *ctx, const struct err *failure, struct str reply)
{
    struct client *s = ctx;

    if (failure)
        s->failed++;
    else
        s->ok++;
    (void)snprintf(s->last, sizeof s->last, "%.200s", failure ? failure->text : "");
    if (!failure)
        str_copy(s->last, sizeof s->last, reply);
    s->all = s->ok + s->failed >= s->expected;
    if (s->close_in_reply && s->runtime) {
        struct runtime *r = s->runtime;
        s->runtime = NULL;
        runtime_close(r);
    }
    if (s->reopen_in_reply) {
        s->reopen_in_reply = false;
        runtime_reopen(s->runtime);
    }
}

void client_open_runtime(struct client *s, size_t max_reply)
{
    struct err e;

    s->runtime = runtime_open(EV_DEFAULT,
                              &(struct runtime_options){.path = s->fake.path,
                                                        .open_deadline_s = 0.3,
                                                        .max_reply_bytes = max_reply,
                                                        .on_state = on_state,
                                                        .ctx = s},
                              &e);
    assert_non_null(s->runtime);
}

void client_begin(struct client *s)
{
    fake_open(&s->fake);
    client_open_runtime(s, 0);
}

void client_end(struct client *s)
{
    runtime_close(s->runtime);
    fake_close(&s->fake);
}

void client_send(struct client *s, const char *command, size_t n)
{
    struct err e;

    s->expected += n;
    s->all = false;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(runtime_send(s->runtime, str_z(command), 0.3, client_on_reply, s, &e), 0);
}

const char *client_echo(struct fake *f, struct str line)
{
    static char text[256];

    (void)f;
    (void)snprintf(text, sizeof text, STR_FMT "\n", STR_ARG(line));
    return text;
}
