/* SPDX-License-Identifier: Apache-2.0 */
#include "web/target.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int target_decode(struct arena *a, struct str in, bool plus_is_blank, struct str *out)
{
    char *p = arena_alloc(a, in.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '%') {
            int high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1;
            int low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        p[n++] = c;
    }
    *out = (struct str){p, n};
    return str_has_control(*out) ? -1 : 0;
}

static bool is_printable_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
            return false;
    }
    return true;
}

static int parse_param(struct arena *a, struct str text, struct target *out, struct err *e)
{
    struct str name = str_cut(&text, '=');
    struct param *p;

    if (!name.n)
        return err_set(e, ERR_INVALID, "query: a parameter has no name");
    if (out->param_count == TARGET_MAX_PARAMS)
        return err_set(e, ERR_TOO_LARGE, "query: more than %d parameters", TARGET_MAX_PARAMS);
    p = ARENA_PUSH(a, out->params, out->param_count);
    if (target_decode(a, name, true, &p->name))
        return err_set(e, ERR_INVALID, "query: bad escape in the name \"" STR_FMT "\"",
                       STR_ARG(name));
    if (target_decode(a, text, true, &p->value))
        return err_field(e, p->name.p, "%s: bad escape: \"" STR_FMT "\"", p->name.p, STR_ARG(text));
    return 0;
}

int target_parse(struct arena *a, struct str raw, struct target *out, struct err *e)
{
    struct str query = raw;

    *out = (struct target){.path = str_cut(&query, '?')};
    if (raw.n > TARGET_MAX_BYTES)
        return err_set(e, ERR_TOO_LARGE, "request target: more than %d bytes", TARGET_MAX_BYTES);
    if (!is_printable_ascii(raw))
        return err_set(e, ERR_INVALID, "request target: has a byte that must be escaped");
    if (!str_starts(raw, STR("/")) && !str_eq_z(raw, "*"))
        return err_set(e, ERR_INVALID, "request target: must start with a slash");
    while (query.p) {
        struct str text = str_cut(&query, '&');
        if (text.n && parse_param(a, text, out, e))
            return -1;
    }
    return 0;
}
