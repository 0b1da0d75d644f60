/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef THALASSA_BASE_UTF8_H
#define THALASSA_BASE_UTF8_H

#include "base/str.h"

/* Bytes of the character that `s` (not empty) begins with, 1 to 4; 0 if that is none. */
size_t utf8_length(struct str s);

/* How many bytes at the front of `s` are whole characters: s.n when all are. */
size_t utf8_valid(struct str s);

#endif
