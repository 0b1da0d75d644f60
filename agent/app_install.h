/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the file set in its place, on the worker thread: before a reload, and after runtime changes,
 * so that a HAProxy that somebody restarts starts from the present. */
#ifndef THALASSA_APP_INSTALL_H
#define THALASSA_APP_INSTALL_H

#include "app_reload.h"
#include "haproxy/files.h"

typedef void app_on_installed(void *ctx, const struct err *e); /* on the loop */

/* The file set of a rendering, with the state that a worker left (NULL: none). `set` is made in
 * `arena` and refers to the rendering's and the dump's bytes. */
struct app_dump {
    struct str state, stats;
};
void app_install_set(const struct app *a, const struct app_rendered *r, const struct app_dump *dump,
                     struct arena *arena, struct file_set *set);

/* r->rendered with the dumped state; r->install becomes what is needed to put the former back. */
void app_install(struct app_reload *r, app_on_installed *done);
void app_install_restore(struct app_reload *r, app_on_installed *done);
/* After the proof: the state file down to its version line, files that nothing names removed. */
void app_install_clean(struct app_reload *r, app_on_installed *done);
void app_install_free(struct app_install *i); /* NULL is fine */

#endif
