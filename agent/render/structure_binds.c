/* SPDX-License-Identifier: Apache-2.0 */
#include "render/structure.h"

#include <stdlib.h>

static bool is_proxy(const struct structure_section *s)
{
    return str_eq(s->kind, STR("frontend")) || str_eq(s->kind, STR("listen"));
}

/* The addresses of a bind line, one after another: "bind 1.2.3.4:80,[::1]:80 ssl ...". */
static struct str addresses_of(struct str line)
{
    if (!str_eq(str_word(&line), STR("bind")))
        return STR_NONE;
    return str_word(&line);
}

static bool has_address(const struct structure *s, struct str address)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; is_proxy(&s->sections[i]) && k < s->sections[i].lines.count; k++) {
            struct str list = addresses_of(s->sections[i].lines.items[k]);
            while (list.p) {
                if (str_eq(str_cut(&list, ','), address))
                    return true;
            }
        }
    }
    return false;
}

static void add_new(struct arena *a, struct str list, const struct structure *have,
                    struct str owner, struct structure_binds *out)
{
    while (list.p) {
        struct str address = str_cut(&list, ',');
        if (address.n && !has_address(have, address))
            *ARENA_PUSH(a, out->items, out->count) =
                (struct structure_bind){owner, arena_str(a, address)};
    }
}

struct structure_binds structure_new_binds(struct arena *a, const struct structure *have,
                                           const struct structure *want)
{
    struct structure_binds out = {0};

    for (size_t i = 0; i < want->count; i++) {
        const struct structure_section *s = &want->sections[i];
        struct str owner = arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(s->kind), STR_ARG(s->name));
        for (size_t k = 0; is_proxy(s) && k < s->lines.count; k++)
            add_new(a, addresses_of(s->lines.items[k]), have, owner, &out);
    }
    return out;
}

static bool is_named_proxy(struct str kind)
{
    return str_eq(kind, STR("frontend")) || str_eq(kind, STR("backend")) ||
           str_eq(kind, STR("listen")) || str_eq(kind, STR("defaults"));
}

static int by_name(const void *pa, const void *pb)
{
    const struct structure_section *const *a = pa, *const *b = pb;

    return str_cmp((*a)->name, (*b)->name);
}

const struct structure_section *structure_name_clash(const struct structure *s,
                                                     const struct structure_section **other)
{
    struct arena a = ARENA_INIT;
    const struct structure_section **named =
        ARENA_ARRAY(&a, const struct structure_section *, s->count);
    const struct structure_section *clash = NULL;
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (is_named_proxy(s->sections[i].kind) && s->sections[i].name.n)
            named[count++] = &s->sections[i];
    }
    if (count)
        qsort(named, count, sizeof *named, by_name);
    for (size_t i = 1; i < count && !clash; i++) {
        if (str_eq(named[i - 1]->name, named[i]->name)) {
            *other = named[i - 1];
            clash = named[i];
        }
    }
    arena_free(&a);
    return clash;
}
