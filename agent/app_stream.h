/* SPDX-License-Identifier: Apache-2.0 */
/* Wires the stream: turns what changes in the agent into messages. Nothing is written while nobody
 * watches; who comes, or comes back, makes it catch up first. */
#ifndef THALASSA_APP_STREAM_H
#define THALASSA_APP_STREAM_H

#include "app.h"
#include "web/access.h"
#include "web/api.h"
#include "web/live.h"

void app_stream_start(struct app *a, const struct web_api *api, const struct access *access);
void app_stream_stop(struct app *a); /* before the server stops */
void app_stream_free(struct app *a); /* after it */
struct live *app_stream_live(struct app *a);

/* Something may be other than it was: looked at soon. */
void app_stream_changed(struct app *a);
/* The members of a backend, or what is known of them; empty: of any of them. */
void app_stream_members_changed(struct app *a, struct str backend);
/* A new entry of the activity. */
void app_stream_activity(struct app *a, struct str entry);

void app_stream_metrics(struct app *a, struct metrics *m);

#endif
