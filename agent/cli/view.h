/* SPDX-License-Identifier: Apache-2.0 */
/* The API's JSON as people read it. Pure: the time is an argument, and what is missing in the JSON
 * is shown as nothing, never an error, since the agent may be of another version. */
#ifndef THALASSA_CLI_VIEW_H
#define THALASSA_CLI_VIEW_H

#include "base/buf.h"
#include "base/json_in.h"
#include "cli/table.h"

enum { VIEW_NAME_WIDTH = 12 }; /* of what stands before the text of a row; two blanks follow */

struct view {
    struct buf *out;
    struct arena *arena; /* for whatever lives until the text is complete */
    bool colours;
    int64_t now_ms; /* wall clock */
};

typedef void view_put(struct view *v, const struct json *o);

void view_status(struct view *v, const struct json *o);
void view_plan(struct view *v, const struct json *o);
void view_frontends(struct view *v, const struct json *list);
void view_frontend(struct view *v, const struct json *o);
void view_backends(struct view *v, const struct json *list);
void view_backend(struct view *v, const struct json *o);
void view_members(struct view *v, const struct json *list);
void view_services(struct view *v, const struct json *o); /* GET /services */
void view_service(struct view *v, const struct json *o);  /* GET /services/{name} */
void view_splits(struct view *v, const struct json *list);
void view_split(struct view *v, const struct json *o);
void view_policies(struct view *v, const struct json *list);
void view_policy(struct view *v, const struct json *o);
void view_policy_try(struct view *v, const struct json *o); /* POST /policies/try */
void view_activity(struct view *v, const struct json *list);
/* The same piece by piece: a table without rows, and a row for it. */
void view_activity_open(struct view *v, struct table *t);
void view_activity_add(struct view *v, struct table *t, const struct json *entry);
/* Above or instead of the status that is watched. */
void view_now(struct view *v);
void view_no_answer(struct view *v, int64_t since_ms, struct str why);

/* --- what the views are made of --- */

/* A member of `o` as text: strings and numbers as they are, "yes" or "no"; else empty. */
struct str view_text(const struct json *o, const char *key);
int64_t view_number(const struct json *o, const char *key); /* 0 when it is none */
/* A list, for JSON_EACH; an empty one when it is none. */
const struct json *view_list(const struct json *o, const char *key);
size_t view_count(const struct json *o, const char *key);

/* "name          text", the text made safe; nothing when it is empty. */
void view_put_row(struct view *v, const char *name, struct str text);

/* "drain, weight 5: by 10.0.0.9, 2026-11-23 08:40:48 (5 min ago)" of an override; empty of none. */
struct str view_override(struct view *v, const struct json *o);

/* "2026-11-23 08:40:48", local time; empty for 0. */
struct str view_clock(struct view *v, int64_t ms);
/* "2026-11-23 08:40:48 (5 min ago)" */
struct str view_time(struct view *v, int64_t ms);
/* "3 h 2 min" */
struct str view_duration(struct view *v, int64_t seconds);

#endif
