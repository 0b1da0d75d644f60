/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/parse.h"
#include "catalog/version.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum place {
    AT_TOP,
    IN_LIST,
    IN_ELEMENT,
    IN_NODE,
    IN_SERVICE,
    IN_TAGS,
    IN_META,
    IN_WEIGHTS,
    IN_CHECKS,
    IN_CHECK,
    ELSEWHERE
};

enum kind { TEXT, NUMBER, OBJECT, LIST, BOOLEAN };

static const char *const kind_names[] = {"text", "number", "object", "list", "truth value"};

/* The element under construction: an instance, and what it is decided from. */
struct draft {
    struct instance instance;
    struct str node_address;
    int64_t weight_passing, weight_warning, create_index;
    bool check_is_maintenance;
    enum member_status check_status;
};

struct field {
    enum place place;
    const char *key;
    enum kind kind;
    size_t offset;   /* TEXT, NUMBER: in struct draft; STATUS fields have none */
    enum place into; /* OBJECT, LIST */
};

#define CHECK_ID SIZE_MAX
#define CHECK_STATUS (SIZE_MAX - 1)
#define IN_DRAFT(member) offsetof(struct draft, member), ELSEWHERE

static const struct field fields[] = {
    {IN_ELEMENT, "Node", OBJECT, 0, IN_NODE},
    {IN_ELEMENT, "Service", OBJECT, 0, IN_SERVICE},
    {IN_ELEMENT, "Checks", LIST, 0, IN_CHECKS},
    {IN_NODE, "Node", TEXT, IN_DRAFT(instance.node)},
    {IN_NODE, "ID", TEXT, IN_DRAFT(instance.node_id)},
    {IN_NODE, "Address", TEXT, IN_DRAFT(node_address)},
    {IN_SERVICE, "ID", TEXT, IN_DRAFT(instance.id)},
    {IN_SERVICE, "Address", TEXT, IN_DRAFT(instance.address)},
    {IN_SERVICE, "Port", NUMBER, IN_DRAFT(instance.port)},
    {IN_SERVICE, "CreateIndex", NUMBER, IN_DRAFT(create_index)},
    {IN_SERVICE, "Tags", LIST, 0, IN_TAGS},
    {IN_SERVICE, "Meta", OBJECT, 0, IN_META},
    {IN_SERVICE, "Weights", OBJECT, 0, IN_WEIGHTS},
    {IN_META, "version", TEXT, IN_DRAFT(instance.meta_version)},
    {IN_META, "hostname", TEXT, IN_DRAFT(instance.meta_hostname)},
    {IN_META, "pid", TEXT, IN_DRAFT(instance.meta_pid)},
    {IN_META, "registered", TEXT, IN_DRAFT(instance.meta_registered)},
    {IN_WEIGHTS, "Passing", NUMBER, IN_DRAFT(weight_passing)},
    {IN_WEIGHTS, "Warning", NUMBER, IN_DRAFT(weight_warning)},
    {IN_CHECK, "CheckID", TEXT, CHECK_ID, ELSEWHERE},
    {IN_CHECK, "Status", TEXT, CHECK_STATUS, ELSEWHERE},
};

struct service_parser {
    yajl_handle yajl;
    struct service_read *read;
    struct arena growing; /* its items, until they are all there */
    struct arena_texts texts;
    struct draft draft;
    enum place stack[JSON_MAX_DEPTH];
    unsigned depth;
    const struct field *field; /* of the key read last; NULL: a value of no interest */
    size_t fed_bytes;
    struct err failure; /* sticky */
};

static enum place place_now(const struct service_parser *p)
{
    return p->depth ? p->stack[p->depth - 1] : AT_TOP;
}

static int refuse(struct service_parser *p, enum err_kind kind, const char *what)
{
    err_set(&p->failure, kind, "instance %zu: %s", p->read->count + 1, what);
    return 0; /* yajl's word for stop */
}

static int refuse_kind(struct service_parser *p)
{
    err_set(&p->failure, ERR_INVALID, "instance %zu: %s is no %s", p->read->count + 1,
            p->field->key, kind_names[p->field->kind]);
    return 0;
}

static struct str keep_text(struct service_parser *p, struct str s)
{
    struct str copy;

    if (!str_has_control(s))
        return arena_str_once(&p->read->arena, &p->texts, s);
    copy = arena_str(&p->read->arena, s);
    for (char *c = (char *)(uintptr_t)copy.p; c < copy.p + copy.n; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    return copy;
}

static void take_tag(struct service_parser *p, struct str tag)
{
    struct instance *i = &p->draft.instance;
    struct str version = version_of_tag(tag);

    if (i->tags.count < INSTANCE_TAGS_MAX)
        *ARENA_PUSH(&p->read->arena, i->tags.items, i->tags.count) = keep_text(p, tag);
    if (!version.p)
        return;
    if (!i->version.n)
        i->version = keep_text(p, version);
    else if (!str_eq(i->version, version))
        i->ambiguous = true;
}

static enum member_status status_of(struct str text)
{
    if (str_eq_z(text, "passing"))
        return MEMBER_PASSING;
    if (str_eq_z(text, "warning"))
        return MEMBER_WARNING;
    return str_eq_z(text, "maintenance") ? MEMBER_MAINTENANCE : MEMBER_CRITICAL;
}

static void check_begin(struct draft *d)
{
    d->check_is_maintenance = false;
    d->check_status = MEMBER_CRITICAL; /* a check that does not say is none that passes */
}

static void check_end(struct draft *d)
{
    enum member_status status = d->check_status;

    if (d->check_is_maintenance && status != MEMBER_PASSING)
        status = MEMBER_MAINTENANCE;
    if (status > d->instance.status)
        d->instance.status = status;
}

static void element_begin(struct draft *d)
{
    *d = (struct draft){.weight_passing = 1, .weight_warning = 1};
}

static unsigned weight_of(int64_t n)
{
    return n < 0 ? 0 : n > UINT16_MAX ? UINT16_MAX : (unsigned)n;
}

static int element_end(struct service_parser *p)
{
    struct instance *i = &p->draft.instance;

    if (!i->node.n)
        return refuse(p, ERR_INVALID, "no Node.Node");
    if (!i->id.n)
        return refuse(p, ERR_INVALID, "no Service.ID");
    if (p->read->count == SERVICE_INSTANCES_MAX)
        return refuse(p, ERR_TOO_LARGE, "more instances than one service may have");
    if (i->meta_version.n) {
        i->version = i->meta_version;
        i->ambiguous = false;
    }
    if (!i->address.n)
        i->address = p->draft.node_address;
    i->weight_passing = weight_of(p->draft.weight_passing);
    i->weight_warning = weight_of(p->draft.weight_warning);
    i->create_index = (uint64_t)p->draft.create_index;
    *ARENA_PUSH(&p->growing, p->read->items, p->read->count) = *i;
    return 1;
}

/* Where the object or list that begins now leads to. */
static int enter(struct service_parser *p, enum kind kind)
{
    enum place from = place_now(p), to = ELSEWHERE;

    if (p->depth == JSON_MAX_DEPTH)
        return refuse(p, ERR_INVALID, "nested too deeply");
    if (from == AT_TOP || from == IN_LIST || from == IN_CHECKS) {
        if (kind != (from == AT_TOP ? LIST : OBJECT))
            return refuse(p, ERR_INVALID, "not a list of objects");
        to = from == AT_TOP ? IN_LIST : from == IN_LIST ? IN_ELEMENT : IN_CHECK;
    } else if (from == IN_TAGS) {
        return refuse(p, ERR_INVALID, "a tag is no string");
    } else if (p->field) {
        if (p->field->kind != kind)
            return refuse_kind(p);
        to = p->field->into;
    }
    if (to == IN_ELEMENT)
        element_begin(&p->draft);
    if (to == IN_CHECK)
        check_begin(&p->draft);
    p->stack[p->depth++] = to;
    p->field = NULL;
    return 1;
}

static int leave(struct service_parser *p)
{
    enum place place = p->stack[--p->depth];

    p->field = NULL;
    if (place == IN_CHECK)
        check_end(&p->draft);
    return place == IN_ELEMENT ? element_end(p) : 1;
}

/* False, with the failure told, for a scalar where the shape wants something else. */
static bool scalar_fits(struct service_parser *p, enum kind kind)
{
    enum place place = place_now(p);

    if (place == AT_TOP || place == IN_LIST || place == IN_CHECKS)
        return refuse(p, ERR_INVALID, "not a list of objects");
    if (place == IN_TAGS && kind != TEXT)
        return refuse(p, ERR_INVALID, "a tag is no string");
    return !p->field || p->field->kind == kind || refuse_kind(p);
}

static int on_null(void *ctx)
{
    struct service_parser *p = ctx;
    enum place place = place_now(p);

    p->field = NULL; /* null is as good as absent for every field */
    if (place == AT_TOP || place == IN_LIST || place == IN_CHECKS)
        return refuse(p, ERR_INVALID, "not a list of objects");
    return 1;
}

static int on_boolean(void *ctx, int value)
{
    (void)value;
    return scalar_fits(ctx, BOOLEAN);
}

static int on_number(void *ctx, const char *text, size_t n)
{
    struct service_parser *p = ctx;
    int64_t value = 0;

    if (!scalar_fits(p, NUMBER))
        return 0;
    if (!p->field)
        return 1;
    if (str_i64((struct str){text, n}, &value))
        return refuse_kind(p);
    memcpy((char *)&p->draft + p->field->offset, &value, sizeof value);
    p->field = NULL;
    return 1;
}

static int on_string(void *ctx, const unsigned char *bytes, size_t n)
{
    struct service_parser *p = ctx;
    struct str text = {(const char *)bytes, n};

    if (!scalar_fits(p, TEXT))
        return 0;
    if (place_now(p) == IN_TAGS) {
        take_tag(p, text);
        return 1;
    }
    if (!p->field)
        return 1;
    if (p->field->offset == CHECK_STATUS) {
        p->draft.check_status = status_of(text);
    } else if (p->field->offset == CHECK_ID) {
        p->draft.check_is_maintenance =
            str_eq_z(text, "_node_maintenance") || str_starts(text, STR("_service_maintenance:"));
    } else {
        struct str copy = keep_text(p, text);
        memcpy((char *)&p->draft + p->field->offset, &copy, sizeof copy);
    }
    p->field = NULL;
    return 1;
}

static int on_key(void *ctx, const unsigned char *bytes, size_t n)
{
    struct service_parser *p = ctx;
    struct str key = {(const char *)bytes, n};
    enum place place = place_now(p);

    p->field = NULL;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].place == place && str_eq_z(key, fields[i].key))
            p->field = &fields[i];
    return 1;
}

static int on_start_map(void *ctx)
{
    return enter(ctx, OBJECT);
}

static int on_start_array(void *ctx)
{
    return enter(ctx, LIST);
}

static int on_end(void *ctx)
{
    return leave(ctx);
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

struct service_parser *service_parser_new(struct str service)
{
    struct service_parser *p = calloc(1, sizeof *p);

    if (!p)
        abort();
    p->yajl = yajl_alloc(&callbacks, NULL, p);
    if (!p->yajl)
        abort();
    p->read = service_read_new(service);
    return p;
}

static int check(struct service_parser *p, yajl_status status, struct err *e)
{
    if (status == yajl_status_error) {
        unsigned char *text = yajl_get_error(p->yajl, 0, NULL, 0);
        struct str line = str_trim(str_z((const char *)text));
        err_set(&p->failure, ERR_INVALID, "JSON, byte %zu: " STR_FMT, p->fed_bytes, STR_ARG(line));
        yajl_free_error(p->yajl, text);
    }
    if (!p->failure.kind)
        return 0;
    if (e)
        *e = p->failure;
    return -1;
}

int service_parser_feed(struct service_parser *p, struct str piece, struct err *e)
{
    if (p->failure.kind)
        return check(p, yajl_status_ok, e);
    if (piece.n > PARSE_BYTES_MAX - p->fed_bytes) {
        err_set(&p->failure, ERR_TOO_LARGE, "more than %d MiB", PARSE_BYTES_MAX >> 20);
        return check(p, yajl_status_ok, e);
    }
    yajl_status status = yajl_parse(p->yajl, (const unsigned char *)piece.p, piece.n);
    p->fed_bytes += piece.n;
    return check(p, status, e);
}

int service_parser_finish(struct service_parser *p, struct service_read **out, struct err *e)
{
    if (p->failure.kind || check(p, yajl_complete_parse(p->yajl), e))
        return check(p, yajl_status_ok, e);
    service_read_set(p->read, p->read->items, p->read->count);
    arena_free(&p->growing);
    *out = p->read;
    p->read = NULL;
    return 0;
}

void service_parser_free(struct service_parser *p)
{
    if (!p)
        return;
    yajl_free(p->yajl);
    service_read_unref(p->read);
    arena_free(&p->growing);
    free(p);
}
