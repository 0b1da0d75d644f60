/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include "base/hash.h"

#include <string.h>

static uint64_t mix(uint64_t sum, uint64_t next)
{
    return (sum ^ next) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t checksum(struct str table, struct str key, struct str value)
{
    return mix(mix(hash_str(table), hash_str(key)), hash_str(value));
}

void record_seal(char *out, struct str table, struct str key, struct str value)
{
    uint64_t sum = checksum(table, key, value);

    memcpy(out, &sum, RECORD_SUM_BYTES);
    if (value.n)
        memcpy(out + RECORD_SUM_BYTES, value.p, value.n);
}

int record_open(struct str record, struct str table, struct str key, struct str *value)
{
    uint64_t sum;

    if (record.n < RECORD_SUM_BYTES)
        return -1;
    memcpy(&sum, record.p, RECORD_SUM_BYTES);
    *value = (struct str){record.p + RECORD_SUM_BYTES, record.n - RECORD_SUM_BYTES};
    return sum == checksum(table, key, *value) ? 0 : -1;
}
