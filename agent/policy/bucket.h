/* SPDX-License-Identifier: Apache-2.0 */
/* The hash that keeps a user where he is, in splits and in policies alike:
 *
 *   bucket = xxh32(KEY ":" SALT, seed 0) mod 10000
 *
 * which HAProxy computes as `...,concat(:,var),xxh32(0),mod(10000)`. A share of N takes the buckets
 * below N, so raising it keeps everybody who was in. SALT is the name of the backend that is split,
 * or of the policy, so that they are independent of one another. */
#ifndef THALASSA_POLICY_BUCKET_H
#define THALASSA_POLICY_BUCKET_H

#include "base/str.h"

enum { BUCKETS = 10000 };

unsigned bucket_of(struct str key, struct str salt);

#endif
