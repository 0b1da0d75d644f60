/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3): tells systemd that the agent is ready, alive, ending. */
#ifndef THALASSA_APP_NOTIFY_H
#define THALASSA_APP_NOTIFY_H

#include "app.h"

void app_notify_ready(struct app *a); /* and WATCHDOG=1 at half of WATCHDOG_USEC from now on */
void app_notify_stopping(void);

#endif
