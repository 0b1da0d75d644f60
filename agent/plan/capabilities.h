/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy can do (capabilities.def): as the one that runs tells, else by the version of the
 * program. Nothing else asks for a version. Pure. */
#ifndef THALASSA_PLAN_CAPABILITIES_H
#define THALASSA_PLAN_CAPABILITIES_H

#include "base/json_out.h"

struct capabilities {
    bool known;  /* a version was seen */
    bool learnt; /* from the running process itself */
    unsigned major, minor;
    char version[64];
#define CAPABILITY(id, from, until, commands, what) bool id;
#include "plan/capabilities.def"
#undef CAPABILITY
};

enum { CAPABILITIES_OLDEST_MAJOR = 2, CAPABILITIES_OLDEST_MINOR = 6 };

/* `version` as `show info` or the first line of `haproxy -v` tells it: "2.6.12-1+deb12u4". -1 with
 * ERR_INVALID when it is none, or older than 2.6. */
int capabilities_of(struct str version, struct capabilities *out, struct err *e);

/* The same for a process that runs and was asked for its `help`, on a connection of level admin. */
int capabilities_learn(struct str version, struct str help, struct capabilities *out,
                       struct err *e);

/* The version in the text of `haproxy -v` or -vv: "HAProxy version 2.6.12-1+deb12u4 2026/...";
 * empty view when there is none. */
struct str capabilities_version(struct str text);

/* Does the text of `haproxy -vv` tell of Lua? */
bool capabilities_lua(struct str text);

/* {"guid":true,...} */
void capabilities_put(struct json_out *o, const char *key, const struct capabilities *c);

#endif
