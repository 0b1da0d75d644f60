/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/client.h"

#include "base/json_in.h"
#include "model/names.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_MS = 3000, PLACES = 2, URL_BYTES = 64 * 1024 };

/* Where an agent may be. */
struct place {
    const char *socket; /* NULL: by host and port */
    char origin[320];   /* "http://127.0.0.1:10000" */
    char why[192];      /* nothing was reached there */
};

struct client {
    CURL *curl;
    struct curl_slist *headers;
    struct place places[PLACES];
    size_t count;
    struct client_reply *reply; /* of the exchange under way */
};

static bool is_said(const struct options *o, enum option_id id)
{
    return o->origin[id] == ORIGIN_COMMAND_LINE;
}

static bool names_tcp(const struct options *o)
{
    return is_said(o, OPTION_host) || is_said(o, OPTION_port);
}

static bool names_socket(const struct options *o)
{
    return is_said(o, OPTION_apiSocket) && *o->apiSocket;
}

bool client_is_named(const struct options *o)
{
    return names_tcp(o) || names_socket(o);
}

void client_put_origin(struct buf *url, const char *host, unsigned port)
{
    struct str h = str_z(host);

    if (str_eq_z(h, "0.0.0.0") || str_eq_z(h, "*"))
        h = STR("127.0.0.1");
    else if (str_eq_z(h, "::"))
        h = STR("::1");
    if (address_is_ipv6(h))
        buf_printf(url, "http://[" STR_FMT "]:%u", STR_ARG(h), port);
    else
        buf_printf(url, "http://" STR_FMT ":%u", STR_ARG(h), port);
}

static void add_socket(struct client *c, const struct options *o)
{
    struct place *p = &c->places[c->count++];

    p->socket = o->apiSocket;
    str_copy(p->origin, sizeof p->origin, STR("http://localhost"));
}

static void add_tcp(struct client *c, const struct options *o)
{
    struct place *p = &c->places[c->count++];
    struct buf origin;

    buf_init(&origin, sizeof p->origin);
    client_put_origin(&origin, o->host, o->port);
    str_copy(p->origin, sizeof p->origin, buf_str(&origin));
    buf_free(&origin);
}

struct client *client_open(const struct options *o)
{
    struct client *c = calloc(1, sizeof *c);

    if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) || !(c->curl = curl_easy_init()))
        abort();
    c->headers = curl_slist_append(NULL, "Content-Type: application/json");
    c->headers = curl_slist_append(c->headers, "Expect:");
    if (*o->apiSocket && (names_socket(o) || !names_tcp(o)))
        add_socket(c, o);
    if (names_tcp(o) || !names_socket(o))
        add_tcp(c, o);
    return c;
}

void client_close(struct client *c)
{
    if (!c)
        return;
    curl_slist_free_all(c->headers);
    curl_easy_cleanup(c->curl);
    curl_global_cleanup();
    free(c);
}

void client_encode(struct buf *path, struct str text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= '0' && byte <= '9') || strchr("-._~", byte ? byte : '%')) {
            buf_add_char(path, (char)byte);
            continue;
        }
        buf_add_char(path, '%');
        buf_add_char(path, hex[byte >> 4]);
        buf_add_char(path, hex[byte & 15]);
    }
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct client *c = ctx;

    buf_add(&c->reply->body, bytes, size * count);
    return buf_failed(&c->reply->body) ? CURL_WRITEFUNC_ERROR : size * count;
}

static void prepare(struct client *c, const struct client_request *r, const struct place *p,
                    const char *url)
{
    CURL *h = c->curl;
    int64_t deadline_ms = r->deadline_ms ? r->deadline_ms : CLIENT_DEADLINE_MS;

    curl_easy_reset(h);
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, p->socket);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_FORBID_REUSE, 1L); /* the agent may be another one by then */
    curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)deadline_ms);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "thalassa/" THALASSA_VERSION);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method);
    if (r->body.p) {
        curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers);
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, r->body.p);
    }
}

/* Nothing was sent: the next place may be tried. */
static bool never_connected(CURL *h, CURLcode code)
{
    curl_off_t connected_us = 0;

    (void)curl_easy_getinfo(h, CURLINFO_CONNECT_TIME_T, &connected_us);
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
           (code == CURLE_OPERATION_TIMEDOUT && connected_us == 0);
}

/* libcurl's words, where they say what is wrong. */
static const char *words_of(CURLcode code, const struct place *p)
{
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
        return "what answers there does not speak HTTP";
    if (code == CURLE_URL_MALFORMAT)
        return "this is no host; its port is --port";
    if (code == CURLE_COULDNT_RESOLVE_HOST && p->socket)
        return "the path is too long for a socket";
    return curl_easy_strerror(code);
}

static void note_why(CURL *h, CURLcode code, struct place *p)
{
    long number = 0;

    (void)curl_easy_getinfo(h, CURLINFO_OS_ERRNO, &number);
    (void)snprintf(p->why, sizeof p->why, "%s",
                   number && code == CURLE_COULDNT_CONNECT ? strerror((int)number)
                                                           : words_of(code, p));
}

static const char *name_of(const struct place *p)
{
    return p->socket ? p->socket : p->origin + strlen("http://");
}

static int nobody(const struct client *c, struct err *e)
{
    const struct place *p = c->places;

    if (c->count == 1)
        return err_set(e, ERR_UNAVAILABLE, "no agent answers at %s (%s)", name_of(p), p->why);
    return err_set(e, ERR_UNAVAILABLE, "no agent answers at %s (%s) or %s (%s)", name_of(p), p->why,
                   name_of(p + 1), p[1].why);
}

static enum err_kind kind_of(long status)
{
    switch (status) {
    case 400: return ERR_INVALID;
    case 403: return ERR_FORBIDDEN;
    case 404: return ERR_NOT_FOUND;
    case 409: return ERR_CONFLICT;
    case 412: return ERR_PRECONDITION;
    case 413: return ERR_TOO_LARGE;
    case 422: return ERR_UNPROCESSABLE;
    case 503: return ERR_UNAVAILABLE;
    default: return ERR_INTERNAL;
    }
}

static struct str text_of(const struct json *o, const char *key)
{
    const struct json *value = o ? json_get(o, key) : NULL;

    return value && value->type == JSON_STRING ? value->text : STR("");
}

int client_read_error(long status, struct str body, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct json *o = NULL;
    struct str text = STR("");

    if (json_parse(&a, body, JSON_MAX_DEPTH, &o, NULL) == 0)
        text = text_of(o, "error");
    if (text.n) {
        err_set(e, kind_of(status), STR_FMT, STR_ARG(text));
        str_copy(e->field, sizeof e->field, text_of(o, "field"));
        str_copy(e->detail, sizeof e->detail, text_of(o, "detail"));
    } else {
        err_set(e, kind_of(status),
                "HTTP status %ld without an error of Thalassa's: another "
                "program answers there",
                status);
    }
    arena_free(&a);
    return -1;
}

static uint64_t generation_of(CURL *h)
{
    struct curl_header *header;
    uint64_t generation = 0;

    if (curl_easy_header(h, "X-Thalassa-Generation", 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        (void)str_u64(str_z(header->value), &generation);
    return generation;
}

/* The exchange with one place. 1: nothing listens there. */
static int try_place(struct client *c, const struct client_request *r, struct place *p,
                     struct err *e)
{
    struct buf url;
    CURLcode code;

    buf_init(&url, URL_BYTES);
    buf_add_z(&url, p->origin);
    buf_add_str(&url, r->path);
    if (buf_failed(&url)) {
        buf_free(&url);
        return err_set(e, ERR_TOO_LARGE, "the request is too long");
    }
    prepare(c, r, p, url.p);
    code = curl_easy_perform(c->curl);
    buf_free(&url);
    if (code && never_connected(c->curl, code)) {
        note_why(c->curl, code, p);
        return 1;
    }
    if (buf_failed(&c->reply->body))
        return err_set(e, ERR_TOO_LARGE, "%s: the answer is larger than %d bytes", name_of(p),
                       CLIENT_REPLY_BYTES);
    if (code)
        return err_set(e, ERR_UNAVAILABLE, "%s: %s", name_of(p), words_of(code, p));
    (void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->reply->status);
    c->reply->generation = generation_of(c->curl);
    if (c->reply->status / 100 == 2)
        return 0;
    return client_read_error(c->reply->status, buf_str(&c->reply->body), e);
}

int client_call(struct client *c, const struct client_request *request, struct client_reply *reply,
                struct err *e)
{
    *reply = (struct client_reply){0};
    buf_init(&reply->body, CLIENT_REPLY_BYTES);
    c->reply = reply;
    for (size_t i = 0; i < c->count; i++) {
        int rc = try_place(c, request, &c->places[i], e);
        if (rc > 0)
            continue;
        c->places[0] = c->places[i];
        c->count = 1;
        return rc;
    }
    return nobody(c, e);
}
