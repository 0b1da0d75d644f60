/* SPDX-License-Identifier: Apache-2.0 */
/* An agent for tests of the API: it stores nothing, and answers a change with a description of what
 * it was asked. The name of the object tells how it answers:
 *   slow      after 150 ms, 202          never      not before fake_finish
 *   warned    with two warnings          conflict, forbidden, missing, refused, full, broken
 *                                                   with an error of that kind
 * Others at once. There is a frontend "web" and a backend "live"; nothing else can be read. */
#ifndef TESTS_WEB_FAKE_API_H
#define TESTS_WEB_FAKE_API_H

#include "web/api.h"

#include <ev.h>

enum { FAKE_CONFIG_BYTES = 16 * 1024 * 1024, FAKE_MAX_PENDING = 64 };

struct fake_pending {
    ev_timer timer;
    struct fake *fake;
    const struct web_change *change;
    web_done *done;
    void *done_ctx;
};

struct fake {
    struct web_api api;
    struct ev_loop *loop;
    bool ready;
    unsigned changes, answers;
    struct fake_pending pending[FAKE_MAX_PENDING]; /* free: done NULL */
};

#define FAKE_FRONTEND "{\"key\":\"web\",\"bind\":\"127.0.0.1:80\",\"backend\":\"live\"}"

void fake_init(struct fake *f, struct ev_loop *loop);
void fake_finish(struct fake *f); /* answers whatever waits */

#endif
