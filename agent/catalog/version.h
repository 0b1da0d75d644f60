/* SPDX-License-Identifier: Apache-2.0 */
/* The version of an instance: Meta.version if it is there, else the first tag that looks like one:
 *
 *   tag, less one leading "version-", "version=", "version:", or "v" before a digit,
 *   is digits, then any number of: '.' and one or more of [0-9A-Za-z+-]
 *
 *   1.0.0  v1.0.0  version-1.0.0  version=1.0.0  version:1.0.0   are all 1.0.0
 *   1.0.0-rc.1+b5                                                is itself
 *   v  vx1  version  1.  1..0  V1.0.0  a1.0                      are no versions
 *
 * Versions are compared as texts, byte by byte. */
#ifndef THALASSA_CATALOG_VERSION_H
#define THALASSA_CATALOG_VERSION_H

#include "base/str.h"

/* The version that a tag tells, as a view into it; p is NULL when it tells none. */
struct str version_of_tag(struct str tag);

#endif
