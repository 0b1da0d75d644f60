/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's messages: "[ALERT]    (1234) : config : parsing [FILE:21] : unknown keyword ...". */
#include "haproxy/check.h"

#include <string.h>

static struct str behind(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

/* The first "[FILE:NUMBER]" of a line. */
static bool find_place(struct str line, struct str *file, unsigned *number)
{
    size_t open, close, colon;
    uint64_t n;

    while (str_find(line, '[', &open)) {
        line = behind(line, open + 1);
        if (!str_find(line, ']', &close))
            return false;
        for (colon = close; colon > 0 && line.p[colon - 1] != ':'; colon--)
            ;
        if (colon > 1 && !str_u64((struct str){line.p + colon, close - colon}, &n) &&
            n <= UINT32_MAX) {
            *file = (struct str){line.p, colon - 1};
            *number = (unsigned)n;
            return true;
        }
    }
    return false;
}

/* Text behind the level and "(PID) : ", and behind "config : ". */
static struct str message_text(struct str line)
{
    const char *mark = memmem(line.p, line.n, ") : ", 4);

    if (mark)
        line = behind(line, (size_t)(mark - line.p) + 4);
    line = str_trim(line);
    if (str_starts(line, STR("config : ")))
        line = behind(line, 9);
    return line;
}

/* Lines that begin with a blank go on with the message before: 'to' ends where they end. */
static struct str with_continuation(struct str first, struct str *rest)
{
    while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\t')) {
        struct str line = str_cut(rest, '\n');
        first.n = (size_t)(line.p + line.n - first.p);
    }
    return str_trim(first);
}

void check_parse(struct arena *a, struct str output, struct check_messages *out)
{
    *out = (struct check_messages){0};
    while (output.p) {
        struct str line = str_cut(&output, '\n');
        struct check_message m = {.alert = str_starts(line, STR("[ALERT]"))};
        if (!m.alert && !str_starts(line, STR("[WARNING]")))
            continue;
        line = message_text(line);
        if (find_place(line, &m.file, &m.line))
            m.file = arena_str(a, m.file);
        m.text = arena_str(a, with_continuation(line, &output));
        *ARENA_PUSH(a, out->items, out->count) = m;
    }
}

static struct str base_name(struct str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/')
            return behind(path, i);
    return path;
}

const struct check_message *check_blame(const struct check_messages *m, struct str file)
{
    const struct check_message *first = NULL;

    for (size_t i = 0; i < m->count; i++) {
        const struct check_message *one = &m->items[i];
        if (!one->alert)
            continue;
        if (one->file.n && str_eq(base_name(one->file), base_name(file)))
            return one;
        if (!first)
            first = one;
    }
    return first;
}
