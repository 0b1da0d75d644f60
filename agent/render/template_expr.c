/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template_expr.h"
#include "render/template.h"

#include <string.h>

#define fail(r, e, ...) template_fail((r)->name, (r)->at, ERR_INVALID, (e), __VA_ARGS__)

static void drop(struct str *s, size_t n)
{
    s->p += n;
    s->n -= n;
}

static void skip_space(struct expr_reader *r)
{
    while (r->rest.n && template_is_space(r->rest.p[0]))
        drop(&r->rest, 1);
}

/* The characters that Handlebars allows in a name. */
static bool is_name_char(char c)
{
    return (unsigned char)c > ' ' && c != 0x7f && !strchr("!\"#%&'()*+,./;<=>@[\\]^`{|}~", c);
}

static size_t name_length(struct str s)
{
    size_t n = 0;

    while (n < s.n && is_name_char(s.p[n]))
        n++;
    return n;
}

/* True when a literal may end here: `12` is a number, `12.x` and `12ab` are paths. */
static bool ends_word(struct str s, size_t n)
{
    return n == s.n || template_is_space(s.p[n]) || s.p[n] == ')';
}

static int unexpected(struct expr_reader *r, struct err *e)
{
    char c = 0;

    if (r->rest.n)
        c = r->rest.p[0];
    if (c == '(')
        return fail(r, e, "sub-expressions are not supported");
    if (c == '|')
        return fail(r, e, "block parameters are not supported");
    if (c > ' ' && c < 0x7f)
        return fail(r, e, "a name is expected instead of '%c'", c);
    return fail(r, e, "a name is expected");
}

/* One of `..`, `.`, `this`, `name`, `[any text]`, at the front of what is left. */
static int read_segment(struct expr_reader *r, struct path *path, struct err *e)
{
    struct str *rest = &r->rest, word = {rest->p, 0};
    size_t n = 0;

    if (rest->n && rest->p[0] == '[') {
        if (!str_find(*rest, ']', &n))
            return fail(r, e, "'[' is never closed");
        word = (struct str){rest->p + 1, n - 1};
        drop(rest, n + 1);
        *ARENA_PUSH(r->arena, path->parts, path->part_count) = word;
        return 0;
    }
    if (str_starts(*rest, STR("..")))
        word.n = 2;
    else if (str_starts(*rest, STR(".")))
        word.n = 1;
    else
        word.n = name_length(*rest);
    if (word.n == 0)
        return unexpected(r, e);
    drop(rest, word.n);
    if (word.p[0] != '.' && !str_eq_z(word, "this")) {
        *ARENA_PUSH(r->arena, path->parts, path->part_count) = word;
        return 0;
    }
    if (path->part_count)
        return fail(r, e, "'" STR_FMT "' inside a path", STR_ARG(word));
    path->is_scoped = true;
    path->up += word.n == 2;
    return 0;
}

int template_read_path(struct expr_reader *r, struct path *out, struct err *e)
{
    const char *start;

    *out = (struct path){0};
    skip_space(r);
    start = r->rest.p;
    if (str_starts(r->rest, STR("@"))) {
        out->is_data = true;
        drop(&r->rest, 1);
    }
    for (;;) {
        if (read_segment(r, out, e))
            return -1;
        if (!r->rest.n || (r->rest.p[0] != '.' && r->rest.p[0] != '/'))
            break;
        drop(&r->rest, 1);
    }
    out->text = (struct str){start, (size_t)(r->rest.p - start)};
    if (out->is_data && !out->part_count)
        return fail(r, e, "'" STR_FMT "' names nothing", SHOW_ARG(out->text));
    if (!ends_word(r->rest, 0))
        return unexpected(r, e);
    return 0;
}

/* Text in quotes; the quote itself may be inside behind a backslash. */
static int read_string(struct expr_reader *r, struct str *out, struct err *e)
{
    char quote = r->rest.p[0], *copy = arena_alloc(r->arena, r->rest.n);
    size_t n = 0;

    drop(&r->rest, 1);
    while (r->rest.n && r->rest.p[0] != quote) {
        if (r->rest.n > 1 && r->rest.p[0] == '\\' && r->rest.p[1] == quote)
            drop(&r->rest, 1);
        copy[n++] = r->rest.p[0];
        drop(&r->rest, 1);
    }
    if (!r->rest.n)
        return fail(r, e, "string is never closed");
    drop(&r->rest, 1);
    if (!ends_word(r->rest, 0))
        return unexpected(r, e);
    *out = (struct str){copy, n};
    return 0;
}

static size_t number_length(struct str s)
{
    size_t n = s.n && s.p[0] == '-', digits = 0;

    for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
        digits++;
    if (digits && n + 1 < s.n && s.p[n] == '.' && s.p[n + 1] >= '0' && s.p[n + 1] <= '9')
        for (n++; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++)
            ;
    return digits && ends_word(s, n) ? n : 0;
}

/* True if the word at the front is a number, true, false, null or undefined; takes it. */
static bool read_plain_literal(struct expr_reader *r, struct json *out)
{
    struct str word = {r->rest.p, number_length(r->rest)};

    if (word.n) {
        *out = (struct json){.type = JSON_NUMBER, .text = word};
        out->is_integer = str_i64(word, &out->integer) == 0;
    } else {
        word.n = name_length(r->rest);
        if (!ends_word(r->rest, word.n))
            return false;
        if (str_eq_z(word, "true") || str_eq_z(word, "false"))
            *out = (struct json){.type = JSON_BOOL, .boolean = word.n == 4};
        else if (str_eq_z(word, "null") || str_eq_z(word, "undefined"))
            *out = (struct json){.type = JSON_NULL};
        else
            return false;
    }
    drop(&r->rest, word.n);
    return true;
}

static int read_value(struct expr_reader *r, struct expr *out, struct err *e)
{
    if (r->rest.n && (r->rest.p[0] == '"' || r->rest.p[0] == '\'')) {
        out->is_literal = true;
        out->literal.type = JSON_STRING;
        return read_string(r, &out->literal.text, e);
    }
    out->is_literal = read_plain_literal(r, &out->literal);
    return out->is_literal ? 0 : template_read_path(r, &out->path, e);
}

static int read_arg(struct expr_reader *r, struct expr_list *list, struct err *e)
{
    struct expr *x;
    struct str rest;
    size_t n = name_length(r->rest);

    if (list->count == TEMPLATE_MAX_ARGS)
        return fail(r, e, "more than %d arguments", TEMPLATE_MAX_ARGS);
    rest = (struct str){r->rest.p + n, r->rest.n - n};
    if (str_eq_z((struct str){r->rest.p, n}, "as") && str_starts(str_trim(rest), STR("|")))
        return fail(r, e, "block parameters are not supported");
    x = ARENA_PUSH(r->arena, list->items, list->count);
    *x = (struct expr){0};
    if (n && str_starts(rest, STR("="))) {
        x->name = (struct str){r->rest.p, n};
        drop(&r->rest, n + 1);
    } else if (list->positional + 1 == list->count) {
        list->positional++;
    } else {
        return fail(r, e, "a value without a name behind '" STR_FMT "='", SHOW_ARG(x[-1].name));
    }
    return read_value(r, x, e);
}

int template_read_args(struct expr_reader *r, struct expr_list *out, struct err *e)
{
    *out = (struct expr_list){0};
    for (skip_space(r); r->rest.n; skip_space(r)) {
        if (read_arg(r, out, e))
            return -1;
    }
    return 0;
}

int template_read_word(struct expr_reader *r, struct str *out, struct err *e)
{
    skip_space(r);
    if (r->rest.n && (r->rest.p[0] == '"' || r->rest.p[0] == '\''))
        return read_string(r, out, e);
    if (r->rest.n && r->rest.p[0] == '(')
        return unexpected(r, e);
    *out = str_word(&r->rest);
    return out->n ? 0 : fail(r, e, "{{>}} names no partial");
}
