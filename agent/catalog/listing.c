/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/listing.h"
#include "catalog/parse.h"

#include <stdlib.h>
#include <yajl/yajl_parse.h>

/* Both shapes have their names at one place: keys at depth 1 of an object, or the value of "Node"
 * at depth 2 of a list. */
struct listing_parser {
    yajl_handle yajl;
    struct listing *listing;
    unsigned depth;
    bool is_list, at_node;
    size_t fed_bytes;
    struct err failure;
};

static int refuse(struct listing_parser *p, enum err_kind kind, const char *what)
{
    err_set(&p->failure, kind, "%s", what);
    return 0;
}

static int take(struct listing_parser *p, struct str name)
{
    struct listing *l = p->listing;

    if (l->names.count == LISTING_NAMES_MAX)
        return refuse(p, ERR_TOO_LARGE, "more names than a catalog may have");
    *ARENA_PUSH(&l->arena, l->names.items, l->names.count) = arena_str(&l->arena, name);
    return 1;
}

static int enter(struct listing_parser *p, bool is_list)
{
    if (p->depth == JSON_MAX_DEPTH)
        return refuse(p, ERR_INVALID, "nested too deeply");
    if (!p->depth)
        p->is_list = is_list;
    else if (p->depth == 1 && p->is_list == is_list)
        return refuse(p, ERR_INVALID, "neither services nor nodes");
    if (p->at_node)
        return refuse(p, ERR_INVALID, "Node is no text");
    p->depth++;
    return 1;
}

static int on_scalar(struct listing_parser *p)
{
    if (p->at_node)
        return refuse(p, ERR_INVALID, "Node is no text");
    return p->depth > 1 || refuse(p, ERR_INVALID, "neither services nor nodes");
}

static int on_null(void *ctx)
{
    struct listing_parser *p = ctx;

    return (p->depth == 1 && !p->is_list) || on_scalar(p); /* a service without tags may be null */
}

static int on_boolean(void *ctx, int value)
{
    (void)value;
    return on_scalar(ctx);
}

static int on_number(void *ctx, const char *text, size_t n)
{
    (void)text;
    (void)n;
    return on_scalar(ctx);
}

static int on_string(void *ctx, const unsigned char *text, size_t n)
{
    struct listing_parser *p = ctx;

    if (!p->at_node)
        return on_scalar(p);
    p->at_node = false;
    return take(p, (struct str){(const char *)text, n});
}

static int on_key(void *ctx, const unsigned char *text, size_t n)
{
    struct listing_parser *p = ctx;
    struct str key = {(const char *)text, n};

    if (p->depth == 1 && !p->is_list)
        return take(p, key);
    p->at_node = p->depth == 2 && p->is_list && str_eq_z(key, "Node");
    return 1;
}

static int on_start_map(void *ctx)
{
    return enter(ctx, false);
}

static int on_start_array(void *ctx)
{
    return enter(ctx, true);
}

static int on_end(void *ctx)
{
    struct listing_parser *p = ctx;

    p->depth--;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

struct listing_parser *listing_parser_new(void)
{
    struct listing_parser *p = calloc(1, sizeof *p);
    struct arena a = ARENA_INIT;

    if (!p)
        abort();
    p->yajl = yajl_alloc(&callbacks, NULL, p);
    if (!p->yajl)
        abort();
    p->listing = ARENA_NEW(&a, struct listing);
    p->listing->arena = a;
    return p;
}

static int check(struct listing_parser *p, yajl_status status, struct err *e)
{
    if (status == yajl_status_error)
        err_set(&p->failure, ERR_INVALID, "JSON, byte %zu: not well formed", p->fed_bytes);
    if (!p->failure.kind)
        return 0;
    if (e)
        *e = p->failure;
    return -1;
}

int listing_parser_feed(struct listing_parser *p, struct str piece, struct err *e)
{
    if (p->failure.kind)
        return check(p, yajl_status_ok, e);
    if (piece.n > PARSE_BYTES_MAX - p->fed_bytes) {
        err_set(&p->failure, ERR_TOO_LARGE, "more than %d MiB", PARSE_BYTES_MAX >> 20);
        return check(p, yajl_status_ok, e);
    }
    p->fed_bytes += piece.n;
    return check(p, yajl_parse(p->yajl, (const unsigned char *)piece.p, piece.n), e);
}

static int compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

int listing_parser_finish(struct listing_parser *p, struct listing **out, struct err *e)
{
    if (p->failure.kind || check(p, yajl_complete_parse(p->yajl), e))
        return check(p, yajl_status_ok, e);
    *out = p->listing;
    p->listing = NULL;
    if ((*out)->names.count)
        qsort((*out)->names.items, (*out)->names.count, sizeof(struct str), compare);
    return 0;
}

void listing_parser_free(struct listing_parser *p)
{
    if (!p)
        return;
    yajl_free(p->yajl);
    listing_free(p->listing);
    free(p);
}

void listing_free(struct listing *l)
{
    if (!l)
        return;
    struct arena a = l->arena; /* it owns `l` as well */
    arena_free(&a);
}

bool listing_has(const struct listing *l, struct str name)
{
    return l->names.count &&
           bsearch(&name, l->names.items, l->names.count, sizeof(struct str), compare);
}
