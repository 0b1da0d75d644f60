/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/again.h"

#include "base/json_out.h"
#include "cli/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, LINE_BYTES = 64 * 1024 * 1024 };

static volatile sig_atomic_t disturbed, on_terminal;

/* The shell's prompt belongs on a line of its own, behind the terminal's "^C". */
static void on_interrupt(int number)
{
    (void)number;
    if (on_terminal && write(STDOUT_FILENO, "\n", 1) < 0)
        _exit(COMMAND_NO);
    _exit(COMMAND_WELL);
}

static void on_disturbance(int number)
{
    (void)number;
    disturbed = 1;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART: a wait ends */

    (void)sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL))
        abort();
}

void again_open(struct again *a, const struct command_line *c)
{
    *a = (struct again){.c = c, .client = client_open(c->options)};
    on_terminal = command_has_terminal();
    handle(SIGINT, on_interrupt);
    handle(SIGWINCH, on_disturbance);
    handle(SIGCONT, on_disturbance);
}

void again_close(struct again *a)
{
    client_close(a->client);
}

int again_ask(struct again *a, struct str path, struct arena *arena, struct json **answer,
              struct err *e)
{
    struct client_request request = {.method = "GET", .path = path, .deadline_ms = ANSWER_MS};
    struct client_reply reply;
    int rc = client_call(a->client, &request, &reply, e);

    if (rc == 0 && json_parse(arena, buf_str(&reply.body), JSON_MAX_DEPTH, answer, e))
        rc = err_wrap(e, "this is not Thalassa's answer");
    if (rc == 0)
        a->answered_ms = command_now_ms();
    buf_free(&reply.body);
    return rc;
}

void again_tell(struct again *a, const struct err *e)
{
    if (!a->missing)
        (void)command_fail_err(a->c, e, "no answer any more");
    a->missing = true;
}

void again_tell_answer(struct again *a)
{
    if (a->missing)
        (void)command_fail(a->c, "the agent answers again");
    a->missing = false;
}

bool again_wait(int64_t ms)
{
    struct pollfd reader = {.fd = STDOUT_FILENO};

    return poll(&reader, 1, (int)ms) <= 0;
}

bool again_was_disturbed(void)
{
    bool was = disturbed;

    disturbed = 0;
    return was;
}

void again_put_json(struct buf *out, const struct json *tree)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, LINE_BYTES);
    json_out_init(&o, &text, false);
    json_put_tree(&o, NULL, tree);
    json_out_fini(&o);
    terminal_put_json(out, buf_str(&text));
    buf_add_char(out, '\n');
    buf_free(&text);
}
