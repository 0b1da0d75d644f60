/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/options.h"

static void otherwise(unsigned *value, unsigned standard)
{
    if (*value == 0)
        *value = standard;
}

const char *spop_options_complete(const struct spop_options *given, struct spop_options *o)
{
    *o = *given;
    otherwise(&o->threads, 1);
    otherwise(&o->unix_mode, 0660);
    otherwise(&o->max_frame_bytes, SPOP_DEFAULT_FRAME_BYTES);
    otherwise(&o->max_connections, 4096);
    otherwise(&o->hello_ms, 5000);
    otherwise(&o->frame_ms, 5000);
    otherwise(&o->idle_ms, 600000);
    otherwise(&o->write_ms, 5000);
    if (o->max_held_bytes == 0)
        o->max_held_bytes = 32 << 20;
    if (!o->on_notify)
        return "no handler";
    if (o->threads > SPOP_MAX_THREADS)
        return "too many threads";
    if (o->listen_count == 0 || o->listen_count > SPOP_MAX_ADDRESSES)
        return "no address to listen on, or too many";
    if (o->max_frame_bytes < SPOP_MIN_FRAME_BYTES || o->max_frame_bytes > SPOP_MAX_FRAME_BYTES)
        return "frames too small or too large";
    return NULL;
}
