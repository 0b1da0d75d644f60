/* SPDX-License-Identifier: Apache-2.0 */
/* POST /policies/try: a request told in JSON, and what would be decided about it and why.
 *
 *   {"frontend":"web","method":"GET","url":"http://host:port/path?query",
 *    "headers":{"X-Tenant":"a","X-Group":["a","b"]},"src":"10.1.2.3"}
 *
 * `frontend` may be absent when only one has policies, `method` is GET, `headers` and `src` may be
 * absent. The host is that of the headers, else of the url, which may also begin with its path. */
#ifndef THALASSA_POLICY_TRY_H
#define THALASSA_POLICY_TRY_H

#include "base/json_in.h"
#include "base/json_out.h"
#include "policy/decide.h"

/* Everything lives in `a`, or in `o`. ERR_INVALID with the field named. */
int try_parse(struct arena *a, const struct policy_set *set, const struct json *o,
              struct policy_request *out, struct err *e);

/* {"frontend","decision":"none"|"taken"|"undecided","policy","backend","set":{},
 *  "withoutAgent":{"decision","policy","backend","set"},"steps":[...]}: `withoutAgent` is what Lua
 * decides, the steps are those of trace_put. */
void try_put(struct json_out *o, const char *key, const struct policy_set *set,
             const struct policy_request *r, struct policy_scratch *s);

#endif
