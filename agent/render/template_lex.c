/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template_lex.h"

#include <string.h>

enum { DELIMITER_MAX = 16 };

struct lexer {
    struct arena *arena;
    struct str name, source;
    size_t at; /* everything before is in `tokens` */
    struct place place;
    struct str open, close;
    bool is_default; /* delimiters: `~` and a backslash mean something only with {{ }} */
    struct token_list *tokens;
    struct err *e;
};

/* What follows the opening delimiter. `ends_with` stands before the closing one. */
struct sign {
    const char *ends_with;
    enum token_type type;
    char c;
    bool has_strings; /* a closing delimiter inside quotes does not count */
};

static const struct sign signs[] = {
    {"}", TOKEN_RAW, '{', true},    {"", TOKEN_RAW, '&', true},      {"", TOKEN_OPEN, '#', true},
    {"", TOKEN_INVERSE, '^', true}, {"", TOKEN_CLOSE, '/', true},    {"", TOKEN_PARTIAL, '>', true},
    {"", TOKEN_SILENT, '!', false}, {"=", TOKEN_SILENT, '=', false}, {"", TOKEN_VALUE, '\0', true},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct str part(const struct lexer *lx, size_t from, size_t to)
{
    return (struct str){lx->source.p + from, to - from};
}

static bool has_at(const struct lexer *lx, size_t at, struct str what)
{
    return str_starts(part(lx, at, lx->source.n), what);
}

static void advance(struct lexer *lx, size_t to)
{
    for (; lx->at < to; lx->at++) {
        lx->place.column++;
        if (lx->source.p[lx->at] == '\n') {
            lx->place.line++;
            lx->place.column = 1;
        }
    }
}

static struct token *push(struct lexer *lx, struct token token)
{
    struct token *slot = ARENA_PUSH(lx->arena, lx->tokens->items, lx->tokens->count);

    *slot = token;
    return slot;
}

static void push_text(struct lexer *lx, size_t end)
{
    if (end > lx->at)
        push(lx,
             (struct token){.type = TOKEN_TEXT, .at = lx->place, .text = part(lx, lx->at, end)});
}

static size_t find_open(const struct lexer *lx, size_t from)
{
    const char *hit = NULL;

    if (from < lx->source.n)
        hit = memmem(lx->source.p + from, lx->source.n - from, lx->open.p, lx->open.n);
    return hit ? (size_t)(hit - lx->source.p) : lx->source.n;
}

/* Text up to the next tag. `\{{` is text without its backslash, `\\{{` one backslash and a tag. */
static void lex_text(struct lexer *lx)
{
    size_t skip = 0, end;

    for (;;) {
        end = find_open(lx, lx->at + skip);
        if (end == lx->source.n || !lx->is_default || end == lx->at + skip ||
            lx->source.p[end - 1] != '\\')
            break;
        push_text(lx, end - 1);
        if (end - 1 > lx->at && lx->source.p[end - 2] == '\\') {
            advance(lx, end);
            return;
        }
        advance(lx, end);
        skip = lx->open.n;
    }
    push_text(lx, end);
    advance(lx, end);
}

/* The end of a tag whose inside begins at `from`: sets *end to that of the inside, *after behind
 * the closing delimiter, *strip if there is a `~`. False without an end. */
static bool find_end(const struct lexer *lx, size_t from, const struct sign *sign, size_t *end,
                     size_t *after, bool *strip)
{
    struct str ends_with = str_z(sign->ends_with);
    const char *p = lx->source.p, *quote;

    for (size_t i = from; i < lx->source.n; i++) {
        size_t next = i + ends_with.n;
        if (has_at(lx, i, ends_with)) {
            *strip = lx->is_default && has_at(lx, next, STR("~"));
            next += *strip;
            if (has_at(lx, next, lx->close)) {
                *end = i;
                *after = next + lx->close.n;
                return true;
            }
        }
        if (sign->has_strings && (p[i] == '"' || p[i] == '\'')) {
            quote = memchr(p + i + 1, p[i], lx->source.n - i - 1);
            while (quote && quote[-1] == '\\')
                quote = memchr(quote + 1, p[i], lx->source.n - (size_t)(quote + 1 - p));
            if (!quote)
                return false;
            i = (size_t)(quote - p);
        }
    }
    return false;
}

static bool delimiter_ok(struct str d)
{
    size_t at;

    return d.n && d.n <= DELIMITER_MAX && !str_find(d, '=', &at) && !str_has_control(d);
}

static int set_delimiters(struct lexer *lx, struct str inside, struct place at)
{
    struct str open = str_word(&inside), close = str_word(&inside);

    if (!delimiter_ok(open) || !delimiter_ok(close) || str_word(&inside).n)
        return template_fail(lx->name, at, ERR_INVALID, lx->e,
                             "two delimiters of at most %d bytes are expected", DELIMITER_MAX);
    lx->open = open;
    lx->close = close;
    lx->is_default = str_eq_z(open, "{{") && str_eq_z(close, "}}");
    return 0;
}

/* {{else}}, {{else x}} and {{^}} look like a value and a section, and are neither. */
static void find_else(struct token *t)
{
    struct str rest = t->text;

    if (t->type == TOKEN_INVERSE && t->text.n == 0) {
        t->type = TOKEN_ELSE;
    } else if (t->type == TOKEN_VALUE && str_eq_z(str_word(&rest), "else")) {
        t->type = TOKEN_ELSE;
        t->text = str_trim(rest);
    }
}

static const struct sign *find_sign(const struct lexer *lx, size_t at)
{
    const struct sign *s = signs;

    while (s->c && !(at < lx->source.n && lx->source.p[at] == s->c))
        s++;
    return s;
}

static int lex_tag(struct lexer *lx)
{
    struct token t = {.at = lx->place};
    size_t from = lx->at + lx->open.n, end = 0, after = 0;
    struct sign sign;

    t.strip_left = lx->is_default && has_at(lx, from, STR("~"));
    from += t.strip_left;
    sign = *find_sign(lx, from);
    from += sign.c != '\0';
    if (sign.c == '!' && has_at(lx, from, STR("--")))
        sign.ends_with = "--";
    if (!find_end(lx, from, &sign, &end, &after, &t.strip_right))
        return template_fail(lx->name, t.at, ERR_INVALID, lx->e, "tag is never closed");
    t.type = sign.type;
    t.text = str_trim(part(lx, from, end));
    find_else(&t);
    advance(lx, after);
    push(lx, t);
    return sign.c == '=' ? set_delimiters(lx, t.text, t.at) : 0;
}

/* --- white space, once all tokens are there --- */

static size_t blanks_at_end(struct str s)
{
    size_t n = 0;

    while (n < s.n && is_blank(s.p[s.n - 1 - n]))
        n++;
    return n;
}

/* Length of blanks and one line end at the start; 0 if there is something else before it. At the
 * end of the template blanks alone do. */
static size_t line_end_at_start(struct str s, bool is_last)
{
    size_t n = 0;

    while (n < s.n && is_blank(s.p[n]))
        n++;
    if (n == s.n)
        return is_last ? n : 0;
    if (s.p[n] == '\r' && n + 1 < s.n)
        n++;
    return s.p[n] == '\n' ? n + 1 : 0;
}

static bool stands_alone(const struct token_list *list, size_t i)
{
    const struct token *before = i ? &list->items[i - 1] : NULL;
    const struct token *after = i + 1 < list->count ? &list->items[i + 1] : NULL;
    size_t blanks;

    if (list->items[i].type <= TOKEN_RAW)
        return false;
    if (before) {
        blanks = blanks_at_end(before->text);
        if (before->type != TOKEN_TEXT ||
            (blanks == before->text.n ? i > 1
                                      : before->text.p[before->text.n - 1 - blanks] != '\n'))
            return false;
    }
    return !after ||
           (after->type == TOKEN_TEXT && line_end_at_start(after->text, i + 2 == list->count) > 0);
}

static struct str text_of(const struct token *t)
{
    return t && t->type == TOKEN_TEXT ? t->text : STR_NONE;
}

/* The blanks before a partial that stands alone, unless `~` has taken them: its own, or that of the
 * tag before it, if that one opens no part of a block (as handlebars.js has it). */
static struct str indent_of(const struct token *tag, struct str before, size_t blanks, size_t i)
{
    const struct token *last = i > 1 ? tag - 2 : NULL;
    bool opens = last && (last->type == TOKEN_OPEN || last->type == TOKEN_INVERSE ||
                          last->type == TOKEN_ELSE);

    if (tag->type != TOKEN_PARTIAL || tag->strip_left ||
        (last && !opens && last->cut_after >= before.n))
        return STR_NONE;
    return (struct str){before.p + before.n - blanks, blanks};
}

/* Decide what tag `i` takes away. Nothing is cut yet, since whether the next tag stands alone is
 * read off the template as it was written. */
static void measure(struct token_list *list, size_t i)
{
    struct token *tag = &list->items[i];
    struct str before = text_of(i ? tag - 1 : NULL);
    struct str after = text_of(i + 1 < list->count ? tag + 1 : NULL);
    size_t left = 0, right = 0;

    if (stands_alone(list, i)) {
        left = blanks_at_end(before);
        right = line_end_at_start(after, true);
        tag->indent = left ? indent_of(tag, before, left, i) : STR_NONE;
    }
    while (tag->strip_left && left < before.n && template_is_space(before.p[before.n - 1 - left]))
        left++;
    while (tag->strip_right && right < after.n && template_is_space(after.p[right]))
        right++;
    tag->cut_before = left;
    tag->cut_after = right;
}

static void strip(struct token_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].type != TOKEN_TEXT)
            measure(list, i);
    }
    for (size_t i = 0; i < list->count; i++) {
        struct token *t = &list->items[i];
        size_t front = i ? t[-1].cut_after : 0;
        size_t back = i + 1 < list->count ? t[1].cut_before : 0;
        if (t->type != TOKEN_TEXT)
            continue;
        front = front < t->text.n ? front : t->text.n; /* both may want the same white space */
        t->text = (struct str){t->text.p + front, t->text.n - front};
        t->text.n -= back < t->text.n ? back : t->text.n;
    }
}

int template_lex(struct arena *a, struct str name, struct str source, struct token_list *out,
                 struct err *e)
{
    struct lexer lx = {
        .arena = a,
        .name = name,
        .source = source,
        .place = {1, 1},
        .open = STR("{{"),
        .close = STR("}}"),
        .is_default = true,
        .tokens = out,
        .e = e,
    };

    for (;;) {
        lex_text(&lx);
        if (lx.at == source.n)
            break;
        if (lex_tag(&lx))
            return -1;
    }
    strip(out);
    return 0;
}
