/* SPDX-License-Identifier: Apache-2.0 */
/* Objects for tests from short texts: JSON with single quotes for double ones. What a test takes
 * for granted fails it when it is not so. */
#ifndef THALASSA_TESTS_GIVEN_H
#define THALASSA_TESTS_GIVEN_H

#include "model/backend.h"
#include "model/frontend.h"
#include "model/policy.h"
#include "model/split.h"

/* The text with double quotes, in `a`. */
struct str given_text(struct arena *a, const char *quoted);
struct json *given_json(struct arena *a, const char *quoted);

/* Objects that must parse; the reference is the caller's. */
struct frontend *given_frontend(const char *name, const char *quoted);
struct backend *given_backend(const char *name, const char *quoted);
struct split *given_split(const char *backend, const char *quoted);
struct policy *given_policy(const char *name, const char *quoted);

/* As they are stored, in `a`. */
struct str given_frontend_text(struct arena *a, const struct frontend *f);
struct str given_backend_text(struct arena *a, const struct backend *b,
                              const struct member_list *members);
struct str given_split_text(struct arena *a, const struct split *s);
struct str given_policy_text(struct arena *a, const struct policy *p);

/* `count` times `each`, parted by commas, between `open` and `close`: for limits. */
const char *given_many(struct arena *a, const char *open, const char *each, size_t count,
                       const char *close);

/* A file of the checkout; the path is relative to its top. With THALASSA_GOLDEN=write in the
 * environment it is written instead of compared. */
void given_golden(const char *path, struct str text);

#endif
