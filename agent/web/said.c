/* SPDX-License-Identifier: Apache-2.0 */
#include "web/said.h"

#include "model/object.h"

enum { DEPTH = 4, WORDS_MAX = 4 };

static const struct word {
    const char *name;
    enum said_kind kind;
    size_t count; /* of all elements */
    const char *form;
} words[] = {
    {"statSubscribe", SAID_SUBSCRIBE, 2, "[\"statSubscribe\", id]"},
    {"statUnsubscribe", SAID_UNSUBSCRIBE, 2, "[\"statUnsubscribe\", id]"},
    {"updateAqueductBackendVersion", SAID_SWITCH, 4,
     "[\"updateAqueductBackendVersion\", id, key, version]"},
};

static const struct word *find_word(const struct json *array)
{
    const struct json *first = array->first;

    for (size_t i = 0; first && i < sizeof words / sizeof *words; i++) {
        if (first->type == JSON_STRING && str_eq_z(first->text, words[i].name))
            return &words[i];
    }
    return NULL;
}

static int read_array(const struct json *array, struct said *out, struct err *e)
{
    const struct word *w = find_word(array);
    struct str texts[WORDS_MAX] = {{0}};
    size_t n = 0;

    if (!w)
        return err_set(e, ERR_INVALID,
                       "the first element is none of \"statSubscribe\", "
                       "\"statUnsubscribe\", \"updateAqueductBackendVersion\"");
    if (array->count != w->count)
        return err_set(e, ERR_INVALID, "%s has %zu elements, not %zu", w->form, w->count,
                       array->count);
    JSON_EACH(element, array) {
        if (element->type != JSON_STRING)
            return err_set(e, ERR_INVALID, "%s: element %zu is %s and no text", w->form, n + 1,
                           json_type_name(element->type));
        texts[n++] = element->text;
    }
    *out = (struct said){.kind = w->kind, .id = texts[1], .key = texts[2], .version = texts[3]};
    return 0;
}

static int read_object(struct arena *a, const struct json *o, struct said *out, struct err *e)
{
    static const char *const known[] = {"resume", "epoch", NULL};
    const struct json *seq = json_get(o, "resume");

    *out = (struct said){.kind = SAID_RESUME};
    if (read_known(o, known, e) || read_uint(o, "resume", 0, INT64_MAX, &out->seq, e) ||
        read_str(o, "epoch", a, &out->epoch, e))
        return -1;
    return seq && seq->type != JSON_NULL ? 0 : err_field(e, "resume", "resume: required");
}

int said_parse(struct arena *a, struct str text, struct said *out, struct json **json,
               struct err *e)
{
    *json = NULL;
    if (json_parse(a, text, DEPTH, json, e)) {
        *json = NULL;
        return -1;
    }
    if ((*json)->type == JSON_ARRAY)
        return read_array(*json, out, e);
    if ((*json)->type == JSON_OBJECT)
        return read_object(a, *json, out, e);
    return err_set(e, ERR_INVALID, "an array or {\"resume\": seq} is wanted, this is %s",
                   json_type_name((*json)->type));
}
