/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pages.h"

#include "store/layout.h"
#include "store/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    struct str bytes;
    size_t page_size;
    uint64_t last_page;
    unsigned char *seen; /* a bit for each page */
    struct pages_summary *out;
    char bad[192];        /* the first damage of the structure */
    char bad_record[192]; /* the first record whose checksum is wrong */
};

enum tree_kind { TREE_FREE, TREE_MAIN, TREE_TABLE };

/* One tree on the way down: what it should be, and what was found of it. */
struct descent {
    struct walk *w;
    enum tree_kind kind;
    struct str table;
    const struct tree *want;
    struct tree found;
};

struct node {
    struct str key;
    uint32_t size;  /* of the data; leaf pages */
    uint64_t child; /* branch pages */
    uint16_t flags;
    const char *data;
};

__attribute__((format(printf, 2, 3))) static bool bad(struct walk *w, const char *format, ...)
{
    va_list ap;

    if (w->bad[0])
        return false;
    va_start(ap, format);
    (void)vsnprintf(w->bad, sizeof w->bad, format, ap);
    va_end(ap);
    return false;
}

/* Each page may be reached once. */
static bool claim(struct walk *w, uint64_t page)
{
    unsigned char bit = (unsigned char)(1u << (page % 8));

    if (page < 2 || page > w->last_page)
        return bad(w, "page %llu is outside the file's range", (unsigned long long)page);
    if (w->seen[page / 8] & bit)
        return bad(w, "page %llu is used twice", (unsigned long long)page);
    w->seen[page / 8] |= bit;
    return true;
}

/* A page in use: claimed, inside the file, with its number. */
static const char *page_at(struct walk *w, uint64_t page, uint16_t *kind)
{
    const char *p;

    if (!claim(w, page))
        return NULL;
    if ((page + 1) * w->page_size > w->bytes.n) {
        (void)bad(w, "page %llu lies behind the end of the file", (unsigned long long)page);
        return NULL;
    }
    p = w->bytes.p + page * w->page_size;
    *kind = (uint16_t)(u16(p + 10) & ~PAGE_DIRTY);
    if (u64(p) != page) {
        (void)bad(w, "page %llu has the number %llu", (unsigned long long)page,
                  (unsigned long long)u64(p));
        return NULL;
    }
    return p;
}

/* Node `i` of a page; *used grows by the bytes it takes. */
static bool node_at(struct descent *d, const char *page, bool leaf, size_t i, struct node *n,
                    size_t *used)
{
    size_t at = u16(page + PAGE_HEADER + 2 * i), end = d->w->page_size, bytes;
    const char *p = page + at;
    uint32_t low;

    if (at < u16(page + 14) || at % 2 || at + NODE_HEADER > end)
        return bad(d->w, "page %llu: node %zu lies outside", (unsigned long long)u64(page), i);
    low = u16(p) | (uint32_t)u16(p + 2) << 16;
    n->flags = leaf ? u16(p + 4) : 0;
    n->size = leaf ? low : 0;
    n->child = leaf ? 0 : low | (uint64_t)u16(p + 4) << 32;
    n->key = (struct str){p + NODE_HEADER, u16(p + 6)};
    n->data = n->key.p + n->key.n;
    bytes = NODE_HEADER + n->key.n + (n->flags & NODE_BIG ? sizeof(uint64_t) : n->size);
    if (at + bytes > end)
        return bad(d->w, "page %llu: node %zu is too long", (unsigned long long)u64(page), i);
    *used += (bytes + 1) & ~(size_t)1;
    return true;
}

static bool take_free(struct descent *d, struct str value)
{
    uint64_t count = value.n >= sizeof count ? u64(value.p) : 0;

    if (value.n < sizeof count || count > value.n / sizeof count - 1)
        return bad(d->w, "the list of free pages has a wrong length");
    for (uint64_t i = 1; i <= count; i++) {
        if (!claim(d->w, u64(value.p + i * sizeof count)))
            return false;
    }
    d->w->out->free_pages += count;
    return true;
}

static bool walk_tree(struct walk *w, enum tree_kind kind, struct str table,
                      const struct tree *want);

static bool take_table(struct descent *d, struct str name, struct str value)
{
    struct tree want;

    if (value.n != sizeof want)
        return bad(d->w, "table \"" STR_FMT "\": root of a wrong size", STR_ARG(name));
    memcpy(&want, value.p, sizeof want);
    return walk_tree(d->w, TREE_TABLE, name, &want);
}

static bool take_record(struct descent *d, struct str key, struct str record)
{
    struct walk *w = d->w;
    struct str value;

    w->out->records++;
    if (record_open(record, d->table, key, &value)) {
        if (!w->bad_record[0])
            (void)snprintf(w->bad_record, sizeof w->bad_record,
                           "table \"" STR_FMT "\": record \"" STR_FMT "\": wrong checksum",
                           STR_ARG(d->table), STR_ARG(key));
        return true;
    }
    if (str_eq_z(d->table, "meta") && str_eq_z(key, "format") && str_u64(value, &w->out->format))
        return bad(w, "the format is not a number");
    return true;
}

/* A value on pages of its own. They may be more than it needs: LMDB lets a value shrink in place.
 */
static bool big_value(struct descent *d, uint64_t page, uint32_t size, struct str *value)
{
    struct walk *w = d->w;
    uint64_t need = (PAGE_HEADER - 1 + (uint64_t)size) / w->page_size + 1;
    uint32_t count;
    uint16_t kind = 0;
    const char *p = page_at(w, page, &kind);

    if (!p)
        return false;
    memcpy(&count, p + 12, sizeof count);
    if (kind != PAGE_OVERFLOW || count < need)
        return bad(w, "page %llu: wrong overflow header", (unsigned long long)page);
    for (uint32_t i = 1; i < count; i++) {
        if (!claim(w, page + i))
            return false;
    }
    if ((page + need) * w->page_size > w->bytes.n)
        return bad(w, "page %llu lies behind the end of the file", (unsigned long long)page);
    d->found.overflow_pages += count;
    *value = (struct str){p + PAGE_HEADER, size};
    return true;
}

/* The value of a leaf's node. */
static bool node_value(struct descent *d, const struct node *n, struct str *value)
{
    *value = (struct str){n->data, n->size};
    return !(n->flags & NODE_BIG) || big_value(d, u64(n->data), n->size, value);
}

static bool take_leaf(struct descent *d, const struct node *n)
{
    struct str value;

    d->found.entries++;
    if ((n->flags & ~NODE_BIG) != (d->kind == TREE_MAIN ? NODE_TABLE : 0))
        return bad(d->w, "a node has the flags %u", n->flags);
    if (!node_value(d, n, &value))
        return false;
    switch (d->kind) {
    case TREE_FREE: return take_free(d, value);
    case TREE_MAIN: return take_table(d, n->key, value);
    case TREE_TABLE: return take_record(d, n->key, value);
    }
    return false;
}

static int key_cmp(const struct descent *d, struct str a, struct str b)
{
    uint64_t x, y;

    if (d->kind != TREE_FREE)
        return str_cmp(a, b);
    x = u64(a.p);
    y = u64(b.p);
    return (x > y) - (x < y);
}

/* Keys ascend and lie in [from, to); a view without pointer is an open end. */
static bool key_in_order(struct descent *d, struct str key, struct str from, bool from_open,
                         struct str to)
{
    if (d->kind == TREE_FREE && key.n != sizeof(uint64_t))
        return bad(d->w, "the list of free pages has a key of %zu bytes", key.n);
    if (from.p && key_cmp(d, key, from) < (from_open ? 1 : 0))
        return bad(d->w, "table \"" STR_FMT "\": keys out of order", STR_ARG(d->table));
    if (to.p && key_cmp(d, key, to) >= 0)
        return bad(d->w, "table \"" STR_FMT "\": key in the wrong page", STR_ARG(d->table));
    return true;
}

static bool walk_page(struct descent *d, uint64_t number, unsigned level, struct str from,
                      struct str to);

static bool walk_leaf(struct descent *d, const char *page, size_t count, struct str from,
                      struct str to)
{
    size_t used = 0;
    struct node n = {0};

    d->found.leaf_pages++;
    for (size_t i = 0; i < count; i++) {
        if (!node_at(d, page, true, i, &n, &used) || !key_in_order(d, n.key, from, i > 0, to) ||
            !take_leaf(d, &n))
            return false;
        from = n.key;
    }
    return used == d->w->page_size - u16(page + 14) ||
           bad(d->w, "page %llu: wrong free space", (unsigned long long)u64(page));
}

static bool walk_branch(struct descent *d, const char *page, size_t count, unsigned level,
                        struct str from, struct str to)
{
    size_t used = 0;
    struct node n = {0}, next = {0};

    d->found.branch_pages++;
    if (!node_at(d, page, false, 0, &n, &used))
        return false;
    for (size_t i = 0; i < count; i++) { /* the first key of a branch page has no meaning */
        bool more = i + 1 < count;
        if (more && (!node_at(d, page, false, i + 1, &next, &used) ||
                     !key_in_order(d, next.key, from, i > 0, to)))
            return false;
        if (!walk_page(d, n.child, level + 1, from, more ? next.key : to))
            return false;
        if (more) {
            from = next.key;
            n = next;
        }
    }
    return used == d->w->page_size - u16(page + 14) ||
           bad(d->w, "page %llu: wrong free space", (unsigned long long)u64(page));
}

static bool walk_page(struct descent *d, uint64_t number, unsigned level, struct str from,
                      struct str to)
{
    size_t lower, upper, count;
    uint16_t kind = 0;
    const char *page = page_at(d->w, number, &kind);

    if (!page)
        return false;
    lower = u16(page + 12);
    upper = u16(page + 14);
    if (lower < PAGE_HEADER + 2 || lower % 2 || lower > upper || upper > d->w->page_size)
        return bad(d->w, "page %llu: wrong bounds", (unsigned long long)number);
    if (kind != (level == d->want->depth ? PAGE_LEAF : PAGE_BRANCH))
        return bad(d->w, "page %llu: wrong kind %u", (unsigned long long)number, kind);
    count = (lower - PAGE_HEADER) / 2;
    return kind == PAGE_LEAF ? walk_leaf(d, page, count, from, to)
                             : walk_branch(d, page, count, level, from, to);
}

static bool walk_tree(struct walk *w, enum tree_kind kind, struct str table,
                      const struct tree *want)
{
    struct descent d = {.w = w, .kind = kind, .table = table, .want = want};

    d.found = (struct tree){want->pad, want->flags, want->depth, 0, 0, 0, 0, want->root};
    if (want->flags != (kind == TREE_FREE ? TREE_INTEGER_KEY : 0) || want->depth > DEPTH_MAX ||
        (want->root == ROOT_NONE) != (want->depth == 0) || (kind == TREE_TABLE && want->pad))
        return bad(w, "table \"" STR_FMT "\": wrong root", STR_ARG(table));
    if (want->depth && !walk_page(&d, want->root, 1, STR_NONE, STR_NONE))
        return false;
    return memcmp(&d.found, want, sizeof *want) == 0 ||
           bad(w, "table \"" STR_FMT "\": wrong counts", STR_ARG(table));
}

static bool read_meta(struct walk *w, size_t i, size_t page_size, struct meta *m)
{
    const char *p = w->bytes.p + i * page_size;

    if ((i + 1) * page_size > w->bytes.n)
        return bad(w, "the file ends inside its meta pages");
    memcpy(m, p + PAGE_HEADER, sizeof *m);
    if (u64(p) != i || u16(p + 10) != PAGE_META || m->magic != META_MAGIC || m->version != 1 ||
        m->address)
        return bad(w, "meta page %zu: this is no LMDB data file", i);
    if (m->free.pad < 512 || m->free.pad > 65536 || m->free.pad & (m->free.pad - 1) || m->main.pad)
        return bad(w, "meta page %zu: wrong page size", i);
    if (m->txn % 2 != i)
        return bad(w, "meta page %zu: wrong transaction number", i);
    return true;
}

/* LMDB writes the meta pages in turn: they are one transaction apart, and the later one counts. */
static bool pick_meta(struct walk *w, struct meta *out)
{
    struct meta m[2] = {0};

    if (!read_meta(w, 0, 512, &m[0]) || !read_meta(w, 1, m[0].free.pad, &m[1]))
        return false;
    *out = m[m[1].txn > m[0].txn];
    if (m[0].free.pad != m[1].free.pad || (m[0].txn + 1 != m[1].txn && m[1].txn + 1 != m[0].txn))
        return bad(w, "the meta pages do not agree");
    w->page_size = out->free.pad;
    w->last_page = out->last_page;
    if (out->last_page < 1 || out->map_size > FILE_MAX ||
        out->last_page >= out->map_size / w->page_size)
        return bad(w, "wrong number of pages");
    return true;
}

static bool all_seen(struct walk *w)
{
    for (uint64_t page = 2; page <= w->last_page; page++) {
        if (!(w->seen[page / 8] & 1u << (page % 8)))
            return bad(w, "page %llu belongs to nothing", (unsigned long long)page);
    }
    return true;
}

int pages_verify(struct str bytes, uint64_t known_format, struct pages_summary *out, struct err *e)
{
    struct walk w = {.bytes = bytes, .out = out};
    struct meta m;

    *out = (struct pages_summary){0};
    if (!pick_meta(&w, &m))
        return err_set(e, ERR_INTERNAL, "damaged: %s", w.bad);
    out->pages = m.last_page + 1;
    w.seen = calloc(1, m.last_page / 8 + 1);
    if (!w.seen)
        abort();
    if (walk_tree(&w, TREE_FREE, STR("free pages"), &m.free) &&
        walk_tree(&w, TREE_MAIN, STR("tables"), &m.main))
        (void)all_seen(&w);
    free(w.seen);
    if (!w.bad[0] && w.bad_record[0] && out->format <= known_format)
        (void)bad(&w, "%s", w.bad_record);
    return w.bad[0] ? err_set(e, ERR_INTERNAL, "damaged: %s", w.bad) : 0;
}
