/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two JSON texts of an object differ in what is worth telling. Pure. */
#ifndef THALASSA_WEB_LOOK_H
#define THALASSA_WEB_LOOK_H

#include "base/str.h"

/* Hash of a text that json_out wrote compactly, without the numbers of the members called
 * `fleeting` (a list that ends with NULL), at whatever depth. */
uint64_t look_of(struct str json, const char *const *fleeting);

#endif
