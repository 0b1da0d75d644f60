/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: everything that the agent tells Prometheus. */
#include "app_late.h"
#include "app_override.h"
#include "app_spoa.h"
#include "app_stats.h"
#include "app_stream.h"
#include "app_view.h"
#include "app_workers.h"

#include <stdio.h>

static const double bounds_s[METER_BUCKETS] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,  0.5,    1,     2.5,  5,     10};

void app_meter_apply(struct app *a, double seconds)
{
    size_t i = 0;

    while (i < METER_BUCKETS && seconds > bounds_s[i])
        i++;
    a->meters.apply[i]++;
    a->meters.apply_s += seconds;
}

/* Fields are the program's own words; their number is bounded all the same. */
void app_meter_reload(struct app *a, const char *field)
{
    struct app_meters *m = &a->meters;
    size_t i = 1;

    while (i < m->reason_count && !str_eq_z(str_z(m->reloads[i].field), field))
        i++;
    if (!*field || i == METER_REASONS)
        i = 0;
    else if (i >= m->reason_count)
        (void)snprintf(m->reloads[i].field, METER_REASON_BYTES, "%.47s", field);
    m->reloads[i].count++;
    if (i >= m->reason_count)
        m->reason_count = i + 1;
}

static void put_simple(struct metrics *m, const char *name, enum metric_type type, const char *help,
                       int64_t value)
{
    metrics_family(m, name, type, help);
    metrics_put_int(m, NULL, 0, value);
}

static void put_reloads(const struct app_meters *meters, struct metrics *m)
{
    metrics_family(m, "thalassa_reloads_total", METRIC_COUNTER,
                   "Reloads of HAProxy by the agent, by the field that forced them.");
    for (size_t i = 0; i < meters->reason_count || i == 0; i++) {
        struct metric_label reason = {"reason", i ? str_z(meters->reloads[i].field) : STR("other")};
        metrics_put_int(m, &reason, 1, (int64_t)meters->reloads[i].count);
    }
}

static void put_operations(const struct app_meters *meters, struct metrics *m)
{
    metrics_family(m, "thalassa_operations_total", METRIC_COUNTER,
                   "Commands that HAProxy has answered, by kind and by what the answer means.");
    for (unsigned op = 0; op < REPLY_OPS; op++) {
        for (unsigned meaning = 0; meaning < METER_MEANINGS; meaning++) {
            struct metric_label labels[] = {
                {"operation", str_z(reply_op_words((enum reply_op)op))},
                {"result", str_z(reply_meaning_name((enum reply_meaning)meaning))}};
            if (meters->operations[op][meaning])
                metrics_put_int(m, labels, 2, (int64_t)meters->operations[op][meaning]);
        }
    }
}

void app_meters_metrics(struct app *a, struct metrics *m)
{
    struct metric_histogram apply = {bounds_s, METER_BUCKETS, a->meters.apply, a->meters.apply_s};

    put_reloads(&a->meters, m);
    put_operations(&a->meters, m);
    metrics_family(m, "thalassa_apply_seconds", METRIC_HISTOGRAM,
                   "Time from the first command of a plan to its last answer.");
    metrics_put_histogram(m, &apply);
}

static void put_haproxy(struct app *a, struct metrics *m)
{
    put_simple(m, "thalassa_haproxy_up", METRIC_GAUGE, "Whether HAProxy answers.", a->have != NULL);
    put_simple(m, "thalassa_haproxy_old_workers", METRIC_GAUGE,
               "Workers that a reload replaced and that still have connections.",
               (int64_t)a->old_workers.count);
    put_simple(m, "thalassa_plans_total", METRIC_COUNTER, "Plans sent to HAProxy.",
               (int64_t)a->plans_applied);
    put_simple(m, "thalassa_commands_total", METRIC_COUNTER, "Commands sent to HAProxy.",
               (int64_t)a->commands_sent);
    put_simple(m, "thalassa_pending_operations", METRIC_GAUGE, "Commands that are to be sent.",
               (int64_t)a->plan.count);
    put_simple(m, "thalassa_failed_objects", METRIC_GAUGE, "Objects that HAProxy does not take.",
               (int64_t)a->failed.count);
    put_simple(m, "thalassa_overrides", METRIC_GAUGE,
               "Members of which an operator said something.", (int64_t)app_count_overrides(a));
    app_meters_metrics(a, m);
}

static void put_registry(struct app *a, struct metrics *m)
{
    static const char *const states[] = {"starting", "ok", "down", "holding"};
    const char *state = app_registry_word(a);
    struct catalog *c = subscriptions_catalog(a->registry);
    struct pool_view *view;
    struct str name;

    put_simple(m, "thalassa_registry_up", METRIC_GAUGE, "Whether the registry answers.",
               subscriptions_status(a->registry).state == REGISTRY_OK);
    metrics_family(m, "thalassa_registry_state", METRIC_GAUGE,
                   "What the registry is like: 1 for the state that it is in.");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct metric_label label = {"state", str_z(states[i])};
        metrics_put_int(m, &label, 1, str_eq_z(label.value, state));
    }
    metrics_family(m, "thalassa_held_members", METRIC_GAUGE,
                   "Members kept although the registry does not name them.");
    for (size_t i = 0; (view = catalog_each(c, i, &name)); i++) {
        struct metric_label backend = {"backend", name};
        metrics_put_int(m, &backend, 1, (int64_t)view->held_count);
    }
}

static void put_store(struct app *a, struct metrics *m)
{
    static const struct str names[] = {{"state", 5}, {"history", 7}};

    metrics_family(m, "thalassa_store_bytes", METRIC_GAUGE, "Size of what the store keeps.");
    for (unsigned i = 0; i < STORE_ENV_COUNT; i++) {
        struct metric_label label = {"environment", names[i]};
        metrics_put_int(m, &label, 1, (int64_t)store_used_bytes(a->store, (enum store_env)i));
    }
    metrics_family(m, "thalassa_store_limit_bytes", METRIC_GAUGE, "Size that it may have.");
    for (unsigned i = 0; i < STORE_ENV_COUNT; i++) {
        struct metric_label label = {"environment", names[i]};
        metrics_put_int(m, &label, 1, i == STORE_STATE ? STORE_STATE_BYTES : STORE_HISTORY_BYTES);
    }
}

int app_view_metrics(struct app *a, struct metrics *m, struct err *e)
{
    struct metric_label build[] = {{"version", str_z(THALASSA_VERSION)},
                                   {"label", str_z(a->options->label)}};

    (void)e;
    metrics_family(m, "thalassa_build_info", METRIC_GAUGE,
                   "Version of the agent, and its --label.");
    metrics_put_int(m, build, 2, 1);
    put_simple(m, "thalassa_generation_desired", METRIC_GAUGE, "Stored generation.",
               (int64_t)a->stored->generation);
    put_simple(m, "thalassa_generation_applied", METRIC_GAUGE,
               "Generation that HAProxy was last seen to run.", (int64_t)a->applied_generation);
    put_haproxy(a, m);
    put_registry(a, m);
    put_store(a, m);
    app_spoa_metrics(a, m);
    app_stream_metrics(a, m);
    app_late_metrics(a, m);
    app_totals_metrics(a, m);
    app_stats_metrics(a, m);
    return 0;
}
