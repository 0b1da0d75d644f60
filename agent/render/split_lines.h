/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a frontend that carry out splits, behind the lookups of rules and default: what is
 * in txn.be when they begin may be another backend's name when they end (model/split.h). Variables,
 * of the transaction:
 *
 *   split  the backend's entry in splits.map      bkt  xxh32(KEY ":" BACKEND, seed 0) mod 10000
 *
 * KEY is the value of the first sticky cookie that the request has, else the source address. */
#ifndef THALASSA_RENDER_SPLIT_LINES_H
#define THALASSA_RENDER_SPLIT_LINES_H

#include "render/line.h"

/* Sticky cookies are those of the line's environment. */
void split_lines(struct line_out *o);

#endif
