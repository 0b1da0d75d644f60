/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over what may have changed: finds the objects that have, cheaply, and writes those
 * alone, one per step. */
#ifndef THALASSA_APP_STREAM_PASS_H
#define THALASSA_APP_STREAM_PASS_H

#include "app.h"
#include "web/hub.h"

struct stream_pass;

struct stream_pass *stream_pass_new(void);
void stream_pass_free(struct stream_pass *p);

/* The members of this backend are others; empty: of any backend. */
void stream_pass_touch(struct stream_pass *p, struct str backend);

/* What is gone is told at once; the rest becomes steps. */
void stream_pass_begin(struct stream_pass *p, struct app *a, struct hub *h);
bool stream_pass_step(struct stream_pass *p, struct app *a, struct hub *h); /* false: none left */

#endif
