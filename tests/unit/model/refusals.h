/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of what is refused: the object, the field that the error names, words of its text. */
#ifndef THALASSA_TESTS_REFUSALS_H
#define THALASSA_TESTS_REFUSALS_H

#include "given.h"

struct refusal_case {
    const char *json; /* single quotes */
    const char *field, *words;
};

/* Fails the test when one of them passes, or names another field. The last row has json NULL. */
void refusals_frontend(const struct refusal_case *cases);
void refusals_backend(const struct refusal_case *cases);
void refusals_split(const struct refusal_case *cases);
void refusals_policy(const struct refusal_case *cases);
/* One case. */
void refuse_frontend(const char *name, const char *json, const char *field, const char *words);
void refuse_backend(const char *name, const char *json, const char *field, const char *words);
void refuse_split(const char *backend, const char *json, const char *field, const char *words);
void refuse_policy(const char *name, const char *json, const char *field, const char *words);

#endif
