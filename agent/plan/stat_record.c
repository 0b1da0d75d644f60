/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of frontends and backends as records: a whole one, then what differs. */
#include "plan/stats_inside.h"

#include "base/hash.h"
#include "plan/pack.h"

#include <string.h>

enum { PART, WHOLE };

static const uint64_t nothing[STAT_VALUES];

uint64_t stats_layout(void)
{
    static const char columns[] =
#define COUNTER(id, column, of, metric, label, help) column " "
#include "plan/counters.def"
#undef COUNTER
#define GAUGE(id, column, kind) column " "
#include "plan/gauges.def"
#undef GAUGE
        ;

    return hash_str((struct str){columns, sizeof columns - 1});
}

void stats_put_sample(struct stats *s, bool whole, struct buf *out)
{
    whole = whole || s->whole_due || s->records >= STATS_WHOLE_EACH;
    pack_number(out, whole ? WHOLE : PART);
    if (whole)
        pack_number(out, stats_layout());
    pack_number(out, (uint64_t)stats_time(s, 0)->wall_ms);
    pack_number(
        out, s->time_count < 2 ? 0 : (uint64_t)(stats_time(s, 0)->at_ms - stats_time(s, 1)->at_ms));
    for (size_t i = 0; i < s->count && s->index[i]->kind != STAT_MEMBER; i++) {
        const struct series *one = s->index[i];
        if (whole) {
            pack_number(out, one->kind);
            pack_text(out, one->key);
        }
        pack_values(out, whole ? nothing : one->before, one->last, STAT_VALUES);
    }
    s->whole_due = buf_failed(out);
    s->records = whole ? 1 : s->records + 1;
}

/* stats_add takes ages for GAUGE_CHANGED_S, records have the second. */
static void add(struct stats *s, enum stat_kind kind, struct str key, uint64_t *values)
{
    uint64_t *changed = &values[COUNTER_COUNT + GAUGE_CHANGED_S];
    uint64_t now = (uint64_t)stats_time(s, 0)->wall_ms / 1000;

    *changed = now > *changed ? now - *changed : 0;
    stats_add(s, kind, key, STR(""), values);
}

static int load_whole(struct stats *s, struct str rest)
{
    while (rest.n) {
        uint64_t kind, values[STAT_VALUES] = {0};
        struct str key;
        if (unpack_number(&rest, &kind) || kind >= STAT_MEMBER || unpack_text(&rest, &key) ||
            unpack_values(&rest, values, STAT_VALUES))
            return -1;
        add(s, (enum stat_kind)kind, key, values);
    }
    return 0;
}

static int load_part(struct stats *s, struct str rest)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct series *one = s->index[i];
        uint64_t values[STAT_VALUES];
        memcpy(values, one->last, sizeof values);
        if (unpack_values(&rest, values, STAT_VALUES))
            return -1;
        add(s, one->kind, one->key, values);
    }
    return rest.n ? -1 : 0;
}

int stats_load_sample(struct stats *s, struct str record)
{
    uint64_t what, layout = stats_layout(), wall_ms, elapsed_ms;
    int rc;

    if (unpack_number(&record, &what) || what > WHOLE ||
        (what == WHOLE && unpack_number(&record, &layout)) || layout != stats_layout() ||
        unpack_number(&record, &wall_ms) || wall_ms > INT64_MAX / 2 ||
        unpack_number(&record, &elapsed_ms) || elapsed_ms > INT32_MAX)
        return -1;
    if (what == PART && !s->time_count)
        return 0;
    stats_begin(s, (int64_t)elapsed_ms, (int64_t)wall_ms);
    rc = what == WHOLE ? load_whole(s, record) : load_part(s, record);
    stats_end(s);
    s->whole_due = true;
    return rc;
}
