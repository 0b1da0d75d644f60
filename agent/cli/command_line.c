/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command_line.h"

#include "cli/option_table.h"
#include "cli/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 8192, SAID_BYTES = 32768, WAIT_MAX_MS = 300000 };

static const struct {
    const char *name, *value;
} flags[COMMAND_FLAG_COUNT] = {
#define COMMAND_FLAG(id, name, value) [FLAG_##id] = {name, value},
#include "cli/command_flags.def"
#undef COMMAND_FLAG
};

static const char *const usages[COMMAND_COUNT] = {
#define COMMAND(id, name, arguments, help) [COMMAND_##id] = (arguments),
#include "cli/commands.def"
#undef COMMAND
};

/* --- answers --- */

static void say(const struct command_line *c, struct str text)
{
    struct buf line;

    buf_init(&line, SAID_BYTES);
    buf_printf(&line, "thalassa: %s: ", command_name(c->row->id));
    terminal_put(&line, text);
    buf_add_char(&line, '\n');
    (void)fwrite(line.p, 1, line.n, stderr);
    buf_free(&line);
}

static void say_format(const struct command_line *c, const char *format, va_list ap)
{
    char text[LINE_BYTES];

    (void)vsnprintf(text, sizeof text, format, ap);
    say(c, str_z(text));
}

int command_fail(const struct command_line *c, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    say_format(c, format, ap);
    va_end(ap);
    return COMMAND_NO;
}

int command_misuse(const struct command_line *c, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    say_format(c, format, ap);
    va_end(ap);
    return COMMAND_MISUSED;
}

void command_warn(const struct command_line *c, struct str text)
{
    (void)command_fail(c, "warning: " STR_FMT, STR_ARG(text));
}

/* The last part of "rules[1].value": texts often begin with it. */
static struct str last_part(struct str field)
{
    size_t at = field.n;

    while (at > 0 && field.p[at - 1] != '.')
        at--;
    return (struct str){field.p + at, field.n - at};
}

/* Lines of `detail` that the text does not have, joined by blanks. */
static void put_detail(struct buf *out, struct str text, struct str detail)
{
    const char *before = " (";

    while (detail.p) {
        struct str line = str_trim(str_cut(&detail, '\n'));
        if (line.n == 0 || (line.n <= text.n && memmem(text.p, text.n, line.p, line.n)))
            continue;
        buf_printf(out, "%s" STR_FMT, before, STR_ARG(line));
        before = "; ";
    }
    if (*before == ';')
        buf_add_char(out, ')');
}

/* The API speaks of its parameters, people at a prompt of flags. */
static void put_text(struct buf *out, struct str text)
{
    static const struct str parameter = {"?force=true", 11};

    while (text.n) {
        bool found = str_starts(text, parameter);
        size_t n = found ? parameter.n : 1;
        buf_add_str(out, found ? STR("--force") : (struct str){text.p, 1});
        text = (struct str){text.p + n, text.n - n};
    }
}

void command_put_err(struct buf *out, const struct err *e)
{
    struct str text = str_z(e->text), field = str_z(e->field), part = last_part(field);

    if (field.n && !str_starts(text, field)) {
        buf_printf(out, STR_FMT ": ", STR_ARG(field));
        if (part.n + 2 <= text.n && str_starts(text, part) && text.p[part.n] == ':')
            text = (struct str){text.p + part.n + 2, text.n - part.n - 2};
    }
    put_text(out, text);
    put_detail(out, text, str_z(e->detail));
}

int command_fail_err(const struct command_line *c, const struct err *e, const char *about)
{
    struct buf line;

    buf_init(&line, LINE_BYTES);
    if (about && e->kind != ERR_UNAVAILABLE)
        buf_printf(&line, "%s: ", about);
    command_put_err(&line, e);
    say(c, buf_str(&line));
    buf_free(&line);
    return COMMAND_NO;
}

int command_print(const struct command_line *c, const struct buf *text)
{
    if (buf_failed(text))
        return command_fail(c, "the answer is too long");
    if (fwrite(text->n ? text->p : "", 1, text->n, stdout) == text->n && fflush(stdout) == 0)
        return COMMAND_WELL;
    return command_fail(c, "standard output: %s", strerror(errno));
}

bool command_has_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

bool command_has_colours(void)
{
    const char *no = getenv("NO_COLOR");

    return command_has_terminal() && !(no && *no);
}

int64_t command_now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- words and flags --- */

static enum command_flag find_flag(struct str name)
{
    size_t i = 0;

    while (i < COMMAND_FLAG_COUNT && !str_eq_z(name, flags[i].name))
        i++;
    return (enum command_flag)i;
}

static int unknown_flag(const struct command_line *c, const char *word)
{
    struct buf known;
    int rc;

    buf_init(&known, LINE_BYTES);
    for (size_t i = 0; i < COMMAND_FLAG_COUNT; i++) {
        if (c->row->flags & 1U << i)
            buf_printf(&known, "%s--%s", known.n ? ", " : "", flags[i].name);
    }
    rc = command_misuse(c, "unknown option \"%.200s\"%s" STR_FMT "; see --help", word,
                        known.n ? "; it takes " : "", STR_ARG(buf_str(&known)));
    buf_free(&known);
    return rc;
}

/* arguments[i] begins with a dash. The index of its last word, or -1. */
static long take_flag(struct command_line *c, const struct options_call *call, size_t i)
{
    struct str rest = str_z(call->arguments[i]), word = str_cut(&rest, '=');
    enum command_flag flag = COMMAND_FLAG_COUNT;

    if (str_starts(word, STR("--")))
        flag = find_flag((struct str){word.p + 2, word.n - 2});
    if (flag == COMMAND_FLAG_COUNT || !(c->row->flags & 1U << flag)) {
        (void)unknown_flag(c, call->arguments[i]);
        return -1;
    }
    if (!*flags[flag].value && rest.p) {
        (void)command_misuse(c, "--%s takes no value", flags[flag].name);
        return -1;
    }
    c->flags[flag] = rest.p ? rest.p : "";
    if (!*flags[flag].value || rest.p)
        return (long)i;
    if (i + 1 == call->argument_count || str_starts(str_z(call->arguments[i + 1]), STR("--"))) {
        if (*flags[flag].value == '[')
            return (long)i;
        (void)command_misuse(c, "--%s: %s wanted", flags[flag].name, flags[flag].value);
        return -1;
    }
    c->flags[flag] = call->arguments[i + 1];
    return (long)i + 1;
}

static int wrong_words(const struct command_line *c)
{
    const char *usage = usages[c->row->id];

    return command_misuse(c, "%s; usage: thalassa %s%s%s",
                          c->word_count < c->row->least ? "something is missing" : "too many words",
                          command_name(c->row->id), *usage ? " " : "", usage);
}

int command_read_time(const struct command_line *c, enum command_flag flag, int64_t min_ms,
                      int64_t max_ms, int64_t *ms)
{
    const char *text = c->flags[flag];
    struct err e;

    if (option_read_duration(str_z(text), min_ms, max_ms, ms, &e) == 0)
        return 0;
    return command_misuse(c, "--%s: %s, this is \"%.80s\"", flags[flag].name, e.text, text);
}

int command_open(struct command_line *c, const struct options *options,
                 const struct options_call *call, const struct command_row *row)
{
    *c = (struct command_line){.options = options, .row = row};
    for (size_t i = 0; i < call->argument_count; i++) {
        const char *word = call->arguments[i];
        long last;
        if (!*word)
            return command_misuse(c, "an empty word");
        if (!options_is_flag(word)) {
            *ARENA_PUSH(&c->arena, c->words, c->word_count) = word;
            continue;
        }
        last = take_flag(c, call, i);
        if (last < 0)
            return COMMAND_MISUSED;
        i = (size_t)last;
    }
    if (c->word_count < row->least || c->word_count > row->most)
        return wrong_words(c);
    return c->flags[FLAG_WAIT] ? command_read_time(c, FLAG_WAIT, 0, WAIT_MAX_MS, &c->wait_ms) : 0;
}

void command_close(struct command_line *c)
{
    arena_free(&c->arena);
}
