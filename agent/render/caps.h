/* SPDX-License-Identifier: Apache-2.0 */
/* What the text must know about the HAProxy that will read it. Filled from the one table of
 * capabilities (haproxy/), never from a version number here. */
#ifndef THALASSA_RENDER_CAPS_H
#define THALASSA_RENDER_CAPS_H

#include <stdbool.h>

struct render_caps {
    bool guid;          /* 3.0: `guid` on frontends, backends and servers */
    bool stats_file;    /* 3.0: global `stats-file` */
    bool pool_keywords; /* 2.6: a server added at runtime has an idle pool only when told so */
    bool mode_spop;     /* 3.1: `mode spop` */
    bool init_state;    /* 3.2: `init-state` on servers */
    bool lua_bools;     /* 3.2: warns when `tune.lua.bool-sample-conversion` is not set */
    bool lua;           /* it was built with Lua */
};

#endif
