/* SPDX-License-Identifier: Apache-2.0 */
#include "render/quote.h"

#include <string.h>

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Only bytes of [A-Za-z0-9] and `others`. */
static bool consists_of(struct str s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_alnum(s.p[i]) && (s.p[i] == 0 || !strchr(others, s.p[i])))
            return false;
    }
    return true;
}

static int refuse_control(struct str s, const char *what, struct err *e)
{
    if (str_has_control(s))
        return err_set(e, ERR_INVALID, "%s: a control character cannot be written", what);
    return 0;
}

int quote_cfg(struct buf *to, struct str word, struct err *e)
{
    if (refuse_control(word, "configuration word", e))
        return -1;
    if (word.n && consists_of(word, "_./:,@+=-*%()[]~?")) {
        buf_add_str(to, word);
        return 0;
    }
    buf_add_char(to, '\'');
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] == '\'')
            buf_add_z(to, "'\\''");
        else
            buf_add_char(to, word.p[i]);
    }
    buf_add_char(to, '\'');
    return 0;
}

int quote_cfg_patterns(struct buf *to, struct str patterns, struct err *e)
{
    buf_add_z(to, "--");
    for (;;) {
        struct str word = str_word(&patterns);

        if (word.n == 0)
            return 0;
        buf_add_char(to, ' ');
        if (quote_cfg(to, word, e))
            return -1;
    }
}

int quote_cfg_raw(struct buf *to, struct str line, struct err *e)
{
    if (refuse_control(line, "configuration line", e))
        return -1;
    buf_add_str(to, line);
    return 0;
}

int quote_cfg_path(struct buf *to, struct str path, struct err *e)
{
    if (path.n == 0 || !consists_of(path, "_./@:+=-"))
        return err_set(e, ERR_INVALID, "a map file cannot have the path \"" STR_FMT "\"",
                       STR_ARG(path));
    buf_add_str(to, path);
    return 0;
}

static bool has_outer_blank(struct str s)
{
    return str_trim(s).n != s.n;
}

int quote_map_line(struct buf *to, struct str key, struct str value, struct err *e)
{
    size_t at;

    if (refuse_control(key, "map key", e) || refuse_control(value, "map value", e))
        return -1;
    if (key.n == 0 || key.p[0] == '#' || str_find(key, ' ', &at))
        return err_set(e, ERR_INVALID, "a map cannot have the key \"" STR_FMT "\"", STR_ARG(key));
    if (value.n == 0 || has_outer_blank(value))
        return err_set(e, ERR_INVALID, "a map cannot have the value \"" STR_FMT "\"",
                       STR_ARG(value));
    buf_add_str(to, key);
    buf_add_char(to, ' ');
    buf_add_str(to, value);
    buf_add_char(to, '\n');
    return 0;
}
