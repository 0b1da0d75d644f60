/* SPDX-License-Identifier: Apache-2.0 */
/* Natives: raw configuration lines of the operator. What Thalassa writes itself is refused with a
 * pointer to the field, and so is a line that would start another section. */
#ifndef THALASSA_MODEL_NATIVES_H
#define THALASSA_MODEL_NATIVES_H

#include "model/object.h"

/* Trim the lines, drop empty ones, and check them; `frontend` chooses the table of refused words.
 * Errors name natives[i]. */
int natives_check(struct str_list *natives, bool frontend, struct err *e);

/* The word that decides what a line does, without a leading "no". */
struct str native_keyword(struct str line);

#endif
