/* SPDX-License-Identifier: Apache-2.0 */
/* XXH3, for seeing that something changed. Never for tokens or anything an attacker chooses. */
#ifndef THALASSA_BASE_HASH_H
#define THALASSA_BASE_HASH_H

#include "base/str.h"

uint64_t hash_str(struct str s);

/* 16 lower-case hexadecimal digits and NUL into out[17]. Returns out. */
char *hash_hex(uint64_t hash, char out[17]);

#endif
