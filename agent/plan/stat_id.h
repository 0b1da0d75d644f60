/* SPDX-License-Identifier: Apache-2.0 */
/* Names of stat objects: "stat/frontend/K", "stat/backend/K", "stat/backend/K/HOST:PORT". Pure. */
#ifndef THALASSA_PLAN_STAT_ID_H
#define THALASSA_PLAN_STAT_ID_H

#include "base/arena.h"
#include "base/err.h"

enum stat_kind { STAT_FRONTEND, STAT_BACKEND, STAT_MEMBER, STAT_KIND_COUNT };

const char *stat_kind_name(enum stat_kind kind); /* "frontend", "backend", "backendMember" */

/* One object, or with `all` every one of the kind: of members those of the backend `key`, or with
 * an empty one of all. */
struct stat_id {
    enum stat_kind kind;
    struct str key, member;
    bool all;
};

/* "stat/" may be missing. A member's address is written in the one way (endpoint.h) if it is one.
 * With `*` for the last part: all. ERR_INVALID. */
int stat_id_parse(struct arena *a, struct str text, struct stat_id *out, struct err *e);

/* `member` empty unless it is one. */
struct str stat_id_text(struct arena *a, enum stat_kind kind, struct str key, struct str member);

/* How the API names the server of a backend, which HAProxy calls KEY_HOST:PORT; a server of
 * another name keeps it. */
struct str stat_member_name(struct arena *a, struct str key, struct str server);

#endif
