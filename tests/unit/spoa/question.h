/* SPDX-License-Identifier: Apache-2.0 */
/* Questions as HAProxy asks them by templates/spoe.conf.tmpl, and a peer that asks over a socket.
 */
#ifndef THALASSA_TESTS_QUESTION_H
#define THALASSA_TESTS_QUESTION_H

#include "policy/compile.h"
#include "spoe/frame.h"

enum { QUESTION_BYTES = 4096 };

/* A set of one policy of frontend "web": requests with header x-a = b go to `backend`, variable
 * `variant` = v. */
struct policy_set *question_policies(const char *backend);

/* The message "decide" of a GET to /p on `frontend` with the header x-a: `value`. */
void question_put(struct spop_out *o, const char *frontend, const char *value);

/* HAProxy's HELLO over a unix socket; its descriptor. */
int question_dial(const char *path);
/* Ask, and the whole answer's payload into `to`. */
struct spop_bytes question_ask(int fd, const char *value, uint8_t to[QUESTION_BYTES]);

/* The variable that an answer sets, as text; "" when it does not. `*place` is which it is, from 0.
 */
const char *question_variable(struct spop_bytes answer, const char *name, size_t *place);

#endif
