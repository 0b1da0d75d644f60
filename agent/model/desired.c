/* SPDX-License-Identifier: Apache-2.0 */
#include "model/desired.h"

#include <stdlib.h>

const char *server_admin_name(enum server_admin a)
{
    static const char *const names[] = {"ready", "drain", "maint"};

    return names[a];
}

struct desired *desired_ref(struct desired *d)
{
    d->refs++;
    return d;
}

void desired_unref(struct desired *d)
{
    if (!d || --d->refs)
        return;
    for (size_t i = 0; i < d->frontend_count; i++)
        frontend_unref(d->frontends[i]);
    for (size_t i = 0; i < d->object_count; i++)
        backend_unref(d->objects[i]);
    for (size_t i = 0; i < d->split_count; i++)
        split_unref(d->splits[i]);
    arena_free(&d->arena);
    free(d);
}
