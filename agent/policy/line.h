/* SPDX-License-Identifier: Apache-2.0 */
/* A policy as one line for lua/thalassa.lua, which decides in HAProxy when the agent does not. The
 * lines lie in two maps, which change at runtime like any other:
 *
 *   policies.map      frontend -> names of its enabled policies in the order of decision, parted by
 *                     ','; setting this entry is what makes a new list count
 *   policy-lines.map  name -> line
 *
 * So a new policy is a line first and a name in the list then; one that goes, the other way round.
 * A name whose line is missing or cannot be read is undecided: the maps' route holds.
 *
 * Line: tokens parted by ','. In a token every byte but A-Z a-z 0-9 . _ : / @ + = - is written %41.
 *
 *   line      = "1" BACKEND COUNT (NAME VALUE){COUNT} test        BACKEND may be empty
 *   test      = "a" COUNT test{COUNT} | "o" COUNT test{COUNT} | "n" test      all, any, not
 *             | "h" condition | "p" condition                                 host, path
 *             | "H" NAME condition | "C" NAME condition | "Q" NAME condition  header, cookie, query
 *             | "m" COUNT METHOD{COUNT}
 *             | "s" COUNT RANGE{COUNT} COUNT RANGE{COUNT}          IPv4, IPv6: first and last
 * address | "k" SHARE ("s" | "c" NAME | "h" NAME)              in hexadecimal, without a part
 *   condition = "e" TEXT | "b" TEXT | "z" TEXT | "c" TEXT | "r" | "i" COUNT TEXT{COUNT} | "y" | "x"
 *
 * The letters are those of model/match_kinds.def and model/condition_ops.def. */
#ifndef THALASSA_POLICY_LINE_H
#define THALASSA_POLICY_LINE_H

#include "base/buf.h"
#include "model/policy.h"

/* A line, and the names of one frontend. Both go into one command of HAProxy's admin socket. */
enum { POLICY_LINE_BYTES = 12 * 1024 };

/* Append the line to `to`, which the caller has initialised. ERR_TOO_LARGE, field "match", when it
 * would have more than POLICY_LINE_BYTES: to be asked before a policy is stored. */
int policy_line(const struct policy *p, struct buf *to, struct err *e);

/* Append the value of the frontend's entry in policies.map; nothing when it has no enabled policy:
 * then it must have no entry. ERR_TOO_LARGE, field "frontend", when the names are too long. */
int policy_names(const struct policy *const *policies, size_t count, struct str frontend,
                 struct buf *to, struct err *e);

#endif
