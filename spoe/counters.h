/* SPDX-License-Identifier: Apache-2.0 */
/* The counters of counters.def: one thread writes, any thread may read. */
#ifndef SPOE_COUNTERS_H
#define SPOE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

struct spop_counters {
#define X(name, text) _Atomic uint64_t name;
#include "spoe/counters.def"
#undef X
};

/* Without a locked instruction, since nobody else writes. */
#define SPOP_COUNT(counters, name, by)                                                             \
    atomic_store_explicit(&(counters)->name,                                                       \
                          atomic_load_explicit(&(counters)->name, memory_order_relaxed) +          \
                              (uint64_t)(by),                                                      \
                          memory_order_relaxed)

#endif
