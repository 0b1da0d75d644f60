/* SPDX-License-Identifier: Apache-2.0 */
#include "draw.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS = 12 };

static const char *const words[][WORDS] = {
    [HOSTS] = {"a.example", "A.Example", "b.example", "b.example:8080", "[::1]", "[::1]:80",
               "www.a.example", "", "a.example:", "xn--bcher-kva.example", "10.0.0.1", "::1"},
    [PATHS] = {"/", "/a", "/a/b", "/A", "/a%20b", "/a,b", "/b", "/caf\xc3\xa9", "/a/", "/ab", "*",
               ""},
    [METHODS] = {"GET", "GET", "GET", "POST", "get", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH",
                 "GET", "POST"},
    [HEADERS] = {"x-a", "X-A", "x-b", "X-B", "x-c", "accept", "host", "x-d", "X-D", "x-e", "x-f",
                 "cookie"},
    [COOKIES] = {"uid", "UID", "sid", "s", "u", "uid", "sid", "lang", "x", "y", "z", "uid2"},
    [PARAMETERS] = {"q", "Q", "a b", "a+b", "p", "r", "q", "p", "caf\xc3\xa9", "100%", "s", "t"},
    [VALUES] = {"a", "A", "ab", "b", "a b", "a,b", "a=b", "a%62", "caf\xc3\xa9", "\"a\"", "0",
                "a;b"},
    [ADDRESSES] = {"10.0.0.1", "10.0.0.0/8", "10.1.0.0/16", "192.168.1.7", "0.0.0.0/0", "::1",
                   "2001:db8::/32", "2001:db8::1", "::ffff:10.0.0.1", "fe80::/10", "10.0.1.0/24",
                   "::/0"},
};

static const char *const patterns[] = {"^a", "b$", "^[a-c]+$", "(?i)^A\\b", "\\d"};

unsigned draw(struct dice *d, unsigned n)
{
    d->state ^= d->state << 13;
    d->state ^= d->state >> 7;
    d->state ^= d->state << 17;
    return (unsigned)((d->state >> 11) % n);
}

const char *draw_text(struct dice *d, enum vocabulary v)
{
    return words[v][draw(d, WORDS)];
}

/* Texts of a condition must not be empty, and a host has no port. */
static const char *draw_operand(struct dice *d, enum vocabulary v)
{
    for (;;) {
        struct str text = str_z(draw_text(d, v));
        if (text.n && (v != HOSTS || match_host(text).n == text.n))
            return text.p;
    }
}

static void put_condition(struct json_out *o, struct dice *d, const char *key, enum vocabulary v,
                          bool regex)
{
    static const char *const ops[] = {"equals", "prefix", "suffix", "contains"};
    unsigned kind = draw(d, 10);

    if (kind < 3) {
        json_put_z(o, key, draw_operand(d, v));
        return;
    }
    json_open_object(o, key);
    if (kind < 6) {
        json_put_z(o, ops[draw(d, 4)], draw_operand(d, v));
    } else if (kind == 6) {
        json_open_array(o, "in");
        for (unsigned n = draw(d, 5) + 1; n; n--)
            json_put_z(o, NULL, draw_operand(d, v));
        json_close_array(o);
    } else if (kind == 9 && regex) {
        json_put_z(o, "regex", patterns[draw(d, 5)]);
    } else {
        json_put_bool(o, kind == 7 ? "absent" : "present", true);
    }
    json_close_object(o);
}

/* Names that differ: they are counted off from a random one. */
static void put_named(struct json_out *o, struct dice *d, const char *key, enum vocabulary v,
                      bool regex)
{
    unsigned first = draw(d, WORDS), n = draw(d, 4) == 0 ? 2 : 1;

    json_open_object(o, key);
    for (unsigned i = 0; i < n; i++) {
        const char *name = words[v][(first + i * 5) % WORDS];
        put_condition(o, d, name, VALUES, regex);
    }
    json_close_object(o);
}

static void put_percent(struct json_out *o, struct dice *d)
{
    static const char *const by[] = {"src", "cookie:uid", "cookie:sid", "header:X-A"};

    json_open_object(o, "percent");
    json_put_int(o, "share", (int64_t)draw(d, 21) * 500);
    json_put_z(o, "by", by[draw(d, 4)]);
    json_close_object(o);
}

static void put_list(struct json_out *o, struct dice *d, const char *key, enum vocabulary v)
{
    json_open_array(o, key);
    for (unsigned n = draw(d, 4) + 1; n; n--)
        json_put_z(o, NULL, draw_operand(d, v));
    json_close_array(o);
}

static void put_match(struct json_out *o, struct dice *d, const char *key, unsigned depth,
                      bool regex)
{
    unsigned set = 1u << draw(d, 10);

    if (draw(d, 3) == 0)
        set |= 1u << draw(d, 10);
    json_open_object(o, key);
    if (set & 1)
        put_condition(o, d, "host", HOSTS, regex);
    if (set & 2)
        put_condition(o, d, "path", PATHS, regex);
    if (set & 4)
        put_list(o, d, "method", METHODS);
    if (set & 8)
        put_named(o, d, "header", HEADERS, regex);
    if (set & 16)
        put_named(o, d, "cookie", COOKIES, regex);
    if (set & 32)
        put_named(o, d, "query", PARAMETERS, regex);
    if (set & 64)
        put_list(o, d, "src", ADDRESSES);
    if (set & 128)
        put_percent(o, d);
    if (set & 256 && depth) {
        json_open_array(o, "any");
        for (unsigned n = draw(d, 3) + 1; n; n--)
            put_match(o, d, NULL, depth - 1, regex);
        json_close_array(o);
    }
    if (set & 512 && depth)
        put_match(o, d, "not", depth - 1, regex);
    else if (set & 512)
        put_condition(o, d, "path", PATHS, regex);
    json_close_object(o);
}

static struct str put_policy(struct arena *a, struct dice *d, bool regex)
{
    struct json_out o;
    struct buf text;
    struct str copy;
    char backend[16];

    (void)snprintf(backend, sizeof backend, "be%u", draw(d, 3));
    buf_init(&text, 1 << 20);
    json_out_init(&o, &text, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "frontend", "web");
    json_put_int(&o, "priority", draw(d, 3));
    json_put_bool(&o, "enabled", draw(d, 10) != 0);
    put_match(&o, d, "match", 3, regex);
    json_open_object(&o, "action");
    json_put_z(&o, "backend", backend);
    if (draw(d, 2)) {
        json_open_object(&o, "set");
        json_put_z(&o, "variant", draw_operand(d, VALUES));
        json_close_object(&o);
    }
    json_close_object(&o);
    json_close_object(&o);
    json_out_fini(&o);
    copy = arena_str(a, buf_str(&text));
    buf_free(&text);
    return copy;
}

/* Drawn again until it passes: two names may be one in lower case, a `path` be there twice, an
 * `any` or `not` be empty at the bottom. */
struct policy *draw_policy(struct dice *d, unsigned number, bool regex)
{
    struct policy *p = NULL;
    char name[16];

    (void)snprintf(name, sizeof name, "p%u", number);
    while (!p) {
        struct arena a = ARENA_INIT;
        struct json *o = NULL;
        struct err e;
        if (json_parse(&a, put_policy(&a, d, regex), JSON_MAX_DEPTH, &o, &e))
            abort();
        p = policy_parse(str_z(name), o, &e);
        arena_free(&a);
    }
    return p;
}
