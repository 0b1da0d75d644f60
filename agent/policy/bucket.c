/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/bucket.h"

#define XXH_INLINE_ALL /* the state lies on the stack */
#include <xxhash.h>

enum { AT_ONCE_BYTES = 256 };

static char *put(char *to, struct str s)
{
    if (s.n)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

/* A fourth of the time that parts of a text take. */
static unsigned hash_at_once(struct str key, struct str salt)
{
    char text[AT_ONCE_BYTES], *end = put(text, key);

    *end++ = ':';
    end = put(end, salt);
    return XXH32(text, (size_t)(end - text), 0);
}

static unsigned hash_in_parts(struct str key, struct str salt)
{
    XXH32_state_t state;

    (void)XXH32_reset(&state, 0);
    (void)XXH32_update(&state, key.p ? key.p : "", key.n);
    (void)XXH32_update(&state, ":", 1);
    (void)XXH32_update(&state, salt.p ? salt.p : "", salt.n);
    return XXH32_digest(&state);
}

unsigned bucket_of(struct str key, struct str salt)
{
    bool fits = key.n < AT_ONCE_BYTES && salt.n < AT_ONCE_BYTES - key.n;

    return (fits ? hash_at_once(key, salt) : hash_in_parts(key, salt)) % BUCKETS;
}
