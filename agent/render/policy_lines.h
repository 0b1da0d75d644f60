/* SPDX-License-Identifier: Apache-2.0 */
/* The lines by which HAProxy asks for decisions: the agent by SPOE, and where it does not answer,
 * or is off, lua/thalassa.lua. What is in txn.be when those of a frontend begin may be another
 * backend's name when they end. Variables, of the transaction:
 *
 *   ask  the frontend's entry in policies.map: without one nothing is asked
 *   thalassa.backend, thalassa.policy, and those that a policy sets: the decision
 *   thalassa.done     "agent" or "lua": who took it, also where no policy holds; "maps": nobody,
 *                     since the request fits into no question to the agent
 *   thalassa.err      why the agent gave no answer (option set-on-error)
 *
 * Which of them are written is in the line's environment: nothing at all without agent and Lua. */
#ifndef THALASSA_RENDER_POLICY_LINES_H
#define THALASSA_RENDER_POLICY_LINES_H

#include "base/arena.h"
#include "render/line.h"

#define POLICY_AGENTS "thalassa.agents" /* the agent's backend */

/* In a frontend: `filter`, and behind the lines of splits what asks. */
void policy_filter_line(struct line_out *o);
void policy_lines(struct line_out *o);

/* More of a use_backend line's condition: or a policy has led here. */
void policy_use_condition(struct line_out *o);

/* The body of the agent's backend, and what loads lua/thalassa.lua, for `global`. */
void policy_agents_lines(struct line_out *o);
void policy_lua_lines(struct line_out *o);

/* Where HAProxy finds an agent that listens there: "*:10001" is 127.0.0.1:10001, "/run/x.sock" is
 * unix@/run/x.sock. */
struct str policy_agent_address(struct arena *a, struct str listen);

#endif
