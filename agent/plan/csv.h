/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of HAProxy's CSV: `show stat`, `dump stats-file`. */
#ifndef THALASSA_PLAN_CSV_H
#define THALASSA_PLAN_CSV_H

#include "base/str.h"

/* Cut the next field off the front of `*rest` (str_cut's way). Quotes around it are taken off; a
 * doubled quote inside is left as it is, since no field that is read here has one. */
struct str csv_field(struct str *rest);

#endif
