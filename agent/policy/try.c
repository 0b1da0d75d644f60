/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/try.h"

#include "policy/headers.h"

#include <string.h>

enum { HEADER_BYTES = 65536, HEADER_COUNT = 100 };

static int read_frontend(struct arena *a, const struct policy_set *set, const struct json *o,
                         struct policy_request *out, struct err *e)
{
    struct str_list names = policy_set_frontends(set);

    if (read_str(o, "frontend", a, &out->frontend, e))
        return -1;
    if (out->frontend.n)
        return 0;
    if (names.count == 0)
        return err_set(e, ERR_INVALID, "no frontend has a policy");
    if (names.count != 1)
        return err_field(e, "frontend", "frontend: required, %zu have policies", names.count);
    out->frontend = names.items[0];
    return 0;
}

/* "http://host:port/path?query" or "/path?query"; a fragment is never sent. */
static int read_url(struct arena *a, const struct json *o, struct policy_request *out,
                    struct err *e)
{
    struct str url = STR(""), rest;
    size_t at = 0;

    if (read_str(o, "url", a, &url, e))
        return -1;
    if (url.n == 0)
        return err_field(e, "url", "url: required");
    rest = url;
    url = str_cut(&rest, '#');
    if (url.n && url.p[0] != '/') {
        if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
            return err_field(e, "url", "url: begins with neither '/' nor http:// nor https://");
        (void)str_find(url, '/', &at);
        url = (struct str){url.p + at + 2, url.n - at - 2};
        at = strcspn(url.p, "/?#");
        if (at > url.n)
            at = url.n;
        out->host = (struct str){url.p, at};
        url = (struct str){url.p + at, url.n - at};
    }
    out->path = str_cut(&url, '?');
    if (url.p)
        out->query = url;
    if (out->path.n == 0)
        out->path = STR("/");
    return 0;
}

static int add_header(struct buf *to, struct str name, const struct json *v,
                      struct policy_request *out, struct arena *a, struct err *e)
{
    if (v->type != JSON_STRING)
        return err_field(e, name.p, "%s: a string or a list of strings wanted, this is %s", name.p,
                         json_type_name(v->type));
    if (str_has_control(v->text))
        return err_field(e, name.p, "%s: control characters are not allowed", name.p);
    if (name.n == 0)
        return err_field(e, "", "a name must not be empty");
    headers_add(to, name, str_trim(v->text));
    if (str_eq_nocase(name, STR("host")))
        out->host = arena_str(a, str_trim(v->text));
    return 0;
}

static int add_headers(struct buf *to, const struct json *list, struct policy_request *out,
                       struct arena *a, struct err *e)
{
    if (list->type != JSON_OBJECT)
        return err_field(e, "headers", "headers: an object wanted, this is %s",
                         json_type_name(list->type));
    if (list->count > HEADER_COUNT)
        return err_field(e, "headers", "headers: more than %d", HEADER_COUNT);
    JSON_EACH(child, list) {
        const struct json *v = child->type == JSON_ARRAY ? child->first : child;
        for (; v; v = child->type == JSON_ARRAY ? v->next : NULL) {
            if (add_header(to, child->key, v, out, a, e)) {
                err_in(e, "headers");
                return err_wrap(e, "headers");
            }
        }
    }
    return 0;
}

static int read_headers(struct arena *a, const struct json *o, struct policy_request *out,
                        struct err *e)
{
    const struct json *list = json_get(o, "headers");
    struct str host = out->host;
    struct buf bytes;
    int rc = 0;

    buf_init(&bytes, HEADER_BYTES);
    if (list && list->type != JSON_NULL)
        rc = add_headers(&bytes, list, out, a, e);
    if (host.n && host.p == out->host.p) /* none of the headers was Host */
        headers_add(&bytes, STR("host"), host);
    headers_end(&bytes);
    if (rc == 0 && buf_failed(&bytes))
        rc = err_field(e, "headers", "headers: more than %d bytes", HEADER_BYTES);
    out->headers = arena_str(a, buf_str(&bytes));
    buf_free(&bytes);
    return rc;
}

/* An IPv4 address that came in through an IPv6 listener is told as such: ::ffff:10.1.2.3. */
static int read_src(struct arena *a, const struct json *o, struct policy_request *out,
                    struct err *e)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct str text = STR("");
    struct network src;
    unsigned char *bytes;
    size_t colon;

    if (read_str(o, "src", a, &text, e))
        return -1;
    if (text.n == 0)
        return 0;
    if (network_parse_address(text, &src))
        return err_field(e, "src", "src: no address: \"%.60s\"", text.p);
    bytes = arena_alloc(a, 16);
    if (src.v6 || !str_find(text, ':', &colon)) {
        out->src = (struct str){(char *)bytes, src.v6 ? 16 : 4};
        memcpy(bytes, src.bytes, out->src.n);
        return 0;
    }
    memcpy(bytes, mapped, sizeof mapped);
    memcpy(bytes + sizeof mapped, src.bytes, 4);
    out->src = (struct str){(char *)bytes, 16};
    return 0;
}

int try_parse(struct arena *a, const struct policy_set *set, const struct json *o,
              struct policy_request *out, struct err *e)
{
    static const char *const known[] = {"frontend", "method", "url", "headers", "src", NULL};

    *out =
        (struct policy_request){STR(""), STR("GET"), STR(""), STR(""), STR(""), STR(""), STR("")};
    if (o->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "an object wanted, this is %s", json_type_name(o->type));
    if (read_known(o, known, e) || read_frontend(a, set, o, out, e) ||
        read_str(o, "method", a, &out->method, e) || read_url(a, o, out, e) ||
        read_headers(a, o, out, e) || read_src(a, o, out, e))
        return -1;
    return 0;
}

static void put_text_or_null(struct json_out *o, const char *key, struct str s)
{
    if (s.n)
        json_put_str(o, key, s);
    else
        json_put_null(o, key);
}

static void put_decision(struct json_out *o, const struct decision *d)
{
    static const char *const kinds[] = {"none", "taken", "undecided"};

    json_put_z(o, "decision", kinds[d->kind]);
    put_text_or_null(o, "policy", d->policy);
    put_text_or_null(o, "backend", d->backend);
    json_open_object(o, "set");
    for (size_t i = 0; i < d->set_count; i++) {
        json_key_str(o, d->set[i].name);
        json_put_str(o, NULL, d->set[i].value);
    }
    json_close_object(o);
}

void try_put(struct json_out *o, const char *key, const struct policy_set *set,
             const struct policy_request *r, struct policy_scratch *s)
{
    struct arena a = ARENA_INIT;
    struct policy_trace trace = {.arena = &a};
    struct decision d = decide(set, r, DECIDE_WHOLE, s, &trace);

    json_open_object(o, key);
    json_put_str(o, "frontend", r->frontend);
    put_decision(o, &d);
    d = decide(set, r, DECIDE_WITHOUT_REGEX, s, NULL);
    json_open_object(o, "withoutAgent");
    put_decision(o, &d);
    json_close_object(o);
    trace_put(o, "steps", &trace);
    json_close_object(o);
    arena_free(&a);
}
