/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/bucket.h"

#define XXH_INLINE_ALL /* the state lies on the stack */
#include <xxhash.h>

unsigned bucket_of(struct str key, struct str salt)
{
    XXH32_state_t state;

    (void)XXH32_reset(&state, 0);
    (void)XXH32_update(&state, key.p ? key.p : "", key.n);
    (void)XXH32_update(&state, ":", 1);
    (void)XXH32_update(&state, salt.p ? salt.p : "", salt.n);
    return XXH32_digest(&state) % BUCKETS;
}
