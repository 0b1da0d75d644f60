/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stat_put.h"

#include "plan/stat_words.h"

/* Per second. */
static void put_rate(struct json_out *o, const char *key, uint64_t growth, uint64_t elapsed_ms)
{
    json_put_decimal(o, key, elapsed_ms ? (double)growth * 1000.0 / (double)elapsed_ms : 0.0);
}

static void put_count(struct json_out *o, const char *key, uint64_t value)
{
    json_put_int(o, key, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void put_gauge(struct json_out *o, const char *key, const struct stat_row *s,
                      enum gauge gauge)
{
    put_count(o, key, stat_gauge(s, gauge));
}

static void put_counter(struct json_out *o, const char *key, const struct stat_row *s,
                        enum counter c)
{
    put_count(o, key, s->values[c]);
}

void stat_put_rate(struct json_out *o, const char *key, const struct stat_row *s, enum counter c)
{
    put_rate(o, key, stat_growth(s->before[c], s->values[c]), (uint64_t)s->elapsed_ms);
}

static void put_traffic(struct json_out *o, const struct stat_row *s)
{
    json_open_object(o, "connections");
    put_gauge(o, "current", s, GAUGE_SESSIONS_NOW);
    put_gauge(o, "max", s, GAUGE_SESSIONS_MAX);
    put_gauge(o, "limit", s, GAUGE_SESSIONS_LIMIT);
    json_close_object(o);
    json_open_object(o, "rate");
    stat_put_rate(o, "sessions", s, COUNTER_SESSIONS);
    stat_put_rate(o, "requests", s, COUNTER_REQUESTS);
    stat_put_rate(o, "bytesIn", s, COUNTER_BYTES_IN);
    stat_put_rate(o, "bytesOut", s, COUNTER_BYTES_OUT);
    json_close_object(o);
    put_counter(o, "requests", s, COUNTER_REQUESTS);
    put_counter(o, "sessions", s, COUNTER_SESSIONS);
    json_open_object(o, "responses");
    put_counter(o, "1xx", s, COUNTER_RESPONSES_1XX);
    put_counter(o, "2xx", s, COUNTER_RESPONSES_2XX);
    put_counter(o, "3xx", s, COUNTER_RESPONSES_3XX);
    put_counter(o, "4xx", s, COUNTER_RESPONSES_4XX);
    put_counter(o, "5xx", s, COUNTER_RESPONSES_5XX);
    put_counter(o, "other", s, COUNTER_RESPONSES_OTHER);
    json_close_object(o);
    json_open_object(o, "bytes");
    put_counter(o, "in", s, COUNTER_BYTES_IN);
    put_counter(o, "out", s, COUNTER_BYTES_OUT);
    json_close_object(o);
}

void stat_put_times(struct json_out *o, const struct stat_row *s)
{
    json_open_object(o, "times");
    put_gauge(o, "queue", s, GAUGE_TIME_QUEUE);
    put_gauge(o, "connect", s, GAUGE_TIME_CONNECT);
    put_gauge(o, "response", s, GAUGE_TIME_RESPONSE);
    put_gauge(o, "total", s, GAUGE_TIME_TOTAL);
    json_close_object(o);
}

static void put_waiting(struct json_out *o, const struct stat_row *s)
{
    json_open_object(o, "queue");
    put_gauge(o, "current", s, GAUGE_QUEUE_NOW);
    put_gauge(o, "max", s, GAUGE_QUEUE_MAX);
    json_close_object(o);
    stat_put_times(o, s);
}

static void put_errors(struct json_out *o, const struct stat_row *s)
{
    json_open_object(o, "errors");
    if (s->kind == STAT_FRONTEND) {
        put_counter(o, "request", s, COUNTER_REQUEST_ERRORS);
    } else {
        put_counter(o, "connection", s, COUNTER_CONNECT_ERRORS);
        put_counter(o, "response", s, COUNTER_RESPONSE_ERRORS);
        put_counter(o, "retries", s, COUNTER_RETRIES);
        put_counter(o, "redispatches", s, COUNTER_REDISPATCHES);
    }
    put_count(o, "denied",
              s->values[COUNTER_DENIED_REQUESTS] + s->values[COUNTER_DENIED_RESPONSES]);
    json_close_object(o);
}

static const char *state_of(uint64_t status)
{
    if (status == STATUS_MAINT)
        return "maint";
    return status == STATUS_DRAIN ? "drain" : "ready";
}

static void put_member(struct json_out *o, const struct stat_row *s)
{
    int64_t since = s->time_ms / 1000 - (int64_t)stat_gauge(s, GAUGE_CHANGED_S);

    put_gauge(o, "weight", s, GAUGE_WEIGHT);
    json_put_z(o, "state", state_of(stat_gauge(s, GAUGE_STATUS)));
    json_open_object(o, "check");
    json_put_z(o, "status", stat_word_text(stat_gauge(s, GAUGE_CHECK_STATUS)));
    put_gauge(o, "code", s, GAUGE_CHECK_CODE);
    put_gauge(o, "duration", s, GAUGE_CHECK_MS);
    json_put_int(o, "since", since < 0 ? 0 : since);
    json_close_object(o);
}

void stat_put(struct json_out *o, const char *key, const struct stat_row *s)
{
    json_open_object(o, key);
    json_put_str(o, "id", s->id);
    json_put_z(o, "type", stat_kind_name(s->kind));
    json_put_str(o, "key", s->key);
    if (s->kind == STAT_MEMBER)
        json_put_str(o, "member", s->member);
    json_put_int(o, "time", s->time_ms);
    json_put_z(o, "status", stat_word_text(stat_gauge(s, GAUGE_STATUS)));
    put_traffic(o, s);
    if (s->kind != STAT_FRONTEND)
        put_waiting(o, s);
    put_errors(o, s);
    if (s->kind == STAT_BACKEND) {
        json_open_object(o, "servers");
        put_count(o, "up", stat_gauge(s, GAUGE_ACTIVE) + stat_gauge(s, GAUGE_BACKUP));
        put_gauge(o, "total", s, GAUGE_SERVERS);
        json_close_object(o);
    }
    if (s->kind == STAT_MEMBER)
        put_member(o, s);
    json_close_object(o);
}

void minute_put(struct json_out *o, enum stat_kind kind, int64_t minute, const uint64_t *values)
{
    static const char *const rates[] = {"sessions", "requests", "bytesIn", "bytesOut"};
    static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx", "other"};
    uint64_t elapsed = values[MINUTE_ELAPSED_MS];

    json_open_object(o, NULL);
    json_put_int(o, "time", minute * MINUTE_MS);
    json_open_object(o, "connections");
    json_put_decimal(o, "avg", (double)values[MINUTE_NOW_AVG] / 100.0);
    put_count(o, "max", values[MINUTE_NOW_MAX]);
    json_close_object(o);
    json_open_object(o, "rate");
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        put_rate(o, rates[i], values[MINUTE_SESSIONS + i], elapsed);
    json_close_object(o);
    json_open_object(o, "responses");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        put_rate(o, classes[i], values[MINUTE_1XX + i], elapsed);
    json_close_object(o);
    if (kind == STAT_BACKEND) {
        json_open_object(o, "servers");
        put_count(o, "up", values[MINUTE_UP]);
        put_count(o, "total", values[MINUTE_SERVERS]);
        json_close_object(o);
    }
    json_close_object(o);
}
