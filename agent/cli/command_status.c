/* SPDX-License-Identifier: Apache-2.0 */
/* `status`, once or again and again. */
#include "cli/commands.h"

#include "cli/again.h"
#include "cli/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { PAGE_BYTES = 64 * 1024 * 1024, ROWS = 24, COLUMNS = 80 };
enum { INTERVAL_MS = 2000, INTERVAL_MIN_MS = 100, INTERVAL_MAX_MS = 3600000 };

struct watch {
    struct command_line *c;
    struct again again;
    struct screen screen;
    struct arena arena; /* of one page */
    bool in_place;      /* on a terminal; else page after page */
    bool begun;
};

/* In the place of the page before; or below it, an empty line between them. */
static void lay_out(struct watch *w, struct str page, struct buf *out)
{
    struct winsize size = {0};

    if (!w->in_place) {
        buf_add_z(out, w->begun ? "\n" : "");
        buf_add_str(out, page);
        return;
    }
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    screen_resize(&w->screen, size.ws_row ? size.ws_row : ROWS,
                  size.ws_col ? size.ws_col : COLUMNS);
    if (again_was_disturbed())
        w->screen.moved = w->begun;
    screen_put(&w->screen, page, VIEW_NAME_WIDTH + 2, out);
}

/* `answer` NULL: there was none. */
static void put_page(struct watch *w, const struct json *answer, const struct err *e,
                     struct buf *page)
{
    struct view v = {.out = page,
                     .arena = &w->arena,
                     .colours = command_has_colours(),
                     .now_ms = command_now_ms()};
    struct buf why;

    view_now(&v);
    if (answer) {
        view_status(&v, answer);
        return;
    }
    buf_init(&why, PAGE_BYTES);
    command_put_err(&why, e);
    view_no_answer(&v, w->again.answered_ms, buf_str(&why));
    buf_free(&why);
}

static int show_page(struct watch *w, const struct json *answer, const struct err *e)
{
    struct buf page, out;
    int rc;

    buf_init(&page, PAGE_BYTES);
    buf_init(&out, PAGE_BYTES);
    put_page(w, answer, e, &page);
    lay_out(w, buf_str(&page), &out);
    rc = command_print(w->c, &out);
    w->begun = true;
    buf_free(&page);
    buf_free(&out);
    return rc;
}

/* A line per answer; that there is none is told on stderr. */
static int show_json(struct watch *w, const struct json *answer, const struct err *e)
{
    struct buf out;
    int rc;

    if (!answer) {
        again_tell(&w->again, e);
        return COMMAND_WELL;
    }
    again_tell_answer(&w->again);
    buf_init(&out, PAGE_BYTES);
    again_put_json(&out, answer);
    rc = command_print(w->c, &out);
    buf_free(&out);
    return rc;
}

static int turn(struct watch *w)
{
    struct json *answer = NULL;
    struct err e;
    int rc;

    if (again_ask(&w->again, STR("/status"), &w->arena, &answer, &e)) {
        answer = NULL;
        if (!w->again.answered_ms)
            return command_fail_err(w->c, &e, NULL);
    }
    rc = w->c->flags[FLAG_JSON] ? show_json(w, answer, &e) : show_page(w, answer, &e);
    arena_free(&w->arena);
    return rc;
}

static int watch(struct command_line *c, int64_t interval_ms)
{
    struct watch w = {.c = c, .in_place = command_has_terminal()};
    int rc;

    again_open(&w.again, c);
    do {
        rc = turn(&w);
    } while (rc == COMMAND_WELL && again_wait(interval_ms));
    arena_free(&w.arena);
    again_close(&w.again);
    return rc;
}

int command_status(struct command_line *c)
{
    const char *interval = c->flags[FLAG_WATCH];
    int64_t ms = INTERVAL_MS;

    if (!interval)
        return command_show(c, STR("/status"), view_status);
    if (*interval && command_read_time(c, FLAG_WATCH, INTERVAL_MIN_MS, INTERVAL_MAX_MS, &ms))
        return COMMAND_MISUSED;
    return watch(c, ms);
}
