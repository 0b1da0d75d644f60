/* SPDX-License-Identifier: Apache-2.0 */
#include "model/server_options.h"

#include <string.h>

enum kind { FLAG, WORD, NUMBER, TIME };

static const struct keyword {
    const char *name;
    enum kind kind;
} keywords[] = {
#define SERVER_KEYWORD(name, kind) {name, kind},
#include "model/server_keywords.def"
#undef SERVER_KEYWORD
};

static const struct keyword *find(struct str word)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (str_eq_z(word, keywords[i].name))
            return &keywords[i];
    }
    return NULL;
}

/* What Thalassa writes itself: where to say it instead. */
static const char *better_place(struct str word)
{
    static const struct {
        const char *word, *field;
    } places[] = {{"weight", "the member's weight"},
                  {"backup", "the member's backup"},
                  {"inter", "health.interval"},
                  {"check", "nothing: servers are always checked"},
                  {"cookie", "cookie"},
                  {"disabled", "the member's state"}};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (str_eq_z(word, places[i].word))
            return places[i].field;
    }
    return NULL;
}

static bool is_time(struct str s, bool *bare)
{
    size_t digits = 0;
    struct str unit;

    while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
        digits++;
    unit = (struct str){s.p + digits, s.n - digits};
    *bare = unit.n == 0;
    return digits > 0 && digits < 10 &&
           (unit.n == 0 || str_eq_z(unit, "us") || str_eq_z(unit, "ms") || str_eq_z(unit, "s") ||
            str_eq_z(unit, "m") || str_eq_z(unit, "h") || str_eq_z(unit, "d"));
}

static int check_argument(struct arena *a, const struct keyword *k, struct str arg, struct str *out,
                          struct err *e)
{
    bool bare = false;
    uint64_t number;

    if (arg.n == 0)
        return err_set(e, ERR_INVALID, "%s needs an argument", k->name);
    for (size_t i = 0; i < arg.n; i++) {
        if (strchr("\"'\\#;$", arg.p[i]))
            return err_set(e, ERR_INVALID, "%s: character '%c' is not allowed", k->name, arg.p[i]);
    }
    if (k->kind == NUMBER && (str_u64(arg, &number) || number > INT32_MAX))
        return err_set(e, ERR_INVALID, "%s: not a number: \"" STR_FMT "\"", k->name, STR_ARG(arg));
    if (k->kind == TIME && !is_time(arg, &bare))
        return err_set(e, ERR_INVALID, "%s: not a time: \"" STR_FMT "\"", k->name, STR_ARG(arg));
    *out = arena_printf(a, "%s " STR_FMT "%s", k->name, STR_ARG(arg), bare ? "ms" : "");
    return 0;
}

static int check_element(struct arena *a, struct str text, struct str_list *out, struct err *e)
{
    for (;;) {
        struct str word = str_word(&text), option;
        const struct keyword *k = find(word);
        const char *place;

        if (word.n == 0)
            return 0;
        if (out->count == LIMIT_NATIVES)
            return err_set(e, ERR_INVALID, "too many options");
        place = better_place(word);
        if (place)
            return err_set(e, ERR_INVALID, "\"" STR_FMT "\" is written by Thalassa, use %s",
                           STR_ARG(word), place);
        if (!k)
            return err_set(e, ERR_INVALID,
                           "\"" STR_FMT "\" is not a server option that every HAProxy version "
                           "takes at runtime",
                           STR_ARG(word));
        option = str_z(k->name);
        if (k->kind != FLAG && check_argument(a, k, str_word(&text), &option, e))
            return -1;
        *ARENA_PUSH(a, out->items, out->count) = option;
    }
}

bool server_options_have(const struct str_list *options, const char *keyword)
{
    for (size_t i = 0; i < options->count; i++) {
        struct str rest = options->items[i];
        if (str_eq_z(str_word(&rest), keyword))
            return true;
    }
    return false;
}

int server_options_check(struct arena *a, struct str_list *options, struct err *e)
{
    struct str_list out = {0};

    for (size_t i = 0; i < options->count; i++) {
        if (check_element(a, options->items[i], &out, e)) {
            err_in(e, "server[%zu]", i);
            return err_wrap(e, "server[%zu]", i);
        }
    }
    *options = out;
    if (server_options_have(options, "ssl") && !server_options_have(options, "verify") &&
        !server_options_have(options, "ca-file"))
        return err_field(e, "server", "server: ssl needs \"verify none\" or \"ca-file FILE\"");
    return 0;
}
