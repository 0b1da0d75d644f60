/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/findings.h"

#include "base/json_out.h"
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_BYTES = 4096, SUBJECT_WIDTH = 15 };

static const struct {
    const char *word, *colour;
} states[] = {
    [FINDING_OK] = {"ok", "\033[32m"},
    [FINDING_WARNING] = {"warning", "\033[33m"},
    [FINDING_MISSING] = {"missing", "\033[31m"},
};

static struct str text_of(struct findings *f, const char *format, va_list ap)
{
    char text[TEXT_BYTES];

    (void)vsnprintf(text, sizeof text, format, ap);
    return arena_str(&f->arena, str_z(text));
}

void findings_add(struct findings *f, enum finding_state state, const char *subject,
                  const char *format, ...)
{
    struct finding *item = ARENA_PUSH(&f->arena, f->items, f->count);
    va_list ap;

    *item = (struct finding){.state = state, .subject = subject, .hint = STR("")};
    va_start(ap, format);
    item->text = text_of(f, format, ap);
    va_end(ap);
}

void findings_hint(struct findings *f, const char *format, ...)
{
    va_list ap;

    if (f->count == 0)
        return;
    va_start(ap, format);
    f->items[f->count - 1].hint = text_of(f, format, ap);
    va_end(ap);
}

void findings_free(struct findings *f)
{
    arena_free(&f->arena);
    *f = (struct findings){0};
}

size_t findings_count(const struct findings *f, enum finding_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < f->count; i++)
        count += f->items[i].state == state;
    return count;
}

static void put_finding(struct buf *out, const struct finding *item, bool colours)
{
    buf_printf(out, "%s%-7s%s  %-*s  ", colours ? states[item->state].colour : "",
               states[item->state].word, colours ? "\033[0m" : "", SUBJECT_WIDTH, item->subject);
    terminal_put(out, item->text);
    buf_add_char(out, '\n');
    if (item->hint.n == 0)
        return;
    buf_printf(out, "%*s-> ", 7 + 2 + SUBJECT_WIDTH + 2, "");
    terminal_put(out, item->hint);
    buf_add_char(out, '\n');
}

void findings_put(const struct findings *f, struct buf *out, bool colours)
{
    size_t missing = findings_count(f, FINDING_MISSING),
           warnings = findings_count(f, FINDING_WARNING);

    for (size_t i = 0; i < f->count; i++)
        put_finding(out, &f->items[i], colours);
    if (missing)
        buf_printf(out, "\n%zu missing, %zu warning%s\n", missing, warnings,
                   warnings == 1 ? "" : "s");
    else
        buf_printf(out, "\nnothing is missing, %zu warning%s\n", warnings,
                   warnings == 1 ? "" : "s");
}

void findings_put_json(const struct findings *f, struct buf *out)
{
    struct json_out o;

    json_out_init(&o, out, false);
    json_open_object(&o, NULL);
    json_put_int(&o, "missing", (int64_t)findings_count(f, FINDING_MISSING));
    json_open_array(&o, "findings");
    for (size_t i = 0; i < f->count; i++) {
        json_open_object(&o, NULL);
        json_put_z(&o, "state", states[f->items[i].state].word);
        json_put_z(&o, "subject", f->items[i].subject);
        json_put_str(&o, "text", f->items[i].text);
        if (f->items[i].hint.n)
            json_put_str(&o, "hint", f->items[i].hint);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    json_out_fini(&o);
    buf_add_char(out, '\n');
}
