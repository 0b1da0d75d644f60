/* SPDX-License-Identifier: Apache-2.0 */
/* stream-load: many viewers of the agent's stream in one process.
 *
 *     stream-load PORT READING SILENT [TOPIC]
 *
 * READING clients read all, answer pings and check that the changes' numbers have no gap; SILENT
 * ones never read. With TOPIC all that read subscribe to it. Prints one line of JSON when all are
 * greeted, and one for each line on stdin, with what has come since the line before; ends with
 * stdin. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BYTES = 1 << 20, SILENT_BUFFER = 4096, TEXT_MAX = 400 };

struct client {
    int fd;
    bool silent, upgraded, ready;
    uint64_t seq;
    char *in;
    size_t held, size;
};

static struct client *clients;
static size_t client_count, greeted, closed_reading, closed_silent, gaps;
static uint64_t changes, stats, bytes;
static const char *topic;
static int epoll_fd;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* A masked frame; the mask is zeros. */
static void send_frame(struct client *c, unsigned first, const char *text, size_t n)
{
    char out[TEXT_MAX + 8] = {(char)first, (char)(0x80 | (n < 126 ? n : 126))};
    size_t head = 2;

    if (n >= 126) {
        out[2] = (char)(n >> 8);
        out[3] = (char)(n & 0xff);
        head = 4;
    }
    memcpy(out + head + 4, text, n);
    if (send(c->fd, out, head + 4 + n, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        die("send");
}

static void subscribe(struct client *c)
{
    char text[TEXT_MAX];

    if (topic)
        send_frame(c, 0x81, text,
                   (size_t)snprintf(text, sizeof text, "[\"statSubscribe\",\"%s\"]\n", topic));
}

static bool is_type(const char *text, const char *type)
{
    return strncmp(text + 9, type, strlen(type)) == 0; /* behind {"type":" */
}

/* `text` ends with a NUL for the time of this. */
static void on_text(struct client *c, const char *text)
{
    const char *at = strstr(text, "\"seq\":");
    uint64_t seq = at ? strtoull(at + 6, NULL, 10) : 0;

    if (is_type(text, "ready\"")) {
        c->ready = true;
        c->seq = seq;
        greeted++;
        subscribe(c);
    } else if (is_type(text, "stat\"")) {
        stats++;
    } else if (c->ready) {
        gaps += seq != c->seq + 1;
        c->seq = seq;
        changes++;
    }
}

/* Bytes of the frame at the front, 0 if it is not whole. */
static size_t frame_size(const struct client *c, size_t at, size_t *head)
{
    const unsigned char *p = (const unsigned char *)c->in + at;
    size_t left = c->held - at, n;

    if (left < 2)
        return 0;
    n = p[1];
    *head = n < 126 ? 2 : n == 126 ? 4 : 10;
    if (left < *head)
        return 0;
    for (size_t i = 2, big = 0; i < *head; i++)
        n = big = big << 8 | p[i];
    return left < *head + n ? 0 : *head + n;
}

static void read_frames(struct client *c)
{
    size_t at = 0, n, head = 0;

    while ((n = frame_size(c, at, &head))) {
        unsigned first = (unsigned char)c->in[at];
        char kept = c->in[at + n];
        c->in[at + n] = 0;
        if (first == 0x81)
            on_text(c, c->in + at + head);
        else if (first == 0x89)
            send_frame(c, 0x8a, c->in + at + head, n - head);
        c->in[at + n] = kept;
        at += n;
    }
    memmove(c->in, c->in + at, c->held - at);
    c->held -= at;
}

static void close_client(struct client *c)
{
    *(c->silent ? &closed_silent : &closed_reading) += 1;
    (void)close(c->fd);
    c->fd = -1;
}

static void on_readable(struct client *c)
{
    char *end;
    ssize_t got;

    if (c->size - c->held < 65536) {
        c->size = c->size ? c->size * 2 : 131072;
        c->in = realloc(c->in, c->size + 1);
        if (!c->in)
            abort();
    }
    got = recv(c->fd, c->in + c->held, c->size - c->held, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            close_client(c);
        return;
    }
    c->held += (size_t)got;
    bytes += (uint64_t)got;
    c->in[c->held] = 0;
    if (!c->upgraded) {
        end = strstr(c->in, "\r\n\r\n");
        if (!end)
            return;
        if (strncmp(c->in, "HTTP/1.1 101 ", 13) != 0) {
            (void)fprintf(stderr, "%s\n", c->in);
            exit(1);
        }
        c->upgraded = true;
        c->held -= (size_t)(end + 4 - c->in);
        memmove(c->in, end + 4, c->held);
    }
    read_frames(c);
}

static void open_client(struct client *c, uint16_t port, bool silent)
{
    static const char request[] =
        "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    int size = SILENT_BUFFER;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->silent = silent;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        die("socket");
    if (silent)
        (void)setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to))
        die("connect");
    if (send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0)
        die("send");
    if (silent)
        event.events = EPOLLRDHUP; /* not what comes, but that it is closed */
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK) || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event))
        die("epoll");
}

static void report(void)
{
    uint64_t low = UINT64_MAX, high = 0;

    for (size_t i = 0; i < client_count; i++) {
        const struct client *c = &clients[i];
        if (c->silent || c->fd < 0)
            continue;
        low = c->seq < low ? c->seq : low;
        high = c->seq > high ? c->seq : high;
    }
    printf("{\"greeted\":%zu,\"changes\":%" PRIu64 ",\"stats\":%" PRIu64 ",\"bytes\":%" PRIu64
           ",\"gaps\":%zu,\"closed\":%zu,\"closedSilent\":%zu,\"behind\":%" PRIu64
           ",\"seq\":%" PRIu64 "}\n",
           greeted, changes, stats, bytes, gaps, closed_reading, closed_silent,
           high >= low ? high - low : 0, high);
    (void)fflush(stdout);
    changes = stats = bytes = 0;
}

static void turn(void)
{
    struct epoll_event events[EVENTS];
    char line[64];
    int n = epoll_wait(epoll_fd, events, EVENTS, 1000);

    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (!c) {
            if (read(STDIN_FILENO, line, sizeof line) <= 0)
                exit(0);
            report();
        } else if (c->silent) {
            close_client(c);
        } else {
            on_readable(c);
        }
    }
}

int main(int argc, char **argv)
{
    struct epoll_event event = {.events = EPOLLIN};
    struct rlimit files = {0};
    size_t reading = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (argc < 4)
        return 2;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    topic = argc > 4 ? argv[4] : NULL;
    client_count = reading + strtoul(argv[3], NULL, 10);
    clients = calloc(client_count + 1, sizeof *clients);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event))
        die("epoll");
    for (size_t i = 0; i < client_count; i++)
        open_client(&clients[i], (uint16_t)strtoul(argv[1], NULL, 10), i >= reading);
    while (greeted < reading)
        turn();
    report();
    for (;;)
        turn();
}
