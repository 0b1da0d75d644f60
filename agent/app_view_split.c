/* SPDX-License-Identifier: Apache-2.0 */
#include "app_view.h"

int app_view_split(struct app *a, struct str backend, struct buf *out, struct etag *etag,
                   struct err *e)
{
    const struct split *s = objects_split(a->stored, backend);
    struct json_out o;

    if (!s)
        return err_set(e, ERR_NOT_FOUND, "backend \"" STR_FMT "\" has no split", STR_ARG(backend));
    json_out_init(&o, out, false);
    split_put(&o, NULL, s);
    json_out_fini(&o);
    *etag = etag_of(buf_str(out));
    return 0;
}

int app_view_splits(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    app_put_splits(a, &o, NULL);
    json_out_fini(&o);
    return 0;
}

void app_put_splits(struct app *a, struct json_out *o, const char *key)
{
    json_open_array(o, key);
    for (size_t i = 0; i < a->stored->split_count; i++)
        split_put(o, NULL, a->stored->splits[i]);
    json_close_array(o);
}
