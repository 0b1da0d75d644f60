/* SPDX-License-Identifier: Apache-2.0 */
/* A request without its HTTP: `METHOD TARGET`, header lines, an empty line, the body. Whatever it
 * is, it gets one answer, and a refusal is a JSON object. */
#include "fake_api.h"
#include "web/strict.h"
#include "web/web.h"

#include <stdlib.h>

static struct fake fake;
static const struct access settings = {.host = "lb1"};
static struct web web = {.api = &fake.api, .access = &settings};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fake_init(&fake, EV_DEFAULT);
    return 0;
}

static void read_headers(struct exchange *x, struct str *rest)
{
    while (rest->n) {
        struct str line = str_cut(rest, '\n'), name = str_cut(&line, ':');
        if (!name.n)
            return;
        *ARENA_PUSH(&x->arena, x->headers.items, x->headers.count) =
            (struct header){name, line.p ? str_trim(line) : STR("")};
    }
}

static void check_reply(const struct exchange *x)
{
    struct arena a = ARENA_INIT;
    struct json *o;
    struct err e;

    if (!x->reply.status)
        abort();
    if (x->reply.status >= 400) {
        if (json_parse(&a, buf_str(&x->reply.body), JSON_MAX_DEPTH, &o, &e) ||
            !json_get(o, "error"))
            abort();
    }
    arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct str rest = {(const char *)bytes, n};
    struct str target = str_cut(&rest, '\n'), method = str_cut(&target, ' ');
    struct exchange *x = exchange_new(target.p ? target : STR(""));
    struct err e;

    x->method_name = arena_str(&x->arena, method);
    x->method = exchange_method(method);
    x->peer.is_loopback = true;
    if (rest.p)
        read_headers(x, &rest);
    x->body = rest.p ? arena_str(&x->arena, rest) : STR("");
    (void)strict_content_length(&x->headers);
    if (strict_check(&x->headers, &e) || target_parse(&x->arena, x->raw_target, &x->target, &e)) {
        exchange_fail(x, exchange_status_of(e.kind), &e);
    } else {
        x->handed = true;
        web_handle(&web, x);
        fake_finish(&fake);
    }
    check_reply(x);
    exchange_end(x);
    return 0;
}
