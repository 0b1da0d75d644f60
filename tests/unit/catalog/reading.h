/* SPDX-License-Identifier: Apache-2.0 */
/* Readings written as text: words of HOST:PORT[@VERSION][!STATUS][*PASSING/WARNING][=NODE/ID], the
 * version 1.0.0, the status passing, weights 1/1 unless told; the first letter of a status does. */
#ifndef TEST_READING_H
#define TEST_READING_H

#include "catalog/pool.h"

struct service_read *reading_of(const char *service, const char *words);

/* Members as text, blank between: HOST:PORT:STATUS:WEIGHT[?][~HOLD], '?' if unusable; held ones
 * with the hold's name. In a panic the text begins with "panic ". */
const char *view_text(const struct pool_view *v);
const char *members_text(const struct member_list *list, bool panic);

#endif
