/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own below /tmp. */
#ifndef THALASSA_TESTS_FOLDER_H
#define THALASSA_TESTS_FOLDER_H

enum { FOLDER_PATH = 64 };

/* Fails the test when it cannot be made. */
void folder_make(char path[FOLDER_PATH], const char *what);
/* With all that is in it. */
void folder_remove(const char *path);

#endif
