/* SPDX-License-Identifier: Apache-2.0 */
/* rename-driver STATE STATS FROM=TO...: renames proxies in the two files, in their place. STATS may
 * be "". For tests with a real HAProxy. */
#include "base/file.h"
#include "render/rename.h"

#include <stdio.h>

enum { MAX_NAMES = 16, MAX_BYTES = 1 << 24 };

static int fail(const char *text)
{
    (void)fprintf(stderr, "rename-driver: %s\n", text);
    return 2;
}

int main(int argc, char **argv)
{
    struct rename items[MAX_NAMES];
    struct arena a = ARENA_INIT;
    struct renames renames;
    struct buf state, stats, new_state, new_stats;
    struct err e;
    size_t count = 0;
    int rc = 0;

    if (argc < 3 || argc - 3 > MAX_NAMES)
        return fail("wants STATE STATS FROM=TO...");
    for (int i = 3; i < argc; i++) {
        struct str to = str_z(argv[i]), from = str_cut(&to, '=');
        items[count++] = (struct rename){from, to};
    }
    rename_all(&a, items, count, &renames);
    buf_init(&state, MAX_BYTES);
    buf_init(&stats, MAX_BYTES);
    buf_init(&new_state, MAX_BYTES);
    buf_init(&new_stats, MAX_BYTES);
    if (file_read(argv[1], &state, &e) || (*argv[2] && file_read(argv[2], &stats, &e)))
        return fail(e.text);
    rename_state(&renames, buf_str(&state), &new_state);
    rename_stats(&renames, buf_str(&state), buf_str(&stats), &new_stats);
    if (file_write_atomic(argv[1], buf_str(&new_state), 0644, &e) ||
        (*argv[2] && file_write_atomic(argv[2], buf_str(&new_stats), 0644, &e)))
        rc = fail(e.text);
    buf_free(&state);
    buf_free(&stats);
    buf_free(&new_state);
    buf_free(&new_stats);
    arena_free(&a);
    return rc;
}
