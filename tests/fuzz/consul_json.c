/* SPDX-License-Identifier: Apache-2.0 */
/* The parsers of Consul's replies. The first byte tells where the text is cut in two; whatever the
 * cut, the outcome must be the same. What is read goes through selection and into a pool, too. */
#include "catalog/listing.h"
#include "catalog/parse.h"
#include "catalog/pool.h"
#include "catalog/summary.h"

#include <stdlib.h>

static struct service_read *parse(struct str text, size_t cut)
{
    struct service_parser *p = service_parser_new(STR("web"));
    struct service_read *read = NULL;
    struct err e;

    if (!service_parser_feed(p, (struct str){text.p, cut}, &e) &&
        !service_parser_feed(p, (struct str){text.p + cut, text.n - cut}, &e))
        service_parser_finish(p, &read, &e);
    service_parser_free(p);
    return read;
}

static size_t list(struct str text, size_t cut)
{
    struct listing_parser *p = listing_parser_new();
    struct listing *l = NULL;
    struct err e;
    size_t count = 0;

    if (!listing_parser_feed(p, (struct str){text.p, cut}, &e) &&
        !listing_parser_feed(p, (struct str){text.p + cut, text.n - cut}, &e) &&
        !listing_parser_finish(p, &l, &e))
        count = l->names.count + 1;
    listing_parser_free(p);
    listing_free(l);
    return count;
}

static void same(const struct service_read *a, const struct service_read *b)
{
    if (!a != !b || (a && a->count != b->count))
        abort();
    for (size_t i = 0; a && i < a->count; i++) {
        if (instance_compare(&a->items[i], &b->items[i]) ||
            !str_eq(a->items[i].version, b->items[i].version) ||
            a->items[i].status != b->items[i].status)
            abort();
        if (str_has_control(a->items[i].address) || str_has_control(a->items[i].version))
            abort();
    }
}

static void use(struct service_read *read)
{
    const struct pool_options options = {50, true};
    struct pool *p =
        pool_new(&options, STR("web"), read->count ? read->items[0].version : STR("1"));
    struct arena a = ARENA_INIT;
    struct service_summary summary;
    struct service_read *nobody = service_read_new(STR("web"));

    service_summarise(&a, read, &summary);
    pool_read(p, read, NULL, &(struct evidence){.trust = READ_UNBROKEN});
    size_t members = pool_view(p)->members.count;
    pool_read(p, nobody, NULL, &(struct evidence){.trust = READ_DOUBTFUL});
    if (pool_view(p)->members.count != members)
        abort();
    service_read_unref(nobody);
    arena_free(&a);
    pool_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct str text = {(const char *)data + 1, size - 1};
    size_t cut = data[0] < text.n ? data[0] : text.n;
    struct service_read *whole = parse(text, text.n), *parts = parse(text, cut);

    same(whole, parts);
    if (whole)
        use(whole);
    service_read_unref(whole);
    service_read_unref(parts);
    if (list(text, text.n) != list(text, cut))
        abort();
    return 0;
}
