/* SPDX-License-Identifier: Apache-2.0 */
#include "given.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { FILE_BYTES = 1 << 20 };

struct str given_text(struct arena *a, const char *quoted)
{
    struct str text = arena_str(a, str_z(quoted));

    for (char *p = (char *)(uintptr_t)text.p; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    return text;
}

struct json *given_json(struct arena *a, const char *quoted)
{
    struct json *o = NULL;
    struct err e = {0};

    if (json_parse(a, given_text(a, quoted), JSON_MAX_DEPTH, &o, &e))
        fail_msg("%s: %s", quoted, e.text);
    return o;
}

struct frontend *given_frontend(const char *name, const char *quoted)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct frontend *f = frontend_parse(str_z(name), given_json(&a, quoted), &e);

    if (!f)
        fail_msg("frontend %s: %s: %s", name, e.field, e.text);
    arena_free(&a);
    return f;
}

struct backend *given_backend(const char *name, const char *quoted)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct backend *b = backend_parse(str_z(name), given_json(&a, quoted), &e);

    if (!b)
        fail_msg("backend %s: %s: %s", name, e.field, e.text);
    arena_free(&a);
    return b;
}

struct split *given_split(const char *backend, const char *quoted)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct split *s = split_parse(str_z(backend), given_json(&a, quoted), &e);

    if (!s)
        fail_msg("split %s: %s: %s", backend, e.field, e.text);
    arena_free(&a);
    return s;
}

struct policy *given_policy(const char *name, const char *quoted)
{
    struct arena a = ARENA_INIT;
    struct err e = {0};
    struct policy *p = policy_parse(str_z(name), given_json(&a, quoted), &e);

    if (!p)
        fail_msg("policy %s: %s: %s", name, e.field, e.text);
    arena_free(&a);
    return p;
}

static struct str keep_text(struct arena *a, struct buf *text)
{
    struct str copy = arena_str(a, buf_str(text));

    buf_free(text);
    return copy;
}

struct str given_frontend_text(struct arena *a, const struct frontend *f)
{
    struct buf text;

    frontend_text(f, &text);
    return keep_text(a, &text);
}

struct str given_backend_text(struct arena *a, const struct backend *b,
                              const struct member_list *members)
{
    struct json_out o;
    struct buf text;

    buf_init(&text, FILE_BYTES);
    json_out_init(&o, &text, false);
    backend_put(&o, NULL, b, members);
    json_out_fini(&o);
    return keep_text(a, &text);
}

struct str given_split_text(struct arena *a, const struct split *s)
{
    struct buf text;

    split_text(s, &text);
    return keep_text(a, &text);
}

struct str given_policy_text(struct arena *a, const struct policy *p)
{
    struct buf text;

    policy_text(p, &text);
    return keep_text(a, &text);
}

const char *given_many(struct arena *a, const char *open, const char *each, size_t count,
                       const char *close)
{
    const char *text;
    struct buf b;

    buf_init(&b, FILE_BYTES);
    buf_add_z(&b, open);
    for (size_t i = 0; i < count; i++)
        buf_printf(&b, "%s%s", i ? "," : "", each);
    buf_add_z(&b, close);
    assert_false(buf_failed(&b));
    text = arena_str(a, buf_str(&b)).p;
    buf_free(&b);
    return text;
}

void given_golden(const char *path, struct str text)
{
    const char *order = getenv("THALASSA_GOLDEN");
    char whole[1024];
    struct err e = {0};
    struct buf want;

    (void)snprintf(whole, sizeof whole, "%s/%s", THALASSA_SOURCE_DIR, path);
    if (order && strcmp(order, "write") == 0) {
        if (file_write_atomic(whole, text, 0644, &e))
            fail_msg("%s", e.text);
        return;
    }
    buf_init(&want, FILE_BYTES);
    if (file_read(whole, &want, &e))
        fail_msg("%s (THALASSA_GOLDEN=write makes it)", e.text);
    if (!str_eq(buf_str(&want), text))
        fail_msg("%s differs; now it is:\n" STR_FMT, path, STR_ARG(text));
    buf_free(&want);
}
