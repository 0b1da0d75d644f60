/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stat_minutes.h"

#include "plan/pack.h"

enum { LAYOUT = 1, BLOCK_BYTES = 256 * 1024 }; /* another number with other values */

static const uint64_t nothing[MINUTE_VALUES];

static void pack_row(struct buf *out, const uint64_t *values)
{
    struct buf row;

    buf_init(&row, 1024);
    pack_values(&row, nothing, values, MINUTE_VALUES);
    pack_text(out, buf_str(&row));
    buf_free(&row);
}

int minute_unpack(struct str packed, uint64_t *values)
{
    for (size_t i = 0; i < MINUTE_VALUES; i++)
        values[i] = 0;
    return unpack_values(&packed, values, MINUTE_VALUES);
}

void minute_begin(struct buf *out, int64_t minute)
{
    pack_number(out, LAYOUT);
    pack_number(out, (uint64_t)minute);
}

void minute_add(struct buf *out, enum stat_kind kind, struct str key, const uint64_t *values)
{
    pack_number(out, kind);
    pack_text(out, key);
    pack_row(out, values);
}

static int open_layout(struct str *rest)
{
    uint64_t layout;

    return unpack_number(rest, &layout) || layout != LAYOUT ? -1 : 0;
}

int minute_open(struct minute_reader *r, struct str record)
{
    uint64_t minute;

    r->rest = record;
    if (open_layout(&r->rest) || unpack_number(&r->rest, &minute) || minute > INT64_MAX / MINUTE_MS)
        return -1;
    r->minute = (int64_t)minute;
    return 0;
}

bool minute_next(struct minute_reader *r, struct minute_row *row)
{
    uint64_t kind;

    if (unpack_number(&r->rest, &kind) || kind >= STAT_KIND_COUNT ||
        unpack_text(&r->rest, &row->key) || unpack_text(&r->rest, &row->packed))
        return false;
    row->kind = (enum stat_kind)kind;
    return true;
}

/* --- blocks --- */

struct group {
    enum stat_kind kind;
    struct str key; /* of a record */
    struct buf block;
};

static int compare(const struct group *g, const struct minute_row *row)
{
    if (g->kind != row->kind)
        return g->kind < row->kind ? -1 : 1;
    return str_cmp(g->key, row->key);
}

static struct group *group_new(struct arena *a, const struct minute_row *row)
{
    struct group *g = ARENA_NEW(a, struct group);

    g->kind = row->kind;
    g->key = row->key;
    buf_init(&g->block, BLOCK_BYTES);
    pack_number(&g->block, LAYOUT);
    return g;
}

struct groups {
    struct group **items; /* sorted by kind and key */
    size_t count;
};

/* Both lists are sorted: one pass. */
static struct groups merge(struct arena *a, struct groups old, struct minute_reader *r)
{
    struct groups new = {0};
    struct minute_row row;
    size_t i = 0;

    while (minute_next(r, &row)) {
        struct group *g;
        while (i < old.count && compare(old.items[i], &row) < 0)
            *ARENA_PUSH(a, new.items, new.count) = old.items[i++];
        g = i < old.count && compare(old.items[i], &row) == 0 ? old.items[i++] : group_new(a, &row);
        pack_number(&g->block, (uint64_t)r->minute);
        pack_text(&g->block, row.packed);
        *ARENA_PUSH(a, new.items, new.count) = g;
    }
    while (i < old.count)
        *ARENA_PUSH(a, new.items, new.count) = old.items[i++];
    return new;
}

void minute_gather(const struct str *records, size_t count, minute_on_block *on_block, void *ctx)
{
    struct arena arena = ARENA_INIT;
    struct groups groups = {0};
    struct minute_reader r;

    for (size_t i = 0; i < count; i++) {
        if (minute_open(&r, records[i]) == 0)
            groups = merge(&arena, groups, &r);
    }
    for (size_t i = 0; i < groups.count; i++) {
        struct group *g = groups.items[i];
        on_block(ctx, g->kind, g->key, buf_str(&g->block));
        buf_free(&g->block);
    }
    arena_free(&arena);
}

int minute_block_open(struct str block, struct str *rest)
{
    *rest = block;
    return open_layout(rest);
}

bool minute_block_next(struct str *rest, int64_t *minute, uint64_t *values)
{
    struct str packed;
    uint64_t number;

    if (unpack_number(rest, &number) || number > INT64_MAX / MINUTE_MS ||
        unpack_text(rest, &packed))
        return false;
    *minute = (int64_t)number;
    return minute_unpack(packed, values) == 0;
}
