/* SPDX-License-Identifier: Apache-2.0 */
/* Policies compiled from short texts, and requests to them. */
#ifndef THALASSA_TESTS_ASKING_H
#define THALASSA_TESTS_ASKING_H

#include "given.h"
#include "policy/decide.h"
#include "policy/try.h"

/* A policy of frontend "web" with this match, that leads to backend "b". */
#define WEB(match) "{'frontend':'web','match':" match ",'action':{'backend':'b'}}"
#define WEB_AT(priority, match)                                                                    \
    "{'frontend':'web','priority':" #priority ",'match':" match ",'action':{'backend':'b'}}"

struct asking {
    struct arena arena;
    struct policy_set *set;
    struct policy_scratch *scratch;
};

/* `policies`: texts, ended by NULL, that get the names "p0", "p1" ... */
void asking_begin(struct asking *a, const char *const *policies);
void asking_end(struct asking *a);

/* A request as POST /policies/try has it. */
struct policy_request asking_request(struct asking *a, const char *request);
struct decision asking_decide(struct asking *a, const char *request);

/* Fails the test unless one policy with `match` says so about the request: yes, no or undecided. */
void verdict_is(const char *match, const char *request, enum verdict want);

#endif
