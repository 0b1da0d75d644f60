/* SPDX-License-Identifier: Apache-2.0 */
/* `activity`, what there is, or what comes. */
#include "cli/commands.h"

#include "cli/again.h"
#include "cli/follow.h"

#include <string.h>

enum { TEXT_BYTES = 512 * 1024 * 1024, PATH_BYTES = 16 * 1024 };
enum { LIMIT = 100, LIMIT_FOLLOW = 10, LIMIT_MAX = 1000, INTERVAL_MS = 1000 };

static int read_limit(struct command_line *c, uint64_t *limit)
{
    const char *text = c->flags[FLAG_LIMIT];
    uint64_t least = c->flags[FLAG_FOLLOW] ? 0 : 1;

    *limit = c->flags[FLAG_FOLLOW] ? LIMIT_FOLLOW : LIMIT;
    if (text && (str_u64(str_z(text), limit) || *limit < least || *limit > LIMIT_MAX))
        return command_misuse(c, "--limit: a number from %u to %d wanted, this is \"%.80s\"",
                              (unsigned)least, LIMIT_MAX, text);
    return 0;
}

/* Words and --filter, parted by blanks. */
static struct str join_filter(struct command_line *c)
{
    const char *more = c->flags[FLAG_FILTER] ? c->flags[FLAG_FILTER] : "";
    struct str all = str_z(more);

    for (size_t i = 0; i < c->word_count; i++)
        all = arena_printf(&c->arena, STR_FMT "%s%s", STR_ARG(all), all.n ? " " : "", c->words[i]);
    return all;
}

static int show(struct command_line *c, struct str filter, uint64_t limit)
{
    struct buf path;
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_printf(&path, "/activity?limit=%llu", (unsigned long long)limit);
    if (filter.n) {
        buf_add_z(&path, "&filter=");
        client_encode(&path, filter);
    }
    rc = buf_failed(&path) ? command_misuse(c, "these words are too long")
                           : command_show(c, buf_str(&path), view_activity);
    buf_free(&path);
    return rc;
}

/* --- --follow --- */

struct following {
    struct command_line *c;
    struct again again;
    struct follow follow;
    struct arena arena; /* of one answer */
    struct view view;
    struct table table;
    struct buf out;
    bool begun; /* the table has its titles */
};

static void on_entry(void *ctx, const struct json *entry)
{
    struct following *f = ctx;

    if (f->c->flags[FLAG_JSON])
        again_put_json(&f->out, entry);
    else
        view_activity_add(&f->view, &f->table, entry);
}

static int print(struct following *f)
{
    if (f->follow.begun && !f->c->flags[FLAG_JSON]) {
        (f->begun ? table_put_rows : table_put)(&f->table, &f->out);
        table_clear(&f->table);
        f->begun = true;
    }
    return f->out.n ? command_print(f->c, &f->out) : COMMAND_WELL;
}

/* One question and its answer; *at_once: the next one need not wait. Exit status. */
static int turn(struct following *f, bool *at_once)
{
    enum follow_result result;
    struct json *answer;
    struct buf path;
    struct err e;
    int rc;

    buf_init(&path, PATH_BYTES);
    follow_put_path(&f->follow, &path);
    rc = again_ask(&f->again, buf_str(&path), &f->arena, &answer, &e);
    buf_free(&path);
    *at_once = false;
    if (rc) {
        follow_miss(&f->follow);
        if (!f->again.answered_ms)
            return command_fail_err(f->c, &e, NULL);
        again_tell(&f->again, &e);
        return COMMAND_WELL;
    }
    again_tell_answer(&f->again);
    result = follow_take(&f->follow, answer, &f->arena, on_entry, f);
    if (result == FOLLOW_BAD)
        return command_fail(f->c, "this is not Thalassa's answer: no list of entries");
    if (result == FOLLOW_ANEW)
        command_warn(f->c, STR("the agent has another store now: its activity begins anew"));
    *at_once = result != FOLLOW_WAIT;
    return print(f);
}

static int follow(struct command_line *c, struct str filter, uint64_t before)
{
    static const size_t widths[] = {19, 14, 24, 10}; /* of what most entries have */
    struct following f = {.c = c};
    bool at_once;
    int rc;

    again_open(&f.again, c);
    follow_init(&f.follow, filter, (size_t)before);
    f.view.arena = &f.arena;
    view_activity_open(&f.view, &f.table);
    memcpy(f.table.widths, widths, sizeof widths);
    do {
        buf_init(&f.out, TEXT_BYTES);
        rc = turn(&f, &at_once);
        buf_free(&f.out);
        arena_free(&f.arena);
    } while (rc == COMMAND_WELL && again_wait(at_once ? 0 : INTERVAL_MS));
    again_close(&f.again);
    return rc;
}

int command_activity(struct command_line *c)
{
    struct str filter = join_filter(c);
    uint64_t limit;

    if (read_limit(c, &limit))
        return COMMAND_MISUSED;
    return c->flags[FLAG_FOLLOW] ? follow(c, filter, limit) : show(c, filter, limit);
}
