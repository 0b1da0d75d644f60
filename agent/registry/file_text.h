/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a catalog file -> one reading per service. */
#ifndef THALASSA_REGISTRY_FILE_TEXT_H
#define THALASSA_REGISTRY_FILE_TEXT_H

#include "catalog/instance.h"

enum { FILE_TEXT_BYTES_MAX = 8 * 1024 * 1024, FILE_TEXT_SERVICES_MAX = 10000 };

struct file_text {
    struct service_read **reads; /* sorted by service */
    size_t count;
};

/* All or nothing: one service that cannot be read fails the whole text. */
int file_text_parse(struct str text, struct file_text *out, struct err *e);
void file_text_free(struct file_text *t); /* leaves an empty one */

/* Borrowed; NULL when the text does not name the service. */
struct service_read *file_text_find(const struct file_text *t, struct str service);

#endif
