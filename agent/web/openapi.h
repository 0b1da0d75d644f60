/* SPDX-License-Identifier: Apache-2.0 */
/* openapi.json, embedded at build time. */
#ifndef THALASSA_WEB_OPENAPI_H
#define THALASSA_WEB_OPENAPI_H

#include "base/str.h"

struct str openapi_text(void);

#endif
