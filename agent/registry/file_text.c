/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/file_text.h"
#include "catalog/parse.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    return str_cmp((*(struct service_read *const *)a)->service,
                   (*(struct service_read *const *)b)->service);
}

static int compare_name(const void *name, const void *read)
{
    return str_cmp(*(const struct str *)name, (*(struct service_read *const *)read)->service);
}

/* Through the parser of Consul's replies, so that a file means what a reply would. */
static int parse_service(const struct json *list, struct buf *scratch, struct service_read **out,
                         struct err *e)
{
    struct service_parser *p = service_parser_new(list->key);
    struct json_out o;
    int result;

    buf_reset(scratch);
    json_out_init(&o, scratch, false);
    json_put_tree(&o, NULL, list);
    json_out_fini(&o);
    if (buf_failed(scratch))
        result = err_set(e, ERR_TOO_LARGE, "too large");
    else
        result = service_parser_feed(p, buf_str(scratch), e) || service_parser_finish(p, out, e);
    service_parser_free(p);
    return result ? err_wrap(e, "service " STR_FMT, STR_ARG(list->key)) : 0;
}

static int parse_services(const struct json *root, struct file_text *to, struct err *e)
{
    struct buf scratch;
    int result = 0;

    if (root->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "not an object of services");
    if (root->count > FILE_TEXT_SERVICES_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d services", FILE_TEXT_SERVICES_MAX);
    to->reads = calloc(root->count + 1, sizeof(struct service_read *));
    if (!to->reads)
        abort();
    buf_init(&scratch, 6 * (size_t)FILE_TEXT_BYTES_MAX); /* escapes may make it longer */
    for (const struct json *list = root->first; list && !result; list = list->next) {
        result = parse_service(list, &scratch, &to->reads[to->count], e);
        to->count += !result;
    }
    buf_free(&scratch);
    return result;
}

int file_text_parse(struct str text, struct file_text *out, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct json *root;
    int result;

    *out = (struct file_text){NULL, 0};
    result = json_parse(&a, text, JSON_MAX_DEPTH, &root, e) || parse_services(root, out, e);
    arena_free(&a);
    if (result) {
        file_text_free(out);
        return -1;
    }
    if (out->count)
        qsort(out->reads, out->count, sizeof(struct service_read *), compare);
    for (size_t i = 1; i < out->count; i++)
        if (!compare(&out->reads[i - 1], &out->reads[i])) {
            file_text_free(out);
            return err_set(e, ERR_INVALID, "a service is named twice");
        }
    return 0;
}

void file_text_free(struct file_text *t)
{
    for (size_t i = 0; i < t->count; i++)
        service_read_unref(t->reads[i]);
    free(t->reads);
    *t = (struct file_text){NULL, 0};
}

struct service_read *file_text_find(const struct file_text *t, struct str service)
{
    struct service_read **found = NULL;

    if (t->count)
        found = bsearch(&service, t->reads, t->count, sizeof(struct service_read *), compare_name);
    return found ? *found : NULL;
}
