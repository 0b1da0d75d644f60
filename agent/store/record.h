/* SPDX-License-Identifier: Apache-2.0 */
/* A record's value as it lies in LMDB: 8 bytes of checksum over table, key and value, then the
 * value. LMDB has no checksums of its own. */
#ifndef THALASSA_STORE_RECORD_H
#define THALASSA_STORE_RECORD_H

#include "base/str.h"

enum { RECORD_SUM_BYTES = 8 };

/* Write the record into `out`, which has RECORD_SUM_BYTES + value.n bytes. */
void record_seal(char *out, struct str table, struct str key, struct str value);

/* *value becomes the value inside `record`; -1 when it is damaged. */
int record_open(struct str record, struct str table, struct str key, struct str *value);

#endif
