/* SPDX-License-Identifier: Apache-2.0 */
/* spop-load: asks an agent as HAProxy does, and checks each answer: its ids are those of a question
 * that waits, and its payload is the one expected. One thread; one recv and one send per wakeup.
 *
 *     spop-load [-c CONNECTIONS] [-d DEPTH] [-s SECONDS] [-m MESSAGE] [-a NAME=TEXT]... [-f FILE]
 *               [-x NAME=TEXT]... [-e] PORT
 *
 * -a: string arguments; -f: the whole payload of the question instead; -x: the answer sets these
 * variables in scope txn and nothing else; -e: the agent echoes: the answer is the question. Prints
 * answers, answers per second, wrong ones, and the latency; exit 1 if one was wrong or a connection
 * broke. */
#include "spoe/ack.h"
#include "spoe/frame.h"
#include "spoe/hello.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, BYTES = 64 << 10, MAX_DEPTH = 1024, SLOTS_US = 100000, PAYLOAD = 8192 };

struct connection {
    int fd;
    uint64_t next_id, open_ids[MAX_DEPTH]; /* of question id % depth; 0: none */
    int64_t asked_us[MAX_DEPTH];
    uint8_t *in;
    size_t held;
};

static unsigned connections = 8, depth = 16;
static double seconds = 2;
static bool echoes;
static uint8_t question_bytes[PAYLOAD], answer_bytes[PAYLOAD], out_bytes[MAX_DEPTH * 1024];
static struct spop_out question = {question_bytes, 0, PAYLOAD, false};
static struct spop_out answer = {answer_bytes, 0, PAYLOAD, false};
static uint64_t answers, wrong, slots[SLOTS_US + 1];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void put_pair(struct spop_out *o, const char *pair)
{
    const char *equals = strchr(pair, '=');
    struct spop_value v = {SPOP_STRING, {.count = 0}};

    if (!equals)
        die(pair);
    v.bytes = spop_bytes_z(equals + 1);
    spop_put_string(o, (struct spop_bytes){(const uint8_t *)pair, (size_t)(equals - pair)});
    spop_put_value(o, &v);
}

static void put_question(struct spop_out *o, uint64_t id)
{
    size_t start = spop_frame_begin(o, SPOP_FRAME_NOTIFY, id, 1);

    spop_put_bytes(o, (struct spop_bytes){question.p, question.n});
    spop_frame_end(o, start);
}

static void put_hello(struct spop_out *o)
{
    size_t start = spop_frame_begin(o, SPOP_FRAME_HAPROXY_HELLO, 0, 0);
    struct spop_value size = {SPOP_UINT32, {.count = SPOP_DEFAULT_FRAME_BYTES}};

    put_pair(o, "supported-versions=2.0");
    spop_put_string(o, SPOP_BYTES("max-frame-size"));
    spop_put_value(o, &size);
    put_pair(o, "capabilities=pipelining");
    spop_frame_end(o, start);
}

static void send_all(const struct connection *c, const struct spop_out *o)
{
    if (o->full || send(c->fd, o->p, o->n, MSG_NOSIGNAL) != (ssize_t)o->n)
        die("send");
}

static void dial(struct connection *c, uint16_t port)
{
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct spop_out o = {out_bytes, 0, sizeof out_bytes, false};
    struct spop_bytes got;
    struct spop_frame f;
    enum spop_status why;
    int on = 1;

    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    c->in = malloc(BYTES);
    if (!c->in || c->fd < 0 || connect(c->fd, (const struct sockaddr *)&in, sizeof in) != 0)
        die("connect");
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    put_hello(&o);
    send_all(c, &o);
    got = (struct spop_bytes){c->in, (size_t)recv(c->fd, c->in, BYTES, 0)};
    if (spop_frame_take(&got, BYTES, &f, &why) != SPOP_FRAME_WHOLE || got.n ||
        f.type != (echoes ? SPOP_FRAME_HAPROXY_HELLO : SPOP_FRAME_AGENT_HELLO))
        die("HELLO");
}

static void ask(struct connection *c, struct spop_out *o, int64_t now)
{
    uint64_t id = ++c->next_id;

    put_question(o, id);
    c->open_ids[id % depth] = id;
    c->asked_us[id % depth] = now;
}

static void check(struct connection *c, const struct spop_frame *f, int64_t now)
{
    const struct spop_out *want = echoes ? &question : &answer;
    int64_t took = now - c->asked_us[f->stream_id % depth];

    if (f->type != (echoes ? SPOP_FRAME_NOTIFY : SPOP_FRAME_ACK) || f->flags != SPOP_FIN ||
        f->frame_id != 1 || c->open_ids[f->stream_id % depth] != f->stream_id ||
        !spop_bytes_eq(f->payload, (struct spop_bytes){want->p, want->n}))
        wrong++;
    c->open_ids[f->stream_id % depth] = 0;
    answers++;
    slots[took < SLOTS_US ? took : SLOTS_US]++;
}

/* False: the connection ended. */
static bool turn(struct connection *c, bool more)
{
    struct spop_out o = {out_bytes, 0, sizeof out_bytes, false};
    ssize_t n = recv(c->fd, c->in + c->held, BYTES - c->held, 0);
    struct spop_bytes left = {c->in, c->held + (n > 0 ? (size_t)n : 0)};
    int64_t now = now_us();
    struct spop_frame f;
    enum spop_status why;

    if (n <= 0)
        return false;
    while (spop_frame_take(&left, BYTES, &f, &why) == SPOP_FRAME_WHOLE) {
        check(c, &f, now);
        if (more)
            ask(c, &o, now);
    }
    memmove(c->in, left.p, left.n);
    c->held = left.n;
    if (o.n)
        send_all(c, &o);
    return true;
}

static void run(struct connection *all, int set)
{
    struct epoll_event events[EVENTS];
    int64_t end = now_us() + (int64_t)(seconds * 1e6);

    for (unsigned i = 0; i < connections; i++) {
        struct spop_out o = {out_bytes, 0, sizeof out_bytes, false};

        for (unsigned k = 0; k < depth; k++)
            ask(&all[i], &o, now_us());
        send_all(&all[i], &o);
    }
    while (now_us() < end) {
        int n = epoll_wait(set, events, EVENTS, 1000);

        if (n == 0) {
            fprintf(stderr, "spop-load: no answer within a second\n");
            exit(1);
        }
        for (int i = 0; i < n; i++)
            if (!turn(events[i].data.ptr, true))
                die("a connection ended");
    }
}

static unsigned percentile(unsigned percent)
{
    uint64_t before = 0;
    unsigned us = 0;

    while (us < SLOTS_US && (before += slots[us]) * 100 < answers * percent)
        us++;
    return us;
}

static void read_question(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        die(path);
    question.n = fread(question.p, 1, question.size, file);
    (void)fclose(file);
}

static void put_message(const char *message, const char **pairs, uint8_t count)
{
    spop_put_string(&question, spop_bytes_z(message));
    spop_put_u8(&question, count);
    for (uint8_t i = 0; i < count; i++)
        put_pair(&question, pairs[i]);
}

static void read_options(int argc, char **argv)
{
    const char *message = "pick", *pairs[255];
    uint8_t count = 0;

    for (int option; (option = getopt(argc, argv, "c:d:s:m:a:f:x:e")) != -1;) {
        switch (option) {
        case 'c': connections = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'd': depth = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': seconds = strtod(optarg, NULL); break;
        case 'm': message = optarg; break;
        case 'a': pairs[count++] = optarg; break;
        case 'f': read_question(optarg); break;
        case 'x':
            spop_put_bytes(&answer, SPOP_BYTES("\1\3\2"));
            put_pair(&answer, optarg);
            break;
        case 'e': echoes = true; break;
        default: exit(2);
        }
    }
    if (optind >= argc || depth == 0 || depth > MAX_DEPTH || connections == 0)
        die("usage: see spop_load.c");
    if (!question.n)
        put_message(message, pairs, count);
}

int main(int argc, char **argv)
{
    int set = epoll_create1(0);
    struct connection *all;
    int64_t began;
    double took;

    read_options(argc, argv);
    all = calloc(connections, sizeof *all);
    if (!all)
        die("memory");
    for (unsigned i = 0; i < connections; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};

        dial(&all[i], (uint16_t)strtoul(argv[optind], NULL, 10));
        if (epoll_ctl(set, EPOLL_CTL_ADD, all[i].fd, &e) != 0)
            die("epoll_ctl");
    }
    began = now_us();
    run(all, set);
    took = (double)(now_us() - began) / 1e6;
    printf("answers=%llu per_second=%.0f wrong=%llu p50_us=%u p99_us=%u\n",
           (unsigned long long)answers, (double)answers / took, (unsigned long long)wrong,
           percentile(50), percentile(99));
    for (unsigned i = 0; i < connections; i++)
        free(all[i].in);
    free(all);
    return wrong ? 1 : 0;
}
