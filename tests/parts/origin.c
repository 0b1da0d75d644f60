/* SPDX-License-Identifier: Apache-2.0 */
/* test-origin: an HTTP server for the tests, that says who it is.
 *
 * Every answer leaves in one write, since HAProxy's health check resets an origin that answers in
 * pieces. Listens on loopback only. Serves nothing but what the end to end tests ask for:
 *   /anything              200 `NAME VERSION HOST TARGET`
 *   /slow?ms=M&chunks=N    200, a body of N pieces spread over M milliseconds
 *   /control?fail=1|0      from now on 500 (or no longer) to all but this path, on this port
 *   /control               200 `NAME fail=0 requests=N`, control requests not counted
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PORTS = 1024, IN_BYTES = 16384, OUT_BYTES = 20480, MAX_SLOW_MS = 600000 };

struct site {
    ev_io io;
    char name[96];
    unsigned port;
    bool failing;
    unsigned long requests;
};

struct client {
    ev_io in, out;
    ev_timer slow;
    struct site *site;
    size_t held, reply_bytes, sent, body_left;
    unsigned pieces_left;
    bool close_after, chunked;
    char request[IN_BYTES]; /* `held` bytes of it */
    char reply[OUT_BYTES];  /* `reply_bytes`, of which `sent` are gone */
};

struct text {
    const char *at;
    size_t length;
};

struct head {
    struct text method, target, host;
    size_t body_bytes;
    bool http10, close;
};

static struct ev_loop *loop;
static struct site sites[MAX_PORTS];
static const char *version = "1.0.0";

static void die(const char *what)
{
    fprintf(stderr, "test-origin: %s: %s\n", what, strerror(errno));
    exit(1);
}

static bool text_is(struct text a, const char *b)
{
    return a.length == strlen(b) && strncasecmp(a.at, b, a.length) == 0;
}

static bool text_starts(struct text a, const char *b)
{
    return a.length >= strlen(b) && strncmp(a.at, b, strlen(b)) == 0;
}

/* The number behind `key` in the query of a target, or `otherwise`. */
static long query_number(struct text target, const char *key, long otherwise)
{
    char copy[256];
    if (target.length >= sizeof copy)
        return otherwise;
    memcpy(copy, target.at, target.length);
    copy[target.length] = '\0';
    const char *found = strstr(copy, key);
    return found ? strtol(found + strlen(key), NULL, 10) : otherwise;
}

static void client_free(struct client *c)
{
    ev_io_stop(loop, &c->in);
    ev_io_stop(loop, &c->out);
    ev_timer_stop(loop, &c->slow);
    close(c->in.fd);
    free(c);
}

static struct text cut_until(struct text *rest, const char *stop)
{
    const char *end = memmem(rest->at, rest->length, stop, strlen(stop));
    struct text part = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
    size_t skip = part.length + (end ? strlen(stop) : 0);
    rest->at += skip;
    rest->length -= skip;
    return part;
}

static void head_parse(struct text rest, struct head *h)
{
    *h = (struct head){.host = {"-", 1}};
    struct text line = cut_until(&rest, "\r\n");
    h->method = cut_until(&line, " ");
    h->target = cut_until(&line, " ");
    h->http10 = text_is(line, "HTTP/1.0");
    h->close = h->http10;
    while (rest.length) {
        struct text value = cut_until(&rest, "\r\n");
        struct text name = cut_until(&value, ":");
        while (value.length && *value.at == ' ')
            cut_until(&value, " ");
        if (text_is(name, "Host") && value.length)
            h->host = value;
        else if (text_is(name, "Content-Length"))
            h->body_bytes = strtoul(value.at, NULL, 10);
        else if (text_is(name, "Connection"))
            h->close = text_is(value, "close") || (h->close && !text_is(value, "keep-alive"));
        else if (text_is(name, "Transfer-Encoding"))
            h->close = true; /* chunked requests are not read: answer, then close */
    }
}

/* Sends what is left of the reply. False: the client is gone. */
static bool client_flush(struct client *c)
{
    while (c->sent < c->reply_bytes) {
        ssize_t n = send(c->in.fd, c->reply + c->sent, c->reply_bytes - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            ev_io_start(loop, &c->out);
            return true;
        }
        if (n <= 0) {
            client_free(c);
            return false;
        }
        c->sent += (size_t)n;
    }
    ev_io_stop(loop, &c->out);
    c->sent = c->reply_bytes = 0;
    if (c->close_after && c->pieces_left == 0) {
        client_free(c);
        return false;
    }
    return true;
}

__attribute__((format(printf, 2, 3))) static void reply_add(struct client *c, const char *format,
                                                            ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(c->reply + c->reply_bytes, OUT_BYTES - c->reply_bytes, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < OUT_BYTES - c->reply_bytes)
        c->reply_bytes += (size_t)n;
}

static void reply_slow(struct client *c, const struct head *h)
{
    long ms = query_number(h->target, "ms=", 1000);
    long pieces = query_number(h->target, "chunks=", 10);
    ms = ms < 1 || ms > MAX_SLOW_MS ? 1000 : ms;
    pieces = pieces < 1 || pieces > ms ? 1 : pieces;
    c->chunked = !h->http10;
    c->close_after |= h->http10;
    c->pieces_left = (unsigned)pieces;
    reply_add(c,
              "HTTP/1.1 200 OK\r\nX-Origin: %s\r\nX-Version: %s\r\n%s"
              "Connection: %s\r\n\r\n",
              c->site->name, version, c->chunked ? "Transfer-Encoding: chunked\r\n" : "",
              c->close_after ? "close" : "keep-alive");
    double pause = (double)ms / 1000.0 / (double)pieces;
    ev_timer_set(&c->slow, pause, pause);
    ev_timer_start(loop, &c->slow);
}

static void reply_text(struct client *c, const struct head *h, const char *status, const char *body)
{
    reply_add(c,
              "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
              "X-Origin: %s\r\nX-Version: %s\r\nConnection: %s\r\n\r\n%s",
              status, strlen(body), c->site->name, version, c->close_after ? "close" : "keep-alive",
              text_is(h->method, "HEAD") ? "" : body);
}

static void client_answer(struct client *c, const struct head *h)
{
    struct site *s = c->site;
    char body[OUT_BYTES - 1024];
    c->close_after = h->close;
    if (text_starts(h->target, "/control")) {
        s->failing = query_number(h->target, "fail=", s->failing) != 0;
        snprintf(body, sizeof body, "%s fail=%d requests=%lu\n", s->name, s->failing, s->requests);
        reply_text(c, h, "200 OK", body);
        return;
    }
    s->requests++;
    if (text_starts(h->target, "/slow") && !s->failing) {
        reply_slow(c, h);
        return;
    }
    snprintf(body, sizeof body, "%s %s %.*s %.*s\n", s->name, version, (int)h->host.length,
             h->host.at, (int)h->target.length, h->target.at);
    reply_text(c, h, s->failing ? "500 Internal Server Error" : "200 OK", body);
}

static void drop_input(struct client *c, size_t n)
{
    memmove(c->request, c->request + n, c->held - n);
    c->held -= n;
}

/* Answers the requests at hand, one after the other, each one in one write. */
static void client_serve(struct client *c)
{
    while (c->held && c->reply_bytes == 0 && c->pieces_left == 0) {
        size_t body = c->body_left < c->held ? c->body_left : c->held;
        drop_input(c, body);
        c->body_left -= body;
        const char *end = memmem(c->request, c->held, "\r\n\r\n", 4);
        if (!end)
            return;
        struct head h;
        size_t head_bytes = (size_t)(end - c->request) + 4;
        head_parse((struct text){c->request, head_bytes - 2}, &h);
        client_answer(c, &h);
        c->body_left = h.body_bytes;
        drop_input(c, head_bytes);
        if (!client_flush(c))
            return;
    }
}

static void on_slow(struct ev_loop *l, ev_timer *timer, int events)
{
    (void)l, (void)events;
    struct client *c = timer->data;
    char piece[128];
    int n = snprintf(piece, sizeof piece, "%s %u\n", c->site->name, --c->pieces_left);
    if (c->chunked)
        reply_add(c, "%x\r\n%s\r\n%s", (unsigned)n, piece, c->pieces_left ? "" : "0\r\n\r\n");
    else
        reply_add(c, "%s", piece);
    if (c->pieces_left == 0)
        ev_timer_stop(loop, &c->slow);
    if (client_flush(c))
        client_serve(c);
}

static void on_readable(struct ev_loop *l, ev_io *io, int events)
{
    (void)l, (void)events;
    struct client *c = io->data;
    ssize_t n = recv(io->fd, c->request + c->held, IN_BYTES - c->held, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) { /* gone, or a head larger than the buffer */
        client_free(c);
        return;
    }
    c->held += (size_t)n;
    client_serve(c);
}

static void on_writable(struct ev_loop *l, ev_io *io, int events)
{
    (void)l, (void)events;
    if (client_flush(io->data))
        client_serve(io->data);
}

static void on_accept(struct ev_loop *l, ev_io *io, int events)
{
    (void)l, (void)events;
    int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *c = calloc(1, sizeof *c);
    if (!c)
        die("memory");
    c->site = io->data;
    ev_io_init(&c->in, on_readable, fd, EV_READ);
    ev_io_init(&c->out, on_writable, fd, EV_WRITE);
    ev_timer_init(&c->slow, on_slow, 0., 0.);
    c->in.data = c->out.data = c->slow.data = c;
    ev_io_start(loop, &c->in);
}

/* Port 0 lets the kernel choose; the port that was got is printed. */
static void site_open(struct site *s, const char *host)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bool is_v6 = strchr(host, ':') != NULL;
    if (!is_v6 && inet_pton(AF_INET, host, &v4.sin_addr) != 1)
        die(host);
    v6.sin6_port = v4.sin_port = htons((uint16_t)s->port);
    const struct sockaddr *address = is_v6 ? (const void *)&v6 : (const void *)&v4;
    socklen_t bytes = is_v6 ? sizeof v6 : sizeof v4;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, address, bytes) < 0 || listen(fd, 4096) < 0)
        die(host);
    if (getsockname(fd, is_v6 ? (void *)&v6 : (void *)&v4, &bytes) < 0)
        die("getsockname");
    s->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    ev_io_init(&s->io, on_accept, fd, EV_READ);
    s->io.data = s;
    ev_io_start(loop, &s->io);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"name", required_argument, NULL, 'n'},
        {"version", required_argument, NULL, 'v'},
        {"host", required_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *name = "origin", *host = "127.0.0.1";
    size_t count = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p' && count < MAX_PORTS)
            sites[count++].port = (unsigned)strtoul(optarg, NULL, 10);
        else if (option == 'n')
            name = optarg;
        else if (option == 'v')
            version = optarg;
        else if (option == 'h')
            host = optarg;
        else
            return 2;
    }
    if (count == 0 || optind != argc) {
        fprintf(stderr, "usage: test-origin --port P... --name N [--version V] [--host H]\n");
        return 2;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    loop = ev_default_loop(0);
    for (size_t i = 0; i < count; i++) {
        site_open(&sites[i], host);
        int cut = count == 1
                      ? snprintf(sites[i].name, sizeof sites[i].name, "%s", name)
                      : snprintf(sites[i].name, sizeof sites[i].name, "%s-%u", name, sites[i].port);
        if (cut < 0 || (size_t)cut >= sizeof sites[i].name)
            return 2;
        printf("listening %u\n", sites[i].port);
    }
    fflush(stdout);
    ev_run(loop, 0);
    return 0;
}
