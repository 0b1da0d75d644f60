/* SPDX-License-Identifier: Apache-2.0 */
/* A backend's `server`: options for each of its servers, the same in the file and in `add server`.
 */
#ifndef THALASSA_MODEL_SERVER_OPTIONS_H
#define THALASSA_MODEL_SERVER_OPTIONS_H

#include "model/object.h"

/* Take lists such as ["maxconn 100", "ssl verify none check-ssl"] apart and check each keyword
 * against server_keywords.def; *options becomes one element per keyword, times with a unit. Errors
 * name server[i]. */
int server_options_check(struct arena *a, struct str_list *options, struct err *e);

/* True if the keyword is among the options. */
bool server_options_have(const struct str_list *options, const char *keyword);

#endif
