/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers as keys: big-endian, so that the order of the keys is that of the numbers. */
#ifndef THALASSA_STORE_SEQ_KEY_H
#define THALASSA_STORE_SEQ_KEY_H

#include "base/str.h"

enum { SEQ_KEY_BYTES = 8 };

struct str seq_key(uint64_t seq, char out[SEQ_KEY_BYTES]);
uint64_t seq_of(struct str key); /* of its first bytes */

#endif
