/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a data file of LMDB (format 1, LMDB 0.9) page by page and proves that it is whole, before
 * LMDB maps it: LMDB itself follows every number it finds in the file. Writes nothing. */
#ifndef THALASSA_STORE_PAGES_H
#define THALASSA_STORE_PAGES_H

#include "base/err.h"
#include "base/str.h"

struct pages_summary {
    uint64_t format;  /* word "format" of the table "meta"; 0 when there is none */
    uint64_t records; /* in all tables */
    uint64_t pages, free_pages;
};

/* `bytes` is the whole file. Checked: both meta pages; every page belongs to exactly one tree or is
 * free; page headers, nodes, order of the keys, counts; the checksum of every record
 * (store/record.h). 0, or -1 with ERR_INTERNAL and what is wrong where. A file that is whole but
 * for its records and has a format above `known_format` passes: its records are not ours to judge.
 */
int pages_verify(struct str bytes, uint64_t known_format, struct pages_summary *out, struct err *e);

#endif
