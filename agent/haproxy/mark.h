/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a configuration that Thalassa wrote: tells it from an operator's own file, and
 * from one that was edited by hand since. Pure. */
#ifndef THALASSA_HAPROXY_MARK_H
#define THALASSA_HAPROXY_MARK_H

#include "base/buf.h"

enum mark {
    MARK_FOREIGN, /* no mark: somebody else's file */
    MARK_OURS,    /* as it was written */
    MARK_EDITED   /* ours once, changed by hand since */
};

/* Append "# thalassa: generated, do not edit; generation N; checksum HEX\n" and the configuration.
 */
void mark_write(struct buf *to, uint64_t generation, struct str config);

enum mark mark_check(struct str text);

#endif
