/* SPDX-License-Identifier: Apache-2.0 */
#include "web/params.h"

#include <string.h>

static int read_flag(const struct param *p, bool *out, struct err *e)
{
    *out = p->value.n == 0 || str_eq_z(p->value, "true") || str_eq_z(p->value, "1");
    if (*out || str_eq_z(p->value, "false") || str_eq_z(p->value, "0"))
        return 0;
    return err_field(e, p->name.p, "%s: must be true or false, not \"" STR_FMT "\"", p->name.p,
                     STR_ARG(p->value));
}

static int read_number(const struct param *p, uint64_t min, uint64_t max, uint64_t *out,
                       struct err *e)
{
    if (str_u64(p->value, out) == 0 && *out >= min && *out <= max)
        return 0;
    return err_field(e, p->name.p, "%s: must be a number from %llu to %llu, not \"" STR_FMT "\"",
                     p->name.p, (unsigned long long)min, (unsigned long long)max,
                     STR_ARG(p->value));
}

static int read_wait(const struct param *p, uint64_t *out_ms, struct err *e)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}}; /* "ms" before "s" */
    struct str digits = p->value;
    uint64_t n;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_ends(p->value, str_z(units[i].unit)))
            continue;
        digits.n -= strlen(units[i].unit);
        if (str_u64(digits, &n) || n > PARAM_WAIT_MAX_MS / units[i].ms)
            break;
        *out_ms = n * units[i].ms;
        return 0;
    }
    return err_field(e, p->name.p,
                     "%s: must be a time up to %ds, such as 500ms or 5s, not \"" STR_FMT "\"",
                     p->name.p, PARAM_WAIT_MAX_MS / 1000, STR_ARG(p->value));
}

static int read_text(const struct param *p, size_t max, struct str *out, struct err *e)
{
    if (p->value.n > max)
        return err_field(e, p->name.p, "%s: more than %zu bytes", p->name.p, max);
    *out = p->value;
    return 0;
}

static int read_one(const struct param *p, struct params *out, struct err *e)
{
    if (str_eq_z(p->name, "dryRun"))
        return read_flag(p, &out->dry_run, e);
    if (str_eq_z(p->name, "force"))
        return read_flag(p, &out->force, e);
    if (str_eq_z(p->name, "prune"))
        return read_flag(p, &out->prune, e);
    if (str_eq_z(p->name, "strict"))
        return read_flag(p, &out->strict, e);
    if (str_eq_z(p->name, "oldest"))
        return read_flag(p, &out->oldest, e);
    if (str_eq_z(p->name, "wait"))
        return read_wait(p, &out->wait_ms, e);
    if (str_eq_z(p->name, "since"))
        return read_number(p, 0, INT64_MAX, &out->since, e);
    if (str_eq_z(p->name, "limit")) {
        out->has_limit = true;
        return read_number(p, 1, PARAM_LIMIT_MAX, &out->limit, e);
    }
    if (str_eq_z(p->name, "filter"))
        return read_text(p, PARAM_FILTER_MAX, &out->filter, e);
    if (str_eq_z(p->name, "resume")) {
        out->has_resume = true;
        return read_number(p, 0, INT64_MAX, &out->resume, e);
    }
    if (str_eq_z(p->name, "epoch"))
        return read_text(p, PARAM_EPOCH_MAX, &out->epoch, e);
    if (str_eq_z(p->name, "type"))
        return read_text(p, PARAM_FILTER_MAX, &out->type, e);
    if (str_eq_z(p->name, "backend"))
        return read_text(p, PARAM_FILTER_MAX, &out->backend, e);
    return err_field(e, p->name.p, "%s: no such parameter", p->name.p);
}

static bool is_allowed(struct str name, const char *allowed)
{
    struct str rest = str_z(allowed), word;

    while ((word = str_word(&rest)).n) {
        if (str_eq(word, name))
            return true;
    }
    return false;
}

static bool is_repeated(const struct target *t, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (str_eq(t->params[i].name, t->params[at].name))
            return true;
    }
    return false;
}

int params_read(const struct target *t, const char *allowed, struct params *out, struct err *e)
{
    *out = (struct params){.limit = PARAM_LIMIT_DEFAULT};
    for (size_t i = 0; i < t->param_count; i++) {
        const struct param *p = &t->params[i];
        if (!is_allowed(p->name, allowed))
            return err_field(e, p->name.p, "%s: this call takes no such parameter", p->name.p);
        if (is_repeated(t, i))
            return err_field(e, p->name.p, "%s: is there twice", p->name.p);
        if (read_one(p, out, e))
            return -1;
    }
    return 0;
}
