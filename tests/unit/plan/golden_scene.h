/* SPDX-License-Identifier: Apache-2.0 */
/* Two states and the commands between them, as text. Objects and members as the API has them go
 * through build_desired, the planner and the simulated HAProxy. */
#ifndef THALASSA_TESTS_GOLDEN_SCENE_H
#define THALASSA_TESTS_GOLDEN_SCENE_H

#include <stdint.h>

/* HAProxy runs `have`, then `want` is wanted until the plans are empty; what was done is compared
 * with `file`. A state: {'frontends':{NAME:{..}},'backends':{NAME:{..}},'members':{BACKEND:[..]},
 * 'overrides':{BACKEND:[..]}}. `sessions`: of each server when `want` begins. Fails the test when a
 * command is refused or the plans do not end. */
void golden_check(const char *file, const char *have, const char *want, unsigned sessions,
                  int64_t warmup_ms);

#endif
