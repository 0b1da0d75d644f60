/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/http.h"
#include "base/log.h"
#include "registry/http_call.h"
#include "registry/token.h"

#include <ev.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 5, TOKEN_LOOK_S = 1, HEADER_BYTES = TOKEN_BYTES_MAX + 32 };

struct http {
    struct ev_loop *loop;
    CURLM *multi;
    ev_timer timer;
    struct http_call *calls;
    char *base; /* "https://host:port" */
    char *datacenter, *ca, *cert, *key;
    char server[300];
    struct token token;
    ev_tstamp token_looked;
    bool token_complained;
};

/* A socket of curl's on the loop. */
struct watched_socket {
    struct http *http;
    ev_io io;
};

static char *text_copy(const char *z)
{
    char *copy = z && *z ? strdup(z) : NULL;

    if (z && *z && !copy)
        abort();
    return copy;
}

static void call_unlink(struct http_call *call)
{
    *call->link = call->next;
    if (call->next)
        call->next->link = call->link;
}

static void call_free(struct http_call *call)
{
    curl_multi_remove_handle(call->http->multi, call->easy);
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    free(call);
}

static void call_finish(struct http_call *call, CURLcode result)
{
    struct http_reply reply;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    call->reply.status = (int)status;
    http_name_error(call, result);
    reply = call->reply;
    if (reply.status == 403)
        token_refresh(&call->http->token, true, NULL);
    void (*on_done)(void *, const struct http_reply *) = call->request.on_done;
    void *ctx = call->request.ctx;
    call_unlink(call);
    call_free(call);
    on_done(ctx, &reply);
}

static void finish_calls(struct http *h)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(h->multi, &left))) {
        struct http_call *call = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call_finish(call, result);
    }
}

static void on_socket(struct ev_loop *loop, ev_io *io, int events)
{
    struct watched_socket *s = io->data;
    struct http *h = s->http; /* `s` may be gone after the action */
    int action =
        (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    int running;

    (void)loop;
    curl_multi_socket_action(h->multi, io->fd, action, &running);
    finish_calls(h);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct http *h = timer->data;
    int running;

    (void)loop;
    (void)events;
    curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_calls(h);
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *socket_ctx)
{
    struct http *h = ctx;
    struct watched_socket *s = socket_ctx;

    (void)easy;
    if (s)
        ev_io_stop(h->loop, &s->io);
    if (what == CURL_POLL_REMOVE) {
        free(s);
        return 0;
    }
    if (!s) {
        s = calloc(1, sizeof *s);
        if (!s)
            abort();
        s->http = h;
        s->io.data = s;
        curl_multi_assign(h->multi, fd, s);
    }
    ev_io_init(&s->io, on_socket, fd,
               (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev_io_start(h->loop, &s->io);
    return 0;
}

static int want_timer(CURLM *multi, long timeout_ms, void *ctx)
{
    struct http *h = ctx;

    (void)multi;
    ev_timer_stop(h->loop, &h->timer);
    if (timeout_ms < 0)
        return 0;
    ev_now_update(h->loop);
    ev_timer_set(&h->timer, (double)timeout_ms / 1000.0, 0.);
    ev_timer_start(h->loop, &h->timer);
    return 0;
}

static void open_multi(struct http *h)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(h->multi = curl_multi_init()))
        abort();
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_CONNECTIONS_MAX);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CONNECTIONS_MAX);
}

static void set_base(struct http *h, const struct http_options *o)
{
    const struct registry_address *a = o->address;
    bool v6 = strchr(a->host, ':') != NULL;
    bool tls = a->tls || o->ca || o->cert;
    size_t size = sizeof h->server + sizeof "https://";

    snprintf(h->server, sizeof h->server, "%s%s%s:%u", v6 ? "[" : "", a->host, v6 ? "]" : "",
             a->port);
    h->base = malloc(size);
    if (!h->base)
        abort();
    snprintf(h->base, size, "%s://%s", tls ? "https" : "http", h->server);
}

struct http *http_open(struct ev_loop *loop, const struct http_options *options, struct err *e)
{
    struct http *h = calloc(1, sizeof *h);

    if (!h)
        abort();
    if (token_init(&h->token, options->token_file, e)) {
        free(h);
        return NULL;
    }
    h->loop = loop;
    h->datacenter = text_copy(options->datacenter);
    h->ca = text_copy(options->ca);
    h->cert = text_copy(options->cert);
    h->key = text_copy(options->key);
    set_base(h, options);
    ev_timer_init(&h->timer, on_timer, 0., 0.);
    h->timer.data = h;
    open_multi(h);
    return h;
}

void http_close(struct http *h)
{
    for (struct http_call *call = h->calls, *next; call; call = next) {
        next = call->next;
        http_cancel(call);
    }
    curl_multi_cleanup(h->multi);
    ev_timer_stop(h->loop, &h->timer);
    curl_global_cleanup();
    token_wipe(&h->token);
    free(h->base);
    free(h->datacenter);
    free(h->ca);
    free(h->cert);
    free(h->key);
    free(h);
}

const char *http_server(const struct http *h)
{
    return h->server;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    size_t n = size * count;
    long status = 0;

    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        size_t room = sizeof call->status_text - 1 - call->status_text_bytes;
        size_t take = n < room ? n : room;
        memcpy(call->status_text + call->status_text_bytes, bytes, take);
        call->status_text_bytes += take;
        return n;
    }
    if (!call->request.on_body)
        return n;
    if (call->request.on_body(call->request.ctx, (struct str){bytes, n}, &call->reply.error)) {
        call->body_refused = true;
        return 0;
    }
    return n;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    struct str value = {bytes, size * count}, name;

    name = str_cut(&value, ':');
    value = str_trim(value);
    if (str_eq_nocase(name, STR("X-Consul-Index")))
        str_u64(value, &call->reply.index);
    else if (str_eq_nocase(name, STR("X-Consul-Results-Filtered-By-ACLs")))
        call->reply.filtered = str_eq_nocase(value, STR("true"));
    return size * count;
}

/* Looked at once a second at most; a change of the file is a matter of the next request. */
static void look_at_token(struct http *h)
{
    struct err e = {.kind = ERR_NONE};

    if (ev_now(h->loop) - h->token_looked < TOKEN_LOOK_S)
        return;
    h->token_looked = ev_now(h->loop);
    token_refresh(&h->token, false, &e);
    if (e.kind && !h->token_complained)
        log_warn("%s; the former token stays", e.text);
    h->token_complained = e.kind != ERR_NONE;
}

static void add_header(struct http_call *call, const char *line)
{
    struct curl_slist *longer = curl_slist_append(call->headers, line);

    if (!longer)
        abort();
    call->headers = longer;
}

static void set_headers(struct http *h, struct http_call *call)
{
    char line[HEADER_BYTES];

    look_at_token(h);
    if (*h->token.text) {
        snprintf(line, sizeof line, "X-Consul-Token: %s", h->token.text);
        add_header(call, line);
        explicit_bzero(line, sizeof line);
    }
    add_header(call, "Expect:");
    add_header(call, "Content-Type: application/json");
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

static void set_tls(struct http *h, CURL *easy)
{
    if (h->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, h->ca);
    if (h->cert)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, h->cert);
    if (h->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, h->key);
}

static void set_url(struct http *h, struct http_call *call)
{
    struct buf url;

    buf_init(&url, 16384);
    buf_printf(&url, "%s%s", h->base, call->request.path);
    if (h->datacenter) {
        buf_add_char(&url, strchr(call->request.path, '?') ? '&' : '?');
        buf_add_z(&url, "dc=");
        http_encode(&url, str_z(h->datacenter));
    }
    curl_easy_setopt(call->easy, CURLOPT_URL, url.p);
    buf_free(&url);
}

static void set_method(struct http_call *call)
{
    const struct http_request *r = &call->request;

    if (!strcmp(r->method, "GET"))
        return;
    curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE, (long)r->body.n);
    curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, r->body.n ? r->body.p : "");
}

static void set_transfer(struct http_call *call)
{
    CURL *easy = call->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 15L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(call->request.deadline_s * 1000.0));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error_text);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
}

struct http_call *http_start(struct http *h, const struct http_request *request)
{
    struct http_call *call = calloc(1, sizeof *call);

    if (!call || !(call->easy = curl_easy_init()))
        abort();
    call->http = h;
    call->request = *request;
    set_transfer(call);
    set_method(call);
    set_url(h, call);
    set_tls(h, call->easy);
    set_headers(h, call);
    call->request.path = NULL; /* the caller's, not to be looked at again */
    call->request.body = STR_NONE;
    call->next = h->calls;
    call->link = &h->calls;
    if (h->calls)
        h->calls->link = &call->next;
    h->calls = call;
    curl_multi_add_handle(h->multi, call->easy);
    return call;
}

void http_cancel(struct http_call *call)
{
    call_unlink(call);
    call_free(call);
}

void http_encode(struct buf *to, struct str text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] && strchr(plain, text.p[i]))
            buf_add_char(to, text.p[i]);
        else
            buf_printf(to, "%%%02X", (unsigned char)text.p[i]);
    }
}
