/* SPDX-License-Identifier: Apache-2.0 */
/* `show map` and `show map PATH`. */
#include "plan/observed.h"

#include "plan/lines.h"

#include <stdlib.h>
#include <string.h>

static int compare_map(const void *a, const void *b)
{
    return str_cmp(((const struct have_map *)a)->path, ((const struct have_map *)b)->path);
}

struct have_map *have_find_map(const struct have *h, struct str path)
{
    struct have_map key = {.path = path};

    if (!h->map_count)
        return NULL;
    return bsearch(&key, h->maps, h->map_count, sizeof key, compare_map);
}

/* The part of `s` behind the last `word`; none view when absent. */
static struct str behind_last(struct str s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = s.n >= n ? s.n - n + 1 : 0; i > 0; i--)
        if (memcmp(s.p + i - 1, word, n) == 0)
            return (struct str){s.p + i - 1 + n, s.n - (i - 1) - n};
    return STR_NONE;
}

/* `ID (PATH) pattern loaded from file 'PATH' used by map ... curr_ver=0 next_ver=0 entry_cnt=3`.
 * The path ends at the first ") " behind it. */
static int list_line(const struct lines *l, struct have_map *m, struct err *e)
{
    struct str rest = l->line, count;
    const char *close;
    uint64_t n;

    (void)str_word(&rest);
    if (!str_starts(rest, STR(" (")))
        return lines_fail(l, "expected \"ID (PATH) ...\"", e);
    rest = (struct str){rest.p + 2, rest.n - 2};
    close = memmem(rest.p, rest.n, ") ", 2);
    if (!close)
        return lines_fail(l, "expected \"ID (PATH) ...\"", e);
    m->path = (struct str){rest.p, (size_t)(close - rest.p)};
    count = behind_last(rest, " entry_cnt=");
    if (!count.p || str_u64(str_trim(count), &n) || n > SIZE_MAX)
        return lines_fail(l, "no number of entries", e);
    m->entry_count = (size_t)n;
    return 0;
}

int have_parse_maps(struct have *h, struct str text, struct err *e)
{
    struct lines l = lines_of("show map", text);

    if (!lines_next(&l) || !str_eq(str_trim(l.line), STR("# id (file) description")))
        return lines_fail(&l, "not the expected header", e);
    while (lines_next(&l)) {
        struct have_map m = {0};
        if (list_line(&l, &m, e))
            return -1;
        m.path = arena_str(&h->map_arena, m.path);
        *ARENA_PUSH(&h->map_arena, h->maps, h->map_count) = m;
    }
    if (h->map_count)
        qsort(h->maps, h->map_count, sizeof *h->maps, compare_map);
    return 0;
}

/* `0x55eb24467fc0 KEY VALUE`; the value may be empty and may hold blanks. */
static int entry_line(struct have *h, const struct lines *l, struct have_map *m, struct err *e)
{
    struct str rest = l->line, id = str_word(&rest), key = str_word(&rest);

    if (!str_starts(id, STR("0x")) || !key.n)
        return lines_fail(l, "expected \"0xID KEY VALUE\"", e);
    if (m->count >= HAVE_MAX_MAP_ENTRIES)
        return lines_fail(l, "too many entries", e);
    if (rest.n && rest.p[0] == ' ')
        rest = (struct str){rest.p + 1, rest.n - 1};
    *ARENA_PUSH(&h->map_arena, m->entries, m->count) =
        (struct map_entry){arena_str(&h->map_arena, key), arena_str(&h->map_arena, rest)};
    return 0;
}

int have_parse_map(struct have *h, struct str path, struct str text, struct err *e)
{
    struct have_map *m = have_find_map(h, path);
    struct lines l = lines_of("show map PATH", text);

    if (!m)
        return err_set(e, ERR_NOT_FOUND, "HAProxy has no map " STR_FMT, STR_ARG(path));
    m->entries = NULL;
    m->count = 0;
    while (lines_next(&l))
        if (entry_line(h, &l, m, e))
            return err_wrap(e, "map " STR_FMT, STR_ARG(path));
    m->read = true;
    return 0;
}
