/* SPDX-License-Identifier: Apache-2.0 */
/* What the viewers of the stream are told, and in which order (live data, design.md section 9).
 *
 * The hub remembers the present message of each object (the snapshot), the last changes (the ring)
 * and what each viewer has yet to get (its outbox). A change has one number, the same for
 * everybody; all of them share its one message. It knows nothing of sockets and of time. */
#ifndef THALASSA_WEB_HUB_H
#define THALASSA_WEB_HUB_H

#include "web/outbox.h"
#include "web/ring.h"
#include "web/topics.h"

/* In the order of a snapshot. */
enum hub_type {
    HUB_FRONTEND,
    HUB_BACKEND,
    HUB_SPLIT,
    HUB_POLICY,
    HUB_STATUS,
    HUB_ACTIVITY,
    HUB_TYPES
};

struct hub_limits {
    size_t ring_messages, ring_bytes;
    size_t backlog_bytes; /* a viewer that is further behind than that, and a snapshot, is lost */
    size_t activity;      /* entries of a snapshot */
};

struct hub_limits hub_limits_default(void);

struct hub;

struct viewer {
    struct hub *hub;
    struct viewer *prev, *next;         /* all viewers */
    struct viewer *prev_due, *next_due; /* those that have something to get, or are lost */
    bool is_due;
    bool live; /* greeted: gets changes */
    bool lost; /* too far behind: nothing more is kept for it */
    struct outbox out;
    size_t allowed_bytes;
    struct topic_list topics;
    size_t stat_bytes;   /* statistics in `out`: they do not make it lost ... */
    unsigned stat_round; /* ... since none are added */
    bool stat_skip;      /* while those of the round before are there */
};

/* The first change has number `first_seq`. `hello` is put into each greeting: members of a JSON
 * object, such as "\"epoch\":\"..\"". */
struct hub *hub_new(const struct hub_limits *limits, uint64_t first_seq, struct str epoch,
                    struct str hello);
void hub_free(struct hub *h); /* after all viewers have left */

/* --- changes: `object` is a JSON text --- */

/* `look` is what two texts of the object have in common as long as nobody needs to be told. False:
 * it is the one that was told last, and nothing happens. */
bool hub_set(struct hub *h, enum hub_type type, struct str id, struct str object, uint64_t look);
bool hub_del(struct hub *h, enum hub_type type, struct str id); /* false: there is none */
void hub_note_activity(struct hub *h, struct str entry);
/* Entries from before this hub's life: for snapshots, oldest first; no change. */
void hub_remember_activity(struct hub *h, struct str entry);
uint64_t hub_seq(const struct hub *h); /* of the last change */

/* --- viewers --- */

void hub_join(struct hub *h, struct viewer *v); /* `v` is zeroed; hears nothing yet */
void hub_leave(struct hub *h, struct viewer *v);

struct hub_resume {
    uint64_t seq;     /* the last change that the viewer has */
    struct str epoch; /* empty: not told */
};

/* Greets: hello, then what came after `resume` if that can be told without a gap, else all that
 * there is; ready. What waited for the viewer before is dropped, but for answers. `resume` NULL:
 * all. */
void hub_greet(struct hub *h, struct viewer *v, const struct hub_resume *resume);

/* To one viewer: `members` of a JSON object behind type, op and seq, such as "\"error\":\"..\"". */
void hub_answer(struct hub *h, struct viewer *v, const char *type, struct str members);

/* The viewer that waits longest to be served, out of the line; NULL: nobody waits. */
struct viewer *hub_next_due(struct hub *h);
void hub_make_due(struct hub *h, struct viewer *v); /* again, at the end of the line */
bool hub_has_due(const struct hub *h);
void hub_sent(struct viewer *v, size_t bytes);

/* --- statistics --- */

struct topics *hub_topics(struct hub *h);

/* To those of the topic; `only` not NULL: to this one. */
void hub_stat(struct hub *h, struct topic *topic, struct viewer *only, struct str id,
              struct str object);
/* All of the topic were told since topics_begin: to all of it, what is gone is told as well. */
void hub_stat_end(struct hub *h, struct topic *topic, struct viewer *only);

#endif
