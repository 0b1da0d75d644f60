/* SPDX-License-Identifier: Apache-2.0 */
#include "app_store_import.h"

#include "base/log.h"
#include "store/persistence.h"

static int report_import(const struct app *a, const struct persistence *p, struct err *e)
{
    for (size_t i = 0; i < p->warnings.count; i++)
        log_warn("--persistence: " STR_FMT, STR_ARG(p->warnings.items[i]));
    for (size_t i = 0; i < p->problems.count; i++)
        log_error("--persistence: " STR_FMT, STR_ARG(p->problems.items[i]));
    if (p->problems.count && !a->options->importSkipBad)
        return err_set(e, ERR_INVALID,
                       "--persistence %s: %zu objects cannot be imported (--importSkipBad leaves "
                       "them out)",
                       a->options->persistence, p->problems.count);
    return 0;
}

int app_store_import(struct app *a, struct err *e)
{
    struct persistence p;
    struct objects *next;
    int rc = persistence_read(a->options->persistence, &p, e);

    if (rc) {
        persistence_free(&p);
        return e->kind == ERR_NOT_FOUND ? 0 : err_wrap(e, "--persistence");
    }
    rc = report_import(a, &p, e);
    if (rc == 0 && p.frontend_count + p.backend_count) {
        next = objects_copy(a->stored);
        for (size_t i = 0; i < p.frontend_count; i++)
            objects_put_frontend(next, p.frontends[i]);
        for (size_t i = 0; i < p.backend_count; i++)
            objects_put_backend(next, p.backends[i]);
        for (size_t i = 0; i < p.split_count; i++)
            objects_put_split(next, p.splits[i]);
        for (size_t i = 0; i < p.policy_count; i++)
            objects_put_policy(next, p.policies[i]);
        for (size_t i = 0; i < p.override_count; i++)
            objects_put_overrides(next, p.overrides[i]);
        next->generation = 1;
        rc = app_store_objects(a, next, e);
        objects_unref(a->stored);
        a->stored = next;
        log_info("imported %zu frontends and %zu backends from %s", p.frontend_count,
                 p.backend_count, a->options->persistence);
    }
    persistence_free(&p);
    return rc;
}
