/* SPDX-License-Identifier: Apache-2.0 */
/* Switches of versions as people see them: where each one stands, and why. Told from what is wanted
 * and observed each time anew; remembered is only who asked for what and since when, so that a
 * switch that is over stays visible for a while. One for each backend. Pure. */
#ifndef THALASSA_PLAN_SWITCHES_H
#define THALASSA_PLAN_SWITCHES_H

#include "base/json_in.h"
#include "base/json_out.h"
#include "plan/plan.h"

/* How long a switch that is over is shown. */
enum { SWITCH_SHOWN_MS = 10 * 60 * 1000 };

enum switch_state {
    SWITCH_WAITING,  /* the registry knows nobody of the new version */
    SWITCH_WARMING,  /* the new members come up, or their weights grow */
    SWITCH_DRAINING, /* the new ones serve, the old ones finish their sessions */
    SWITCH_DONE,
    SWITCH_REFUSED /* by the API; or the new ones do not serve in time: the old ones do, and it ends
                      when the new ones do, too */
};
const char *switch_state_name(enum switch_state s); /* "waiting", ... */

struct switch_record {
    struct str backend;  /* the operator's name */
    struct str from, to; /* "service@version" */
    enum switch_state state;
    char reason[512];
    bool told;           /* its first state was */
    bool over;           /* nothing is under way any more */
    int64_t since_ms;    /* wall clock: when it began */
    int64_t changed_ms;  /* wall clock: when it came to its state */
    int64_t deadline_ms; /* warming: monotonic time at which it is shown as refused */
    bool dirty, gone;    /* for switches_each_dirty */
};

struct switches;

struct switches *switches_new(void);
void switches_free(struct switches *s);

/* In the order of their beginning; NULL behind the last. */
const struct switch_record *switches_each(const struct switches *s, size_t i);
const struct switch_record *switches_find(const struct switches *s, struct str backend);

struct switch_times {
    int64_t wall_ms;
    int64_t now_ms;     /* monotonic */
    int64_t timeout_ms; /* --switchTimeout */
};

/* Asked for and stored. Another one of the backend that is under way ends here. */
void switches_begin(struct switches *s, struct str backend, struct str from, struct str to,
                    const struct switch_times *t);
/* Asked for, and not taken. Changes nothing while one is under way. NULL: so it was. */
const struct switch_record *switches_refuse(struct switches *s, struct str backend, struct str from,
                                            struct str to, struct str why,
                                            const struct switch_times *t);

/* Where each one stands by the plan `p` of `in`. `changed` is told of each new state. */
void switches_update(struct switches *s, const struct plan_input *in, const struct plan *p,
                     const struct switch_times *t,
                     void (*changed)(void *ctx, const struct switch_record *r), void *ctx);

/* Call `visit` for each record that changed (r->gone: remove it), then forget the marks. */
void switches_each_dirty(struct switches *s,
                         void (*visit)(void *ctx, const struct switch_record *r), void *ctx);

/* As stored (an object at the top), and back. */
void switches_put(struct json_out *o, const struct switch_record *r, int64_t now_ms);
int switches_load(struct switches *s, const struct json *o, int64_t now_ms, struct err *e);

/* "1.0.0" of "site@1.0.0"; of "static" nothing. */
struct str switch_version(struct str source);

#endif
