/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/hello.h"

enum hello_key { VERSIONS, FRAME_SIZE, CAPABILITIES, HEALTH_CHECK, ENGINE_ID, HELLO_KEYS };

static const struct spop_bytes hello_keys[HELLO_KEYS] = {
    [VERSIONS] = {(const uint8_t *)"supported-versions", 18},
    [FRAME_SIZE] = {(const uint8_t *)"max-frame-size", 14},
    [CAPABILITIES] = {(const uint8_t *)"capabilities", 12},
    [HEALTH_CHECK] = {(const uint8_t *)"healthcheck", 11},
    [ENGINE_ID] = {(const uint8_t *)"engine-id", 9},
};

static const struct spop_bytes version = {(const uint8_t *)"2.0", 3};
static const struct spop_bytes pipelining = {(const uint8_t *)"pipelining", 10};

/* Is `word` an item of a list parted by commas, blanks around items not counted? */
static bool list_has(struct spop_bytes list, struct spop_bytes word)
{
    for (size_t from = 0, to; from <= list.n; from = to + 1) {
        struct spop_bytes item;

        for (to = from; to < list.n && list.p[to] != ',';)
            to++;
        item = (struct spop_bytes){list.p + from, to - from};
        while (item.n && item.p[0] == ' ')
            item = (struct spop_bytes){item.p + 1, item.n - 1};
        while (item.n && item.p[item.n - 1] == ' ')
            item.n--;
        if (spop_bytes_eq(item, word))
            return true;
    }
    return false;
}

/* The integer in `v`, at most `most`; false if it is none. A negative one counts as 0. */
static bool integer(const struct spop_value *v, uint64_t most, uint32_t *found)
{
    uint64_t n;

    if (v->type == SPOP_UINT32 || v->type == SPOP_UINT64)
        n = v->count;
    else if (v->type == SPOP_INT32 || v->type == SPOP_INT64)
        n = v->number > 0 ? (uint64_t)v->number : 0;
    else
        return false;
    *found = (uint32_t)(n < most ? n : most);
    return true;
}

/* One known key; false: of a type that it cannot have. */
static bool hello_take(enum hello_key key, const struct spop_value *v, struct spop_hello *h,
                       bool *speaks)
{
    switch (key) {
    case VERSIONS: *speaks = v->type == SPOP_STRING && list_has(v->bytes, version); break;
    case FRAME_SIZE: return integer(v, UINT32_MAX, &h->max_frame_bytes);
    case CAPABILITIES:
        h->pipelining = v->type == SPOP_STRING && list_has(v->bytes, pipelining);
        break;
    case HEALTH_CHECK:
        h->health_check = v->type == SPOP_BOOL && v->truth;
        return v->type == SPOP_BOOL;
    case ENGINE_ID:
        h->engine_id = v->type == SPOP_STRING ? v->bytes : (struct spop_bytes){0};
        break;
    case HELLO_KEYS: return false;
    }
    return v->type == SPOP_STRING;
}

static enum hello_key hello_key(struct spop_bytes name)
{
    enum hello_key k = VERSIONS;

    while (k < HELLO_KEYS && !spop_bytes_eq(hello_keys[k], name))
        k++;
    return k;
}

enum spop_status spop_hello_parse(struct spop_bytes payload, struct spop_hello *h)
{
    struct spop_cursor c = spop_cursor(payload);
    bool seen[HELLO_KEYS] = {false}, speaks = false;

    *h = (struct spop_hello){0};
    while (spop_left(&c)) {
        enum hello_key key = hello_key(spop_read_string(&c));
        struct spop_value v = spop_read_value(&c);

        if (c.bad)
            return SPOP_INVALID;
        if (key == HELLO_KEYS)
            continue;
        if (seen[key] || !hello_take(key, &v, h, &speaks))
            return SPOP_INVALID;
        seen[key] = true;
    }
    if (!seen[VERSIONS])
        return SPOP_NO_VERSION;
    if (!speaks)
        return SPOP_BAD_VERSION;
    if (!seen[FRAME_SIZE])
        return SPOP_NO_FRAME_SIZE;
    if (h->max_frame_bytes < SPOP_MIN_FRAME_BYTES)
        return SPOP_BAD_FRAME_SIZE;
    return seen[CAPABILITIES] ? SPOP_NORMAL : SPOP_NO_CAPABILITIES;
}

static void put_pair(struct spop_out *o, struct spop_bytes key, struct spop_value value)
{
    spop_put_string(o, key);
    spop_put_value(o, &value);
}

void spop_hello_put(struct spop_out *o, uint32_t max_frame_bytes)
{
    size_t start = spop_frame_begin(o, SPOP_FRAME_AGENT_HELLO, 0, 0);

    put_pair(o, SPOP_BYTES("version"), (struct spop_value){SPOP_STRING, {.bytes = version}});
    put_pair(o, hello_keys[FRAME_SIZE],
             (struct spop_value){SPOP_UINT32, {.count = max_frame_bytes}});
    put_pair(o, hello_keys[CAPABILITIES], (struct spop_value){SPOP_STRING, {.bytes = pipelining}});
    spop_frame_end(o, start);
}

enum spop_status spop_disconnect_parse(struct spop_bytes payload, struct spop_disconnect *d)
{
    struct spop_cursor c = spop_cursor(payload);
    bool status = false, message = false;

    *d = (struct spop_disconnect){0};
    while (spop_left(&c)) {
        struct spop_bytes key = spop_read_string(&c);
        struct spop_value v = spop_read_value(&c);

        if (c.bad)
            return SPOP_INVALID;
        if (spop_bytes_eq(key, SPOP_BYTES("status-code"))) {
            status = integer(&v, UINT32_MAX, &d->status);
        } else if (spop_bytes_eq(key, SPOP_BYTES("message"))) {
            message = v.type == SPOP_STRING;
            d->message = message ? v.bytes : (struct spop_bytes){0};
        }
    }
    return status && message ? SPOP_NORMAL : SPOP_INVALID;
}

void spop_disconnect_put(struct spop_out *o, enum spop_status status)
{
    size_t start = spop_frame_begin(o, SPOP_FRAME_AGENT_DISCONNECT, 0, 0);
    struct spop_bytes text = spop_bytes_z(spop_status_text(status));

    put_pair(o, SPOP_BYTES("status-code"), (struct spop_value){SPOP_UINT32, {.count = status}});
    put_pair(o, SPOP_BYTES("message"), (struct spop_value){SPOP_STRING, {.bytes = text}});
    spop_frame_end(o, start);
}

const char *spop_status_text(enum spop_status status)
{
    switch (status) {
#define X(name, code, text)                                                                        \
    case name: return text;
        SPOP_STATUSES(X)
#undef X
    }
    return "an unknown error occurred";
}
