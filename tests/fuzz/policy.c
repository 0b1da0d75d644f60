/* SPDX-License-Identifier: Apache-2.0 */
/* Policies. First byte 0: a request's headers, query and host as bytes, to policies of every kind;
 * that a decision with a trace is the same as without one. Else: JSON of a policy; what is taken
 * is shown, and what is shown is taken again and is equal. */
#include "policy/headers.h"
#include "policy/line.h"
#include "policy/try.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "{\"frontend\":\"w\",\"action\":{\"backend\":\"b\"},\"match\":{\"any\":[{\"header\":{\"a\":"
    "\"1\",\"b\":"
    "{\"regex\":\"^(x|y)+\\\\b\"}}},{\"cookie\":{\"u\":{\"suffix\":\"x\"}},\"not\":{\"query\":{"
    "\"q\":"
    "{\"contains\":\"%\"}}}},{\"host\":{\"in\":[\"a\",\"b\"]}},{\"percent\":{\"share\":5000,\"by\":"
    "\"cookie:u\"}},{\"src\":[\"10.0.0.0/8\",\"fe80::/10\"],\"path\":{\"absent\":true}}]}}";

static struct policy *parse(struct str name, struct str text)
{
    struct arena a = ARENA_INIT;
    struct json *o = NULL;
    struct policy *p = NULL;
    struct err e;

    if (json_parse(&a, text, JSON_MAX_DEPTH, &o, &e) == 0)
        p = policy_parse(name, o, &e);
    arena_free(&a);
    return p;
}

/* Parts of the bytes, each with a length before it. */
static struct str part(struct str *rest)
{
    struct str got = {rest->p, 0};

    if (rest->n == 0)
        return got;
    got.p++;
    got.n = (unsigned char)rest->p[0];
    if (got.n > rest->n - 1)
        got.n = rest->n - 1;
    rest->p += got.n + 1;
    rest->n -= got.n + 1;
    return got;
}

static void ask(struct str bytes)
{
    static struct policy_set *set;
    static struct policy_scratch *scratch;
    struct arena a = ARENA_INIT;
    struct policy_trace trace = {.arena = &a};
    struct policy_request r = {.frontend = STR("w"), .method = STR("GET")};
    struct decision first, again;

    if (!set) {
        struct policy *p = parse(STR("p"), str_z(policy));
        set = policy_set_new((const struct policy *const[]){p}, 1, NULL);
        scratch = policy_scratch_new();
        policy_unref(p);
    }
    r.host = part(&bytes);
    r.query = part(&bytes);
    r.src = part(&bytes);
    r.headers = bytes;
    first = decide(set, &r, DECIDE_WHOLE, scratch, NULL);
    again = decide(set, &r, DECIDE_WHOLE, scratch, &trace);
    if (first.kind != again.kind || trace.depth != 0)
        __builtin_trap();
    arena_free(&a);
}

static void store(struct str text)
{
    struct policy *p = parse(STR("p"), text), *again;
    struct policy_set *set;
    struct buf shown, line;

    if (!p)
        return;
    policy_text(p, &shown);
    again = parse(STR("p"), buf_str(&shown));
    if (!again || !policy_equal(p, again))
        __builtin_trap();
    buf_init(&line, 1 << 20);
    if (policy_line(p, &line, NULL) == 0 &&
        (line.n > POLICY_LINE_BYTES || memchr(line.p, ' ', line.n)))
        __builtin_trap();
    set = policy_set_new((const struct policy *const[]){p}, 1, NULL);
    if (!set)
        __builtin_trap();
    policy_set_free(set);
    buf_free(&line);
    buf_free(&shown);
    policy_unref(p);
    policy_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {size ? (const char *)data + 1 : "", size ? size - 1 : 0};

    if (size && data[0] == 0)
        ask(text);
    else
        store(text);
    return 0;
}
