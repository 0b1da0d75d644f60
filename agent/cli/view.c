/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/view.h"

#include "cli/terminal.h"

#include <time.h>

struct str view_text(const struct json *o, const char *key)
{
    const struct json *value = json_get(o, key);

    if (!value)
        return STR("");
    if (value->type == JSON_BOOL)
        return value->boolean ? STR("yes") : STR("no");
    return value->type == JSON_STRING || value->type == JSON_NUMBER ? value->text : STR("");
}

int64_t view_number(const struct json *o, const char *key)
{
    const struct json *value = json_get(o, key);

    return value && value->is_integer ? value->integer : 0;
}

const struct json *view_list(const struct json *o, const char *key)
{
    static const struct json none = {.type = JSON_ARRAY};
    const struct json *value = json_get(o, key);

    return value && value->type == JSON_ARRAY ? value : &none;
}

size_t view_count(const struct json *o, const char *key)
{
    return view_list(o, key)->count;
}

void view_put_row(struct view *v, const char *name, struct str text)
{
    if (text.n == 0)
        return;
    buf_printf(v->out, "%-*s  ", VIEW_NAME_WIDTH, name);
    terminal_put(v->out, text);
    buf_add_char(v->out, '\n');
}

struct str view_duration(struct view *v, int64_t seconds)
{
    long long s = seconds < 0 ? 0 : seconds;

    if (s < 60)
        return arena_printf(v->arena, "%lld s", s);
    if (s < 3600)
        return arena_printf(v->arena, "%lld min", s / 60);
    if (s < 86400)
        return arena_printf(v->arena, "%lld h %lld min", s / 3600, s / 60 % 60);
    return arena_printf(v->arena, "%lld d %lld h", s / 86400, s / 3600 % 24);
}

struct str view_clock(struct view *v, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char text[64];

    if (ms <= 0 || !localtime_r(&seconds, &tm) ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        return STR("");
    return arena_str(v->arena, str_z(text));
}

struct str view_time(struct view *v, int64_t ms)
{
    struct str clock = view_clock(v, ms);

    if (clock.n == 0)
        return clock;
    return arena_printf(v->arena, STR_FMT " (" STR_FMT " ago)", STR_ARG(clock),
                        STR_ARG(view_duration(v, (v->now_ms - ms) / 1000)));
}
