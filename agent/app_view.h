/* SPDX-License-Identifier: Apache-2.0 */
/* What the API shows, as JSON. */
#ifndef THALASSA_APP_VIEW_H
#define THALASSA_APP_VIEW_H

#include "app.h"
#include "web/api.h"

enum { APP_VIEW_BYTES = 256 * 1024 * 1024 };

int app_view_frontend(struct app *a, struct str name, struct buf *out, struct etag *etag,
                      struct err *e);
int app_view_backend(struct app *a, struct str name, struct buf *out, struct etag *etag,
                     struct err *e);
int app_view_frontends(struct app *a, struct buf *out, struct err *e);
int app_view_backends(struct app *a, struct buf *out, struct err *e);
int app_view_splits(struct app *a, struct buf *out, struct err *e);
int app_view_split(struct app *a, struct str backend, struct buf *out, struct etag *etag,
                   struct err *e);
int app_view_policies(struct app *a, struct buf *out, struct err *e);
int app_view_policy(struct app *a, struct str name, struct buf *out, struct etag *etag,
                    struct err *e);
int app_try_policies(struct app *a, const struct json *request, struct buf *out, struct err *e);
int app_view_members(struct app *a, struct str backend, struct buf *out, struct err *e);
int app_view_member(struct app *a, struct str backend, const struct endpoint *member,
                    struct buf *out, struct err *e);
int app_view_status(struct app *a, struct buf *out, struct err *e);
int app_view_metrics(struct app *a, struct metrics *m, struct err *e);
int app_view_ready(struct app *a, struct err *e);

/* "starting", "ok", "down", "holding" */
const char *app_registry_word(const struct app *a);

void app_put_splits(struct app *a, struct json_out *o, const char *key);

/* Version switches under way, and those that ended a short while ago, as the array "switches". */
void app_put_switches(struct app *a, struct json_out *o);

#endif
