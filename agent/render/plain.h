/* SPDX-License-Identifier: Apache-2.0 */
/* Does a template leave backends to the runtime? Found by rendering it with objects made up for
 * that and looking at what it writes, since a template is free to do as it likes. Pure. */
#ifndef THALASSA_RENDER_PLAIN_H
#define THALASSA_RENDER_PLAIN_H

#include "render/config.h"

struct plain {
    bool at_runtime; /* backends are plain, and frontends find them by the map of proxies alone */
    bool spares;     /* spares are written when they are asked for */
    char why[160];   /* not at_runtime: for people, "it writes backends without a profile" */
};

/* Only template, partials and paths of `in` count, none of its objects. A template that does not
 * render is not at_runtime, and `why` names its fault. */
void plain_probe(const struct render_input *in, struct plain *out);

#endif
