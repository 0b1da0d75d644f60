/* SPDX-License-Identifier: Apache-2.0 */
/* Fault hook for tests: a build with THALASSA_FAULTS (preset asan) can be told by the environment
 * to die at the Nth write, fsync, rename or socket send: THALASSA_FAULT=kill:N. Elsewhere nothing.
 */
#ifndef THALASSA_BASE_FAULT_H
#define THALASSA_BASE_FAULT_H

#ifdef THALASSA_FAULTS
void fault_point(const char *place); /* such as "file.rename": SIGKILL to ourselves when due */
#else
#define fault_point(place) ((void)0)
#endif

#endif
