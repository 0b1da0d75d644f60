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

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct structure_name *)a)->name,
                   ((const struct structure_name *)b)->name);
}

bool structure_name_clash(struct str config, struct structure_name *one,
                          struct structure_name *other)
{
    struct arena a = ARENA_INIT;
    struct structure_name *names = NULL;
    size_t count = 0;
    bool clash = false;

    while (config.p) {
        struct str line = str_cut(&config, '\n'), kind = str_word(&line), name = str_word(&line);
        if (is_named_proxy(kind) && name.n && name.p[0] != '#')
            *ARENA_PUSH(&a, names, count) = (struct structure_name){kind, name};
    }
    if (count)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 1; i < count && !clash; i++) {
        clash = str_eq(names[i - 1].name, names[i].name);
        *one = names[i - 1];
        *other = names[i];
    }
    arena_free(&a);
    return clash;
}
