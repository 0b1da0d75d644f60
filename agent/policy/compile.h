/* SPDX-License-Identifier: Apache-2.0 */
/* Policies compiled once into one immutable form that any number of threads read without a lock.
 * Pure. Nothing of the model's objects is kept: everything is copied. */
#ifndef THALASSA_POLICY_COMPILE_H
#define THALASSA_POLICY_COMPILE_H

#include "model/policy.h"

struct policy_set;

/* The enabled ones of `policies`, in any order. NULL with ERR_INVALID, policy and field named:
 * more than LIMIT_POLICIES, a regular expression that PCRE2 refuses. Of no policy at all it is a
 * set that decides nothing. */
struct policy_set *policy_set_new(const struct policy *const *policies, size_t count,
                                  struct err *e);
/* When no thread reads it any more. */
void policy_set_free(struct policy_set *set);

/* Names of the frontends that have policies, sorted; lives as long as the set. */
struct str_list policy_set_frontends(const struct policy_set *set);

#endif
