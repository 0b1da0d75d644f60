/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option_table.h"

#include "model/names.h"

#include <stdlib.h>
#include <string.h>

const struct option_row option_table[OPTION_COUNT] = {
#define OPTION(field, name, type, preset, section, placeholder, min, max, help)                    \
    [OPTION_##field] = {name, OPTION_##type, preset, OPTION_SECTION_##section,       placeholder,  \
                        min,  max,           help,   offsetof(struct options, field)},
#include "cli/options.def"
};

const char *const option_section_titles[OPTION_SECTION_COUNT] = {
#define OPTION_SECTION(id, title) [OPTION_SECTION_##id] = title,
#include "cli/options.def"
};

static const struct {
    enum option_id option;
    const char *word;
} choices[OPTION_CHOICE_COUNT] = {
#define CHOICE(option, id, word) [id] = {OPTION_##option, word},
#include "cli/options.def"
};

enum option_id option_find(struct str name)
{
    size_t i = 0;

    while (i < OPTION_COUNT && !str_eq_z(name, option_table[i].name))
        i++;
    return (enum option_id)i;
}

bool option_takes_value(enum option_id id)
{
    return option_table[id].type != OPTION_FLAG;
}

void option_put_placeholder(struct buf *out, enum option_id id)
{
    const char *before = "";

    if (option_table[id].type != OPTION_CHOICE) {
        buf_add_z(out, option_table[id].placeholder);
        return;
    }
    for (size_t i = 0; i < OPTION_CHOICE_COUNT; i++) {
        if (choices[i].option != id)
            continue;
        buf_printf(out, "%s%s", before, choices[i].word);
        before = "|";
    }
}

static void *place(struct options *o, enum option_id id)
{
    return (char *)o + option_table[id].offset;
}

const char **option_text(struct options *o, enum option_id id)
{
    return place(o, id);
}

static int set_text(struct options *o, enum option_id id, struct str text, struct err *e)
{
    if (text.n == 0 && *option_table[id].preset)
        return err_set(e, ERR_INVALID, "must not be empty");
    *option_text(o, id) = arena_str(&o->arena, text).p;
    return 0;
}

static int set_listen(struct options *o, enum option_id id, struct str text, struct err *e)
{
    struct str port;
    uint64_t number;
    size_t colon = text.n;

    if (str_eq_z(text, "off")) {
        *option_text(o, id) = "";
        return 0;
    }
    if (option_table[id].type == OPTION_PLACE && str_starts(text, STR("/")))
        return set_text(o, id, text, e);
    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    port = (struct str){text.p + colon, text.n - colon};
    if (colon < 2 || str_u64(port, &number) || number < 1 || number > 65535)
        return err_set(e, ERR_INVALID, "ADDRESS:PORT%s or off wanted",
                       option_table[id].type == OPTION_PLACE ? ", an absolute path" : "");
    return set_text(o, id, text, e);
}

static int set_number(struct options *o, enum option_id id, struct str text, uint64_t min,
                      uint64_t max, struct err *e)
{
    uint64_t number;

    if (str_u64(text, &number) || number < min || number > max)
        return err_set(e, ERR_INVALID, "a number from %llu to %llu wanted", (unsigned long long)min,
                       (unsigned long long)max);
    *(unsigned *)place(o, id) = (unsigned)number;
    return 0;
}

/* Milliseconds as people write them. */
static const char *duration_text(char out[24], int64_t ms)
{
    if (ms && ms % 60000 == 0)
        (void)snprintf(out, 24, "%lldm", (long long)(ms / 60000));
    else if (ms % 1000 == 0)
        (void)snprintf(out, 24, "%llds", (long long)(ms / 1000));
    else
        (void)snprintf(out, 24, "%lldms", (long long)ms);
    return out;
}

int option_read_duration(struct str text, int64_t min_ms, int64_t max_ms, int64_t *ms,
                         struct err *e)
{
    static const struct {
        struct str unit;
        uint64_t ms;
    } units[] = {{{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"m", 1}, 60000}};
    struct str number = text;
    uint64_t count, unit = 0, max = (uint64_t)max_ms;
    char least[24], most[24];

    for (size_t i = 0; i < sizeof units / sizeof *units && !unit; i++) {
        if (!str_ends(text, units[i].unit))
            continue;
        number.n = text.n - units[i].unit.n;
        unit = units[i].ms;
    }
    if (str_u64(number, &count) || (!unit && count))
        return err_set(e, ERR_INVALID, "a time such as 500ms, 30s or 5m wanted");
    if (count > max || count * unit > max || count * unit < (uint64_t)min_ms)
        return err_set(e, ERR_INVALID, "%s to %s wanted", duration_text(least, min_ms),
                       duration_text(most, max_ms));
    *ms = (int64_t)(count * unit);
    return 0;
}

static int set_bool(struct options *o, enum option_id id, struct str text, struct err *e)
{
    static const char *const on[] = {"on", "true", "yes", "1"};
    static const char *const off[] = {"off", "false", "no", "0"};

    for (size_t i = 0; i < 4; i++) {
        if (!str_eq_z(text, on[i]) && !str_eq_z(text, off[i]))
            continue;
        *(bool *)place(o, id) = str_eq_z(text, on[i]);
        return 0;
    }
    return err_set(e, ERR_INVALID, "on or off wanted");
}

static int set_choice(struct options *o, enum option_id id, struct str text, struct err *e)
{
    struct buf words;

    for (size_t i = 0; i < OPTION_CHOICE_COUNT; i++) {
        if (choices[i].option == id && str_eq_z(text, choices[i].word)) {
            *(enum option_choice *)place(o, id) = (enum option_choice)i;
            return 0;
        }
    }
    buf_init(&words, 256);
    option_put_placeholder(&words, id);
    err_set(e, ERR_INVALID, STR_FMT " wanted", STR_ARG(buf_str(&words)));
    buf_free(&words);
    return -1;
}

enum { LIST_ITEMS_MAX = 64 };

static int add_list(struct options *o, enum option_id id, struct str text, size_t max,
                    struct err *e)
{
    struct str_list *list = place(o, id);

    while (text.p) {
        struct str part = str_cut(&text, ','), word;
        while ((word = str_word(&part)).n) {
            if (list->count == max)
                return err_set(e, ERR_INVALID, "more than %zu names", max);
            if (option_table[id].type == OPTION_NAMES && name_check(word, "name", e))
                return -1;
            *ARENA_PUSH(&o->arena, list->items, list->count) = arena_str(&o->arena, word);
        }
    }
    return 0;
}

static int set_value(struct options *o, enum option_id id, struct str text, bool again,
                     struct err *e)
{
    const struct option_row *row = &option_table[id];

    switch (row->type) {
    case OPTION_STRING:
    case OPTION_PATH: return set_text(o, id, text, e);
    case OPTION_LISTEN:
    case OPTION_PLACE: return set_listen(o, id, text, e);
    case OPTION_PORT: return set_number(o, id, text, 1, 65535, e);
    case OPTION_INTEGER: return set_number(o, id, text, (uint64_t)row->min, (uint64_t)row->max, e);
    case OPTION_PERCENT:
        if (str_ends(text, STR("%")))
            text.n--;
        return set_number(o, id, text, (uint64_t)row->min, (uint64_t)row->max, e);
    case OPTION_DURATION: return option_read_duration(text, row->min, row->max, place(o, id), e);
    case OPTION_FLAG:
    case OPTION_SWITCH: return set_bool(o, id, text, e);
    case OPTION_CHOICE: return set_choice(o, id, text, e);
    case OPTION_LIST:
    case OPTION_NAMES:
        if (!again)
            *(struct str_list *)place(o, id) = (struct str_list){NULL, 0};
        return add_list(o, id, text, row->max ? (size_t)row->max : LIST_ITEMS_MAX, e);
    }
    return -1;
}

static int name_source(enum option_id id, struct str text, const struct option_source *source,
                       struct err *e)
{
    const char *name = option_table[id].name;
    char variable[64], why[200], shown[81];

    (void)str_copy(why, sizeof why, str_z(e->text));
    (void)str_copy(shown, sizeof shown, text);
    for (char *c = shown; *c; c++) {
        if (str_has_control((struct str){c, 1}))
            *c = '?';
    }
    err_set(e, e->kind, "%s, this is \"%s\"", why, shown);
    switch (source->origin) {
    case ORIGIN_DEFAULT: return err_wrap(e, "default of --%s", name);
    case ORIGIN_FILE: return err_wrap(e, "%s:%d: %s", source->file, source->line, name);
    case ORIGIN_ENVIRONMENT:
        return err_wrap(e, "environment: %s", options_environment_name(name, variable));
    case ORIGIN_COMMAND_LINE: return err_wrap(e, "command line: --%s", name);
    }
    return -1;
}

int option_set(struct options *o, enum option_id id, const char *value,
               const struct option_source *source, struct err *e)
{
    enum { VALUE_MAX = 4095 };
    struct str text = str_z(value);
    bool again = o->origin[id] == source->origin && source->origin != ORIGIN_DEFAULT;
    struct err why;
    int rc;

    if (o->origin[id] > source->origin)
        return 0;
    if (text.n > VALUE_MAX)
        rc = err_set(&why, ERR_INVALID, "longer than %d bytes", VALUE_MAX);
    else if (str_has_control(text))
        rc = err_set(&why, ERR_INVALID, "has a control character");
    else
        rc = set_value(o, id, text, again, &why);
    if (rc == 0) {
        o->origin[id] = source->origin;
        return 0;
    }
    name_source(id, text, source, &why);
    if (e)
        *e = why;
    return -1;
}
