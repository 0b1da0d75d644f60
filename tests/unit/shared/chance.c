/* SPDX-License-Identifier: Apache-2.0 */
#include "chance.h"

unsigned chance(uint64_t *state, unsigned below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(*state >> 33) % below;
}
