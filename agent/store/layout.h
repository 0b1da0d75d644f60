/* SPDX-License-Identifier: Apache-2.0 */
/* What LMDB 0.9 writes into data.mdb, as lmdb.h does not tell it: in the byte order of the machine
 * (the files do not travel), all numbers at their natural places. */
#ifndef THALASSA_STORE_LAYOUT_H
#define THALASSA_STORE_LAYOUT_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum {
    PAGE_HEADER = 16, /* number, pad, flags, lower + upper or count of overflow pages */
    NODE_HEADER = 8,  /* two halves of size or child, flags, size of the key */
    DEPTH_MAX = 32
};
enum { PAGE_BRANCH = 1, PAGE_LEAF = 2, PAGE_OVERFLOW = 4, PAGE_META = 8, PAGE_DIRTY = 16 };
enum { NODE_BIG = 1, NODE_TABLE = 2 };
enum { TREE_INTEGER_KEY = 8 };
#define META_MAGIC 0xBEEFC0DEu
#define ROOT_NONE UINT64_MAX
#define FILE_MAX (UINT64_C(1) << 36)

struct tree { /* 48 bytes in the file */
    uint32_t pad;
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};
static_assert(sizeof(struct tree) == 48, "the layout of LMDB's MDB_db");

struct meta {
    uint32_t magic, version;
    uint64_t address, map_size;
    struct tree free, main;
    uint64_t last_page, txn;
};
static_assert(sizeof(struct meta) == 136, "the layout of LMDB's MDB_meta");

static inline uint16_t u16(const char *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t u64(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

#endif
