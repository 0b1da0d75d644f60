/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering beside the loop: a desired state becomes the file set, on the worker thread. */
#ifndef THALASSA_APP_RENDER_H
#define THALASSA_APP_RENDER_H

#include "control/objects.h"
#include "plan/capabilities.h"
#include "render/config.h"
#include "render/plain.h"

struct app;

struct app_rendered {
    struct objects *objects; /* what it was made of; referenced */
    struct desired *desired; /* referenced */
    struct rendered files;
    struct buf config;    /* with the mark line */
    struct buf structure; /* structure_print of it */
    struct plain plain;   /* what the template that wrote it leaves to the runtime */
};

/* `r` is the callee's (app_rendered_free), NULL with the error. On the loop. */
typedef void app_on_rendered(void *ctx, struct app_rendered *r, const struct err *e);

/* Reads the template anew each time. `desired` must be made of `objects`. */
void app_render(struct app *a, struct desired *desired, struct objects *objects,
                app_on_rendered *done, void *ctx);
void app_rendered_free(struct app_rendered *r); /* NULL is fine */

struct render_caps app_render_caps(const struct app *a);

#endif
