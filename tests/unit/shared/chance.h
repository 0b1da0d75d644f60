/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers at random, the same ones each time. */
#ifndef TEST_CHANCE_H
#define TEST_CHANCE_H

#include <stdint.h>

/* From 0 to below - 1; *state is the seed at first. */
unsigned chance(uint64_t *state, unsigned below);

#endif
