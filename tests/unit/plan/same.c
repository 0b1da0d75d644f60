/* SPDX-License-Identifier: Apache-2.0 */
#include "same.h"

#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void assert_same_choice(const struct desired_backend *a, const struct desired_backend *b)
{
    assert_ptr_equal(a->object, b->object);
    assert_true(str_eq(a->proxy, b->proxy));
    assert_true(str_eq(a->profile, b->profile));
    assert_true(str_eq(a->former, b->former));
    assert_true(str_eq(a->holder, b->holder));
    assert_int_equal(a->make, b->make);
    assert_int_equal(a->settled, b->settled);
    assert_int_equal(a->undecided, b->undecided);
    assert_true(str_eq(a->blocked.why, b->blocked.why));
    assert_int_equal(a->server_count, b->server_count);
    for (size_t i = 0; i < a->server_count; i++)
        assert_true(str_eq(a->servers[i].name, b->servers[i].name));
}

static void assert_same_map(const struct map_file *a, const struct map_file *b)
{
    assert_true(str_eq(a->name, b->name));
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(str_eq(a->entries[i].key, b->entries[i].key));
        assert_true(str_eq(a->entries[i].value, b->entries[i].value));
    }
}

void same_desired(const struct desired *a, const struct desired *b)
{
    assert_int_equal(a->backend_count, b->backend_count);
    for (size_t i = 0; i < a->backend_count; i++)
        assert_same_choice(&a->backends[i], &b->backends[i]);
    assert_int_equal(a->holder_count, b->holder_count);
    assert_int_equal(a->map_count, b->map_count);
    for (size_t i = 0; i < a->map_count; i++)
        assert_same_map(&a->maps[i], &b->maps[i]);
}

void same_plan(const struct plan *part, const struct plan *all)
{
    if (part->hash != all->hash || part->count != all->count)
        fail_msg("of what was touched:\n%s\nof all:\n%s", world_text(part), world_text(all));
    assert_int_equal(part->waits, all->waits);
    assert_int_equal(part->wake_ms, all->wake_ms);
    assert_int_equal(part->reasons.count, all->reasons.count);
    assert_int_equal(part->claim_count, all->claim_count);
    assert_int_equal(part->heir_count, all->heir_count);
    assert_int_equal(part->restless.count, all->restless.count);
}

size_t same_pieces(const struct desired *a, const struct desired *b)
{
    size_t n = 0;

    for (size_t i = 0; b && i < a->backend_count; i++)
        for (size_t k = 0; k < b->backend_count; k++)
            n += a->backends[i].settled && a->backends[i].piece == b->backends[k].piece;
    return n;
}
