/* SPDX-License-Identifier: Apache-2.0 */
/* Splits and policies, as the API shows them. */
#include "app_view.h"

#include "policy/try.h"

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

int app_view_policy(struct app *a, struct str name, struct buf *out, struct etag *etag,
                    struct err *e)
{
    const struct policy *p = objects_policy(a->stored, name);
    struct json_out o;

    if (!p)
        return err_set(e, ERR_NOT_FOUND, "no policy \"" STR_FMT "\"", STR_ARG(name));
    json_out_init(&o, out, false);
    policy_put(&o, NULL, p);
    json_out_fini(&o);
    *etag = etag_of(buf_str(out));
    return 0;
}

int app_view_policies(struct app *a, struct buf *out, struct err *e)
{
    struct json_out o;

    (void)e;
    json_out_init(&o, out, false);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < a->stored->policy_count; i++)
        policy_put(&o, NULL, a->stored->policies[i]);
    json_close_array(&o);
    json_out_fini(&o);
    return 0;
}

/* A misspelt name would be answered with "no policy decides". */
static int check_frontend(const struct app *a, const struct policy_set *set, struct str name,
                          struct err *e)
{
    struct str_list named = policy_set_frontends(set); /* it may come later than its policies */

    for (size_t i = 0; i < named.count; i++) {
        if (str_eq(named.items[i], name))
            return 0;
    }
    if (objects_frontend(a->stored, name))
        return 0;
    return err_field(e, "frontend", "frontend: there is none called \"" STR_FMT "\"",
                     STR_ARG(name));
}

int app_try_policies(struct app *a, const struct json *request, struct buf *out, struct err *e)
{
    struct policy_set *set = policy_set_new((const struct policy *const *)a->stored->policies,
                                            a->stored->policy_count, e);
    struct policy_scratch *scratch = policy_scratch_new();
    struct policy_request r;
    struct arena arena = ARENA_INIT;
    struct json_out o;
    int rc = set ? try_parse(&arena, set, request, &r, e) : -1;

    if (rc == 0)
        rc = check_frontend(a, set, r.frontend, e);
    if (rc == 0) {
        json_out_init(&o, out, false);
        try_put(&o, NULL, set, &r, scratch);
        json_out_fini(&o);
    }
    policy_scratch_free(scratch);
    policy_set_free(set);
    arena_free(&arena);
    return rc;
}
