/* SPDX-License-Identifier: Apache-2.0 */
#include "model/bind.h"

#include <string.h>

static bool is_path(struct str s)
{
    return str_starts(s, STR("unix@")) || str_starts(s, STR("abns@")) || str_starts(s, STR("/")) ||
           str_starts(s, STR("fd@"));
}

static int check_port(struct str port, struct str whole, struct err *e)
{
    struct str rest = port;

    while (rest.p) {
        uint64_t number;
        struct str part = str_cut(&rest, '-');
        if (str_u64(part, &number) || number < 1 || number > 65535)
            return err_field(e, "bind", "bind: \"" STR_FMT "\": port is not within 1 and 65535",
                             STR_ARG(whole));
    }
    return 0;
}

static int check_address(struct str s, struct err *e)
{
    size_t colon = s.n;

    for (size_t i = 0; i < s.n; i++) {
        if (strchr("\"'\\#$ \t{}", s.p[i]))
            return err_field(e, "bind", "bind: \"" STR_FMT "\": character '%c' is not allowed",
                             STR_ARG(s), s.p[i]);
    }
    if (is_path(s))
        return 0;
    while (colon && s.p[colon - 1] != ':')
        colon--;
    if (colon == 0)
        return err_field(e, "bind", "bind: \"" STR_FMT "\": a port is required (ADDRESS:PORT)",
                         STR_ARG(s));
    return check_port((struct str){s.p + colon, s.n - colon}, s, e);
}

/* Cut one address off the front; what is left starts at a comma, at parameters, or is empty. */
static struct str next_address(struct str *rest)
{
    struct str word;

    *rest = str_trim(*rest);
    word = (struct str){rest->p, 0};
    while (word.n < rest->n && !strchr(", \t", rest->p[word.n]))
        word.n++;
    *rest = str_trim((struct str){rest->p + word.n, rest->n - word.n});
    return word;
}

int bind_parse(struct arena *a, struct str text, struct str_list *addresses, struct str *params,
               struct err *e)
{
    struct str rest = text;
    bool more = true;

    *addresses = (struct str_list){0};
    *params = STR("");
    while (more) {
        struct str address = next_address(&rest);
        more = rest.n && rest.p[0] == ',';
        if (more) {
            rest.p++;
            rest.n--;
        }
        if (address.n == 0)
            continue;
        if (addresses->count == LIMIT_BINDS)
            return err_field(e, "bind", "bind: more than %d addresses", LIMIT_BINDS);
        if (check_address(address, e))
            return -1;
        *ARENA_PUSH(a, addresses->items, addresses->count) = arena_str(a, address);
    }
    if (addresses->count == 0)
        return err_field(e, "bind", "bind: an address is required");
    for (size_t i = 0; i < rest.n; i++) {
        if (strchr("#\"'\\$", rest.p[i]))
            return err_field(e, "bind", "bind: character '%c' is not allowed in parameters",
                             rest.p[i]);
    }
    *params = arena_str(a, rest);
    return 0;
}

struct str bind_text(struct arena *a, const struct str_list *addresses, struct str params)
{
    struct str text = STR("");

    for (size_t i = 0; i < addresses->count; i++)
        text = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(text), i ? "," : "",
                            STR_ARG(addresses->items[i]));
    if (params.n)
        text = arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(text), STR_ARG(params));
    return text;
}
