/* SPDX-License-Identifier: Apache-2.0 */
/* The order of things: what to do next, given the situation. Level-triggered: asked after every
 * event, it remembers nothing itself, so that no event can be missed or counted twice. Pure. */
#ifndef THALASSA_CONTROL_LOOP_H
#define THALASSA_CONTROL_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loop_action {
    LOOP_WAIT,    /* until wake_ms, or an event */
    LOOP_RETRY,   /* render what had failed again */
    LOOP_START,   /* start HAProxy */
    LOOP_OBSERVE, /* ask HAProxy what it runs */
    LOOP_APPLY,   /* send the plan's commands */
    LOOP_RELOAD,  /* render, check, install, reload, prove */
    LOOP_WRITE    /* write the file set, so that a restart of HAProxy starts from the present */
};
const char *loop_action_name(enum loop_action a);

/* All times are monotonic milliseconds. */
struct situation {
    int64_t now_ms;
    bool busy;       /* one of the actions runs, but for LOOP_WRITE, */
    bool writing;    /* beside which HAProxy may be asked and told */
    bool runtime_up; /* the admin socket answers */
    bool may_start;  /* --haproxyStart auto, and there is something to run */
    int64_t start_not_before_ms;
    int64_t retry_ms;              /* what had failed is to be tried again then; -1: nothing is */
    bool observed;                 /* an observation of the present worker is at hand */
    bool observe_asked;            /* it is older than something that we know has changed */
    int64_t observed_ms;           /* when it was made */
    int64_t observe_not_before_ms; /* the last attempt failed */
    int64_t interval_ms;           /* --statsInterval */
    bool reload_wanted;            /* the structure differs, or options of servers */
    bool reload_allowed; /* not the candidate that failed last, not guarded by an empty store */
    int64_t reload_not_before_ms;
    size_t ops;                  /* commands of the plan */
    int64_t apply_not_before_ms; /* back-off: the same plan twice without progress */
    int64_t plan_wake_ms;        /* the plan waits for something; -1: it does not */
    bool files_stale;            /* the files do not say what runs */
    int64_t write_not_before_ms;
};

struct loop_decision {
    enum loop_action action;
    int64_t wake_ms; /* LOOP_WAIT: ask again then; -1: only an event can change anything */
};

struct loop_decision loop_next(const struct situation *s);

/* How soon to look again at what only waits (a check, a last session), when nothing came of the
 * look before: slower and slower. `last_ms`: the pause before that one, 0 after commands, where it
 * begins. `look_ms`: how long it took; looking is to cost a part of a processor only. */
int64_t loop_poll_ms(int64_t last_ms, int64_t look_ms);

/* Back-off of a plan that is made again although it was sent. */
struct progress {
    uint64_t sent_hash; /* of the plan sent last; 0: none */
    unsigned repeats;
    bool counted; /* as a repeat of what was sent last: each sending gives one pause, however often
                   * the same is planned until it is sent again */
    int64_t not_before_ms;
};
/* A plan of this hash was just made. True when it is the one that was sent already. */
bool progress_planned(struct progress *p, uint64_t hash, int64_t now_ms);
void progress_sent(struct progress *p, uint64_t hash);

#endif
