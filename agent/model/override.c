/* SPDX-License-Identifier: Apache-2.0 */
#include "model/override.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

static const char *const states[] = {"ready", "drain", "maint", NULL};

struct override_set *override_set_new(struct str backend)
{
    struct override_set *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->refs = 1;
    s->backend = arena_str(&s->arena, backend);
    return s;
}

struct override_set *override_set_ref(struct override_set *s)
{
    s->refs++;
    return s;
}

void override_set_unref(struct override_set *s)
{
    if (!s || --s->refs)
        return;
    arena_free(&s->arena);
    free(s);
}

static int compare(const void *member, const void *override)
{
    return endpoint_cmp(member, &((const struct override *) override)->member);
}

/* Whether the member is there, and where it is or belongs. */
static bool find(const struct override_set *s, const struct endpoint *member, size_t *at)
{
    return sorted_find(member, s->items, s->count, sizeof *s->items, compare, at);
}

const struct override *override_find(const struct override_set *s, struct str host, uint16_t port)
{
    struct arena a = ARENA_INIT;
    struct endpoint member;
    const struct override *found;
    size_t at;

    if (!s || s->count == 0)
        return NULL;
    member = (struct endpoint){endpoint_host(&a, host), port};
    found = find(s, &member, &at) ? &s->items[at] : NULL;
    arena_free(&a);
    return found;
}

static void put(struct override_set *s, const struct override *o)
{
    struct endpoint member = {endpoint_host(&s->arena, o->member.host), o->member.port};
    size_t i;

    if (!find(s, &member, &i)) {
        (void)ARENA_PUSH(&s->arena, s->items, s->count);
        memmove(&s->items[i + 1], &s->items[i], (s->count - 1 - i) * sizeof *s->items);
    }
    s->items[i] = *o;
    s->items[i].member = member;
    s->items[i].by = arena_str(&s->arena, o->by);
}

struct override_set *override_set_with(const struct override_set *s, struct str backend,
                                       const struct override *o)
{
    struct override_set *copy = override_set_new(s ? s->backend : backend);

    for (size_t i = 0; s && i < s->count; i++) {
        if (endpoint_cmp(&s->items[i].member, &o->member))
            put(copy, &s->items[i]);
    }
    if (o->has_state || o->has_weight)
        put(copy, o);
    return copy;
}

static enum override_word word_of(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);

    return !v ? OVERRIDE_KEEP : v->type == JSON_NULL ? OVERRIDE_TAKE_BACK : OVERRIDE_SET;
}

int override_wish_read(const struct json *o, struct override_wish *out, struct err *e)
{
    static const char *const known[] = {"state", "weight", NULL};
    unsigned state = ADMIN_READY;
    uint64_t weight = 0;

    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_enum(o, "state", states, &state, e) ||
        read_uint(o, "weight", 0, 256, &weight, e))
        return -1;
    out->state_word = word_of(o, "state");
    out->weight_word = word_of(o, "weight");
    out->state = (enum server_admin)state;
    out->weight = (unsigned)weight;
    if (out->state_word == OVERRIDE_KEEP && out->weight_word == OVERRIDE_KEEP)
        return err_field(e, "state", "state: required, or weight (null takes it back)");
    return 0;
}

static void put_fields(struct json_out *o, const struct override *v)
{
    json_put_z(o, "state", v->has_state ? server_admin_name(v->state) : NULL);
    if (v->has_weight)
        json_put_int(o, "weight", v->weight);
    else
        json_put_null(o, "weight");
    json_put_str(o, "by", v->by);
    json_put_int(o, "since", v->since_ms);
}

void override_put(struct json_out *o, const char *key, const struct override *v)
{
    if (!v) {
        json_put_null(o, key);
        return;
    }
    json_open_object(o, key);
    put_fields(o, v);
    json_close_object(o);
}

void override_set_show(struct json_out *o, const struct override_set *s)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < s->count; i++) {
        const struct override *v = &s->items[i];
        json_open_object(o, NULL);
        json_put_str(o, "backend", s->backend);
        json_put_str(o, "member", endpoint_text(&a, v->member.host, v->member.port));
        put_fields(o, v);
        json_close_object(o);
    }
    arena_free(&a);
}

void override_set_put(struct json_out *o, const char *key, const struct override_set *s)
{
    json_open_array(o, key);
    override_set_show(o, s);
    json_close_array(o);
}

int override_read(struct arena *a, const struct json *o, struct str *backend, struct override *out,
                  struct err *e)
{
    struct str member = STR("");
    unsigned state = ADMIN_READY;
    uint64_t weight = 0, since = 0;

    *out = (struct override){.by = STR("")};
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_str(o, "backend", a, backend, e) || read_str(o, "member", a, &member, e) ||
        endpoint_parse(a, member, &out->member, e) || read_enum(o, "state", states, &state, e) ||
        read_uint(o, "weight", 0, 256, &weight, e) || read_str(o, "by", a, &out->by, e) ||
        read_uint(o, "since", 0, INT64_MAX, &since, e))
        return -1;
    out->has_state = word_of(o, "state") == OVERRIDE_SET;
    out->has_weight = word_of(o, "weight") == OVERRIDE_SET;
    out->state = (enum server_admin)state;
    out->weight = (unsigned)weight;
    out->since_ms = (int64_t)since;
    if (!out->has_state && !out->has_weight)
        return err_field(e, "state", "neither a state nor a weight");
    return 0;
}

struct override_set *override_set_read(struct str backend, const struct json *list, struct arena *a,
                                       struct str_list *problems)
{
    struct override_set *s = override_set_new(backend);
    struct override one;
    struct str ignored;
    struct err e;

    if (list->type != JSON_ARRAY) {
        *ARENA_PUSH(a, problems->items, problems->count) =
            arena_printf(a, "a list wanted, this is %s", json_type_name(list->type));
        return s;
    }
    JSON_EACH(o, list) {
        if (s->count >= LIMIT_OVERRIDES)
            (void)err_set(&e, ERR_INVALID, "more than %d", LIMIT_OVERRIDES);
        else if (override_read(a, o, &ignored, &one, &e) == 0) {
            put(s, &one);
            continue;
        }
        *ARENA_PUSH(a, problems->items, problems->count) = arena_str(a, str_z(e.text));
    }
    return s;
}
