/* SPDX-License-Identifier: Apache-2.0 */
#include "store/seq_key.h"

struct str seq_key(uint64_t seq, char out[SEQ_KEY_BYTES])
{
    for (int i = SEQ_KEY_BYTES - 1; i >= 0; i--, seq >>= 8)
        out[i] = (char)(seq & 0xff);
    return (struct str){out, SEQ_KEY_BYTES};
}

uint64_t seq_of(struct str key)
{
    uint64_t seq = 0;

    for (size_t i = 0; i < key.n && i < SEQ_KEY_BYTES; i++)
        seq = seq << 8 | (unsigned char)key.p[i];
    return seq;
}
