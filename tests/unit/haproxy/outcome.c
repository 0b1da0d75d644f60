/* SPDX-License-Identifier: Apache-2.0 */
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

void outcome_take(void *ctx, const struct reload_result *r)
{
    struct outcome *o = ctx;

    assert_false(o->done);
    o->done = true;
    o->ok = r->ok;
    o->pid = r->pid;
    str_copy(o->message, sizeof o->message, r->message);
}

struct outcome outcome_reload(const struct real *r, double deadline_s)
{
    struct outcome o = {0};
    struct err e;

    assert_int_equal(master_reload(EV_DEFAULT, r->master, deadline_s, outcome_take, &o, &e), 0);
    loop_until(&o.done, deadline_s + 5);
    return o;
}

void outcome_expect_ok(const struct outcome *o, const char *version)
{
    if (!o->ok)
        fail_msg("%s: %s", version, o->message);
}
