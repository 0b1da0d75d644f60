/* SPDX-License-Identifier: Apache-2.0 */
/* The Consul token out of its file. Never written anywhere, wiped from memory when it changes. */
#ifndef THALASSA_REGISTRY_TOKEN_H
#define THALASSA_REGISTRY_TOKEN_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { TOKEN_BYTES_MAX = 512 };

struct token {
    char path[4096]; /* empty: no token */
    char text[TOKEN_BYTES_MAX];
    int64_t changed_ns, size; /* of the file that was read */
    uint64_t inode;
};

/* `path` may be NULL: no token. The file must hold one line. */
int token_init(struct token *t, const char *path, struct err *e);

/* Read the file again if it is another one now; `force`: in any case. On failure the former token
 * stays. True if the token changed. */
bool token_refresh(struct token *t, bool force, struct err *e);

void token_wipe(struct token *t);

#endif
