/* SPDX-License-Identifier: Apache-2.0 */
/* The running agent: every part and how they hang together. Only the files of this folder (main.c,
 * app_*.c) see it; each of them wires one concern. What is decided is decided elsewhere. */
#ifndef THALASSA_APP_H
#define THALASSA_APP_H

#include "app_meters.h"
#include "app_render.h"
#include "base/file.h"
#include "base/worker.h"
#include "cli/options.h"
#include "control/build.h"
#include "control/change.h"
#include "control/failed.h"
#include "control/loop.h"
#include "control/reload.h"
#include "haproxy/runtime.h"
#include "plan/capabilities.h"
#include "plan/lua_totals.h"
#include "plan/plan.h"
#include "plan/switches.h"
#include "plan/scope.h"
#include "registry/subscriptions.h"
#include "render/structure.h"
#include "store/activity.h"
#include "store/store.h"

#include <ev.h>

struct app_change;
struct app_held_note;
struct app_link;
struct lister;
struct registration;
struct app_reload;
struct app_spoa;
struct app_stream;
struct app_web;
struct stats;
struct stats_log;

/* The structure that the running worker was started with (render/structure.h). */
struct app_running {
    int64_t pid, start_time_s; /* of the worker; 0: not known */
    struct buf text;           /* its configuration, without servers that come and go */
    struct arena arena;        /* of the facts */
    struct proxy_facts facts;  /* what the text says of proxies */
    bool known;
    struct str_list closed; /* backends to which no server may be added (render/danger.h) */
};

struct app_reloads {
    uint64_t count;  /* of this agent's life */
    int64_t last_ms; /* wall clock; 0: none */
    char reason[512];
    int64_t not_before_ms; /* monotonic */
    uint64_t failed_want;  /* structure that was tried and failed: not again */
    char last_error[512];
    char last_detail[2048];
};

/* Workers that a reload has replaced and that still have connections, as the master tells. */
enum { OLD_WORKERS_SHOWN = 100 };
struct app_old_workers {
    int64_t pids[OLD_WORKERS_SHOWN], since_ms[OLD_WORKERS_SHOWN]; /* wall clock */
    size_t count;
    bool asked; /* the answer is under way */
    bool told;  /* that a reload waits for them */
};

/* app_late.h; milliseconds of the monotonic clock */
struct app_late {
    ev_timer timer;
    int64_t due_ms, window_ms;
    int64_t worst_ms, before_ms; /* in this window and in the one before */
};

struct app {
    const struct options *options;
    struct ev_loop *loop;
    struct worker *worker;
    int64_t started_ms; /* wall clock */
    bool ending;        /* a signal said so */
    bool stopping;      /* everything is being closed */

    /* what is wanted */
    struct store *store;
    struct activity_log *activity;
    struct objects *stored; /* as the API shows them */
    struct objects *good;   /* as of the last configuration that HAProxy took; may be NULL */
    struct failed_list failed;
    struct objects *effective; /* stored, less what failed */
    struct subscriptions *registry;
    struct app_held_note *held_notes;  /* what was told of backends (app_held.h) */
    struct lister *lister;             /* NULL with a file for a registry */
    struct registration *registration; /* --register */
    struct desired *want;
    struct objects *want_of;      /* referenced: those that it was built from */
    bool world_stale;             /* `want` and the plan are to be made anew */
    struct buf want_text;         /* structure text of `effective`; valid if want_text_of is it */
    struct plain plain;           /* what the template that wrote it leaves to the runtime */
    struct objects *want_text_of; /* referenced; NULL: the text is to be rendered. It is as good as
                                   * any other with the same structure */
    struct objects *want_text_made_of; /* referenced: those that it was rendered from */
    bool text_busy;
    char problem[512]; /* why it cannot be rendered */

    /* what is */
    struct runtime *runtime;  /* of `link` */
    struct app_link *link;    /* on the worker that serves (app_workers.h) */
    struct app_link *leaving; /* on those that leave, the latest first */
    struct app_old_workers old_workers;
    struct totals *totals; /* what all workers have counted */
    struct lua_totals lua_totals;
    int64_t totals_saved_ms, totals_pid; /* when they were stored last, and of which worker */
    struct stats *stats;                 /* samples of frontends, backends, members */
    struct stats_log *stats_log;         /* those in history/; NULL: it cannot be read */
    int64_t stats_ms;                    /* when the last was taken; monotonic, 0: none yet */
    bool stats_lost, stats_told;         /* the last is not in history/; and that was logged */
    void (*on_stats)(struct app *);      /* a sample was taken; may be NULL */
    int64_t proxies_read_ms;
    struct capabilities caps;
    bool lua;            /* HAProxy was built with Lua */
    int64_t caps_of_pid; /* the worker whose help was read; 0: of none */
    struct have *have;   /* NULL: not observed */
    bool have_fresh;     /* no command was sent since it was asked for */
    bool have_quiet;     /* and at the one before nothing was to be done */
    struct map_cache *maps;
    struct ledger *ledger;
    struct proxies *proxies; /* which of HAProxy's proxies serve which backends */
    struct switches *switches;
    struct app_running running;
    int64_t down_since_ms;
    char runtime_error[512];
    char program_error[256]; /* --haproxyPath cannot be asked for its version */

    /* the difference, and what is being done about it */
    struct plan plan;
    struct plan_maps_seen maps_seen; /* by the plan before */
    struct plan sent;                /* under way to HAProxy */
    char plan_error[256];            /* what the plan has to leave out; empty: nothing */
    struct reasons reasons;          /* of the structure */
    struct arena reasons_arena;
    bool reasons_stale; /* one of the texts is another than that which they were found from */
    struct progress progress;
    char apply_error[512];
    bool busy, writing; /* an action runs; files are being written */
    enum loop_action doing;
    bool observe_asked, observe_whole;          /* soon; and not only what was touched */
    int64_t observed_ms, observe_not_before_ms; /* the last time that all was observed */
    struct scope scope;  /* backends that are not known to be as they should; among them: */
    struct scope unseen; /* those that commands were sent about since they were observed */
    int64_t observe_began_ms, poll_ms;
    bool settled;           /* all was as it should, and nothing was asked for since */
    bool drift_held;        /* --drift report: the difference is shown, nothing is done about it */
    bool edit_held;         /* the same of an edited configuration */
    int64_t drift_since_ms; /* wall clock */
    bool files_stale;
    int64_t config_changed_ns; /* time of the configuration that we wrote; 0: none */
    int64_t files_written_ms, write_began_ms, write_ms; /* the last time, and how long it took */
    int64_t start_not_before_ms;
    int64_t starter_since_ms; /* another agent's start of HAProxy is under way; 0: none */
    unsigned start_failures, start_tries;
    bool guard_empty; /* an empty store met a HAProxy that serves: nothing is reloaded */
    uint64_t applied_generation;
    struct app_reload *reload;
    struct app_reload *reloaded; /* succeeded; its worker has not answered yet */
    const char *master_socket;   /* path, "" for none */
    int lock;                    /* on the configuration; -1: none */
    struct app_reloads reloads;
    uint64_t plans_applied, commands_sent;
    struct app_meters meters;
    double apply_began_s; /* monotonic */

    struct app_change *changes, **last_change;
    bool change_busy;
    bool version_asked; /* HAProxy's program is being asked: changes wait for its answer */
    struct app_change *waiters;
    struct app_web *web;
    struct app_stream *stream; /* NULL before and after `web` */
    struct app_spoa *spoa;     /* NULL: --spoeListen off */

    struct arena members_arena; /* of members_dirty */
    struct str *members_dirty;  /* backends whose members are to be stored */
    size_t members_dirty_count;
    ev_timer members_timer;

    ev_timer timer; /* what LOOP_WAIT waits for */
    struct app_late late;
    ev_prepare drive; /* runs app_drive once a turn, when it was asked for */
    bool drive_asked;
};

int64_t app_now_ms(void); /* monotonic */
double app_now_s(void);
int64_t app_wall_ms(void);

/* --- app_world.c: from what is stored and known to the plan --- */
void app_objects_changed(struct app *a); /* stored objects, or which of them failed */
void app_world_changed(struct app *a);   /* members: build and plan anew, this turn */
void app_world_build(struct app *a);     /* at once */
/* The same with what app_build made of the effective objects in this turn, of what is known now. */
void app_world_take(struct app *a, struct desired *next);
void app_touch_all(struct app *a); /* whatever is known of backends may be wrong */
void app_set_want_text(struct app *a, const struct app_rendered *r);
struct desired *app_build(struct app *a, struct objects *effective);
/* The planner's view of a desired state; `want` may be another than the present one. */
struct plan_input app_plan_input(const struct app *a, const struct desired *want);
/* Version and Lua: enough to write a configuration. */
bool app_knows_haproxy(const struct app *a);
bool app_reload_wanted(const struct app *a);
/* HAProxy's proxy that serves the operator's backend at present. */
struct str app_serving_proxy(const struct app *a, struct str backend);
/* Everything that was asked for is what HAProxy runs. */
bool app_is_settled(const struct app *a);
/* Everything but what other backends wait for, such as the members of a version to come. */
bool app_is_settled_for(const struct app *a, struct str name);

/* --- app_drive.c: the next action --- */
void app_drive_start(struct app *a);
void app_drive_stop(struct app *a);
void app_ask_drive(struct app *a);
void app_action_done(struct app *a); /* the action that made `busy` is over */

/* --- the actions; each calls app_action_done in the end --- */
void app_observe(struct app *a);
void app_apply(struct app *a);
void app_write_files(struct app *a);
void app_files_look(
    struct app *a);            /* was the configuration edited? Then it is to be written again */
void app_start(struct app *a); /* HAProxy, unless it comes by itself */
void app_reload(struct app *a, bool running); /* false: start HAProxy */

/* --- app_reload.c --- */
bool app_reload_allowed(const struct app *a);
/* A new worker answers: is it the one that our own reload made? Then it is settled as such. */
bool app_reload_takes_worker(struct app *a);
void app_mark_good(struct app *a);          /* HAProxy runs the present objects */
void app_reload_free(struct app_reload *r); /* NULL is fine */

/* --- app_runtime.c --- */
int app_runtime_open(struct app *a, struct err *e);
void app_runtime_hand_over(struct app *a); /* the worker that answers leaves: connect to the next */
void app_runtime_renew(struct app *a);     /* the same, and forget what it said */

/* --- app_running.c: which structure the worker runs --- */
void app_running_attach(struct app *a); /* another worker than before was observed */
void app_running_set(struct app *a, struct str structure_text); /* after our own reload */
void app_running_facts(struct app *a);                          /* anew from the text */
/* Options of the servers of a configuration into the ledger; `from_file`: the worker was started
 * from it, so that it wins over what is recorded. */
void app_running_learn_servers(struct app *a, struct str config, bool from_file);
/* For which subscription each server stands there. */
/* The worker was started from what was rendered of `d`. A template may write servers in its own
 * way: what they were made for counts, else the same difference would be found after each reload.
 */
void app_running_note_servers(struct app *a, const struct desired *d);

/* --- app_store.c --- */
int app_store_open(struct app *a, struct err *e);
int app_store_objects(struct app *a, const struct objects *next, struct err *e); /* durable */
void app_store_members(struct app *a, struct str backend);                       /* soon */
void app_store_members_now(struct app *a);
void app_store_ledger(struct app *a); /* and the record of proxies */
int app_load_ledger(struct app *a, struct err *e);
int app_store_running(struct app *a);
void app_load_pools(struct app *a);

/* --- app_override.c --- */
void app_adopt_hands(struct app *a); /* what was done by hand on HAProxy's socket */

/* --- app_activity.c --- */
void app_note(struct app *a, const char *verb, struct str object, const char *actor,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with `before` and `after`; time and generation are filled in. */
void app_note_entry(struct app *a, struct activity *what);

/* Members that came and went, as activity. */
void app_note_members(struct app *a, const struct desired *old, const struct desired *new);

/* --- app_registry.c --- */
int app_registry_start(struct app *a, struct err *e);
void app_registry_stop(struct app *a);
/* The objects changed: who subscribes to what. */
bool app_subscribe(struct app *a, const struct objects *before); /* false: nothing changes */
struct pool_members app_members(void *app, struct arena *arena, const struct backend *b);

/* --- app_change.c --- */
void app_change_pump(struct app *a);   /* begin the next change, if none is under way */
void app_waiters_check(struct app *a); /* answer those whose generation is applied */
void app_changes_stop(struct app *a);

/* --- app_version.c: what HAProxy can do, before one answers --- */
void app_learn_version(struct app *a);

/* --- app_web.c --- */
int app_web_start(struct app *a, struct err *e);
void app_web_stop(struct app *a);

#endif
