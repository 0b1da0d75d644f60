/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/maps.h"

#include "policy/line.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

static void finish(struct map_file *m)
{
    size_t kept = 0;

    if (m->count)
        qsort(m->entries, m->count, sizeof *m->entries, by_key);
    for (size_t i = 0; i < m->count; i++) { /* a frontend once */
        if (kept == 0 || !str_eq(m->entries[kept - 1].key, m->entries[i].key))
            m->entries[kept++] = m->entries[i];
    }
    m->count = kept;
}

static int add_line(struct arena *a, const struct policy *p, struct buf *text, struct map_file *m,
                    struct err *e)
{
    buf_reset(text);
    if (policy_line(p, text, e))
        return err_wrap(e, "policy " STR_FMT, STR_ARG(p->name));
    m->entries[m->count++] = (struct map_entry){arena_str(a, p->name), arena_str(a, buf_str(text))};
    return 0;
}

int policy_maps_build(struct arena *a, const struct policy *const *list, size_t count,
                      struct policy_maps *out, struct err *e)
{
    struct buf text;
    int rc = 0;

    *out = (struct policy_maps){{.name = STR("maps/policies.map")},
                                {.name = STR("maps/policy-lines.map")}};
    out->policies.entries = ARENA_ARRAY(a, struct map_entry, count);
    out->lines.entries = ARENA_ARRAY(a, struct map_entry, count);
    buf_init(&text, POLICY_LINE_BYTES);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!list[i]->enabled)
            continue;
        rc = add_line(a, list[i], &text, &out->lines, e);
        out->policies.entries[out->policies.count++].key = arena_str(a, list[i]->frontend);
    }
    finish(&out->policies);
    finish(&out->lines);
    for (size_t i = 0; rc == 0 && i < out->policies.count; i++) {
        struct map_entry *entry = &out->policies.entries[i];
        buf_reset(&text);
        rc = policy_names(list, count, entry->key, &text, e);
        entry->value = arena_str(a, buf_str(&text));
    }
    buf_free(&text);
    return rc;
}
