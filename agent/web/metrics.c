/* SPDX-License-Identifier: Apache-2.0 */
#include "web/metrics.h"

#include <inttypes.h>
#include <math.h>

void metrics_init(struct metrics *m, struct buf *to)
{
    *m = (struct metrics){.to = to};
}

/* Label values escape backslash, quote and line feed; HELP texts the first and the last. */
static void put_escaped(struct buf *to, struct str s, bool quotes)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n') {
            buf_add_z(to, "\\n");
            continue;
        }
        if (c == '\\' || (c == '"' && quotes))
            buf_add_char(to, '\\');
        buf_add_char(to, c);
    }
}

void metrics_family(struct metrics *m, const char *name, enum metric_type type, const char *help)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};

    m->name = name;
    buf_printf(m->to, "# HELP %s ", name);
    put_escaped(m->to, str_z(help), false);
    buf_printf(m->to, "\n# TYPE %s %s\n", name, types[type]);
}

static void put_name(struct metrics *m, const struct metric_label *labels, size_t count)
{
    buf_add_z(m->to, m->name);
    for (size_t i = 0; i < count; i++) {
        buf_printf(m->to, "%c%s=\"", i ? ',' : '{', labels[i].name);
        put_escaped(m->to, labels[i].value, true);
        buf_add_char(m->to, '"');
    }
    buf_add_z(m->to, count ? "} " : " ");
}

void metrics_put_int(struct metrics *m, const struct metric_label *labels, size_t count,
                     int64_t value)
{
    put_name(m, labels, count);
    buf_printf(m->to, "%" PRId64 "\n", value);
}

void metrics_put_double(struct metrics *m, const struct metric_label *labels, size_t count,
                        double value)
{
    put_name(m, labels, count);
    if (isnan(value))
        buf_add_z(m->to, "NaN\n");
    else if (isinf(value))
        buf_add_z(m->to, value > 0 ? "+Inf\n" : "-Inf\n");
    else
        buf_printf(m->to, "%.15g\n", value);
}

void metrics_put_histogram(struct metrics *m, const struct metric_histogram *h)
{
    uint64_t count = 0;

    for (size_t i = 0; i < h->bound_count; i++) {
        count += h->counts[i];
        buf_printf(m->to, "%s_bucket{le=\"%.15g\"} %" PRIu64 "\n", m->name, h->bounds[i], count);
    }
    count += h->counts[h->bound_count];
    buf_printf(m->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", m->name, count);
    buf_printf(m->to, "%s_sum %.15g\n%s_count %" PRIu64 "\n", m->name, h->sum, m->name, count);
}
