/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

uint64_t hash_str(struct str s)
{
    return XXH3_64bits(s.p ? s.p : "", s.n);
}

char *hash_hex(uint64_t hash, char out[17])
{
    (void)snprintf(out, 17, "%016" PRIx64, hash);
    return out;
}
