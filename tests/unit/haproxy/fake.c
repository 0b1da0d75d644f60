/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void fake_say(struct fake *f, const char *text)
{
    size_t n = strlen(text), step = f->slow ? 1 : n;

    for (size_t i = 0; i < n; i += step)
        if (f->client < 0 || send(f->client, text + i, step, MSG_NOSIGNAL) < 0)
            return;
}

void fake_hang_up(struct fake *f)
{
    if (f->client < 0)
        return;
    ev_io_stop(EV_DEFAULT, &f->readable);
    (void)close(f->client);
    f->client = -1;
    buf_reset(&f->in);
}

static void answer_line(struct fake *f, struct str line)
{
    const char *text;

    f->lines++;
    if (f->mute)
        return;
    if (str_eq(line, STR("prompt"))) {
        fake_say(f, f->prompt);
        return;
    }
    if (str_eq(line, STR("set severity-output number")))
        text = "";
    else if (str_eq(line, STR("show cli level")))
        text = f->level;
    else
        text = f->answer ? f->answer(f, line) : "";
    if (!text) {
        fake_hang_up(f);
        return;
    }
    fake_say(f, text);
    fake_say(f, "\n> ");
}

static void on_readable(struct ev_loop *loop, ev_io *w, int events)
{
    struct fake *f = w->data;
    char piece[512]; /* so little at once that its answers fit into the socket: they are read here,
                         too */
    ssize_t n = read(f->client, piece, sizeof piece);
    size_t at;

    (void)loop;
    (void)events;
    if (n <= 0) {
        fake_hang_up(f);
        return;
    }
    buf_add(&f->in, piece, (size_t)n);
    while (f->client >= 0 && str_find(buf_str(&f->in), '\n', &at)) {
        char line[1024];
        struct str view = {line, at};
        assert_true(at < sizeof line);
        memcpy(line, f->in.p, at);
        buf_drop_front(&f->in, at + 1);
        answer_line(f, view);
    }
}

static void on_accept(struct ev_loop *loop, ev_io *w, int events)
{
    struct fake *f = w->data;

    (void)events;
    fake_hang_up(f);
    f->client = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(f->client >= 0);
    f->accepted++;
    ev_io_init(&f->readable, on_readable, f->client, EV_READ);
    f->readable.data = f;
    ev_io_start(loop, &f->readable);
}

void fake_open(struct fake *f)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    static unsigned number;

    if (!f->prompt)
        f->prompt = "\n> ";
    if (!f->level)
        f->level = "[6]: admin\n";
    if (!f->path[0])
        (void)snprintf(f->path, sizeof f->path, "/tmp/thalassa-fake.%d.%u", (int)getpid(),
                       number++);
    memcpy(a.sun_path, f->path, sizeof f->path);
    (void)unlink(f->path);
    buf_init(&f->in, 1 << 20);
    f->client = -1;
    f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(f->listener, 8), 0);
    ev_io_init(&f->accept, on_accept, f->listener, EV_READ);
    f->accept.data = f;
    ev_io_start(EV_DEFAULT, &f->accept);
}

void fake_close(struct fake *f)
{
    fake_hang_up(f);
    ev_io_stop(EV_DEFAULT, &f->accept);
    (void)close(f->listener);
    (void)unlink(f->path);
    buf_free(&f->in);
}
