/* SPDX-License-Identifier: Apache-2.0 */
/* Makes HAProxy read its configuration: by its master, by --haproxyReloadCmd, or by a new process
 * that takes the sockets over; and starts it when it does not run. */
#ifndef THALASSA_APP_KICK_H
#define THALASSA_APP_KICK_H

#include "app.h"

/* `pid` of the new worker, 0 when it is not known. On the loop. */
typedef void app_on_kicked(void *ctx, const struct err *e, int64_t pid);

void app_kick(struct app *a, bool running, app_on_kicked *done, void *ctx);
bool app_kick_socket_alive(const struct app *a);

#endif
