/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct target {
    struct sockaddr_storage address;
    socklen_t size;
    uint16_t first, last; /* ports */
    bool skip;            /* nothing to bind here */
};

static bool take(struct str *s, const char *prefix)
{
    struct str p = str_z(prefix);

    if (!str_starts(*s, p))
        return false;
    *s = (struct str){s->p + p.n, s->n - p.n};
    return true;
}

static bool is_skipped(struct str s)
{
    static const char *const kinds[] = {"/",         "unix@",   "abns@",  "abnsz@", "fd@",
                                        "sockpair@", "udp@",    "udp4@",  "udp6@",  "quic4@",
                                        "quic6@",    "uxst@",   "uxdg@",  "rhttp@", "rev@",
                                        "mptcp@",    "mptcp4@", "mptcp6@"};

    if (memchr(s.p, '$', s.n)) /* an environment variable of HAProxy */
        return true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_starts(s, str_z(kinds[i])))
            return true;
    return false;
}

static int port_number(struct str s, uint16_t *out)
{
    uint64_t v;

    if (str_u64(s, &v) || v == 0 || v > UINT16_MAX)
        return -1;
    *out = (uint16_t)v;
    return 0;
}

static int read_ports(struct str s, struct target *t)
{
    struct str last = s, first = str_cut(&last, '-');

    if (port_number(first, &t->first))
        return -1;
    t->last = t->first;
    if (!last.p)
        return 0;
    return port_number(last, &t->last) || t->last < t->first ||
                   t->last - t->first >= PROBE_MAX_PORTS
               ? -1
               : 0;
}

static void any_address(struct target *t, bool six)
{
    t->address.ss_family = six ? AF_INET6 : AF_INET;
    t->size = six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static int read_host(struct str host, bool only4, bool only6, struct target *t)
{
    char text[INET6_ADDRSTRLEN + 1];
    struct sockaddr_in *four = (struct sockaddr_in *)&t->address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&t->address;

    if (host.n == 0 || str_eq(host, STR("*"))) {
        any_address(t, only6);
        return 0;
    }
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){host.p + 1, host.n - 2};
    if (host.n >= sizeof text)
        return -1;
    str_copy(text, sizeof text, host);
    if (!only6 && inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        any_address(t, false);
        return 0;
    }
    if (!only4 && inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        any_address(t, true);
        return 0;
    }
    return -1;
}

/* A name to resolve: HAProxy would, we do not wait for that. */
static bool is_name(struct str host)
{
    for (size_t i = 0; i < host.n; i++)
        if ((host.p[i] >= 'g' && host.p[i] <= 'z') || (host.p[i] >= 'G' && host.p[i] <= 'Z'))
            return true;
    return false;
}

static int target_read(struct str s, struct target *t)
{
    bool only4 = false, only6 = false;
    struct str host, ports;
    size_t colon;

    *t = (struct target){0};
    if (is_skipped(s)) {
        t->skip = true;
        return 0;
    }
    if (take(&s, "ipv4@") || take(&s, "tcp4@"))
        only4 = true;
    else if (take(&s, "ipv6@") || take(&s, "tcp6@"))
        only6 = true;
    else
        (void)take(&s, "tcp@");
    for (colon = s.n; colon > 0 && s.p[colon - 1] != ':'; colon--)
        ;
    if (colon == 0)
        return -1;
    host = (struct str){s.p, colon - 1};
    ports = (struct str){s.p + colon, s.n - colon};
    if (read_ports(ports, t))
        return -1;
    if (is_name(host)) {
        t->skip = true;
        return 0;
    }
    return read_host(host, only4, only6, t);
}

/* SO_REUSEADDR as HAProxy sets it, never SO_REUSEPORT: with it two processes of one user share a
 * port, and a foreign one would not be seen. IPv6 takes IPv4 in only where HAProxy's would. */
static int try_port(struct target *t, uint16_t port)
{
    int one = 1, number = 0;
    int fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return errno == EAFNOSUPPORT ? EAFNOSUPPORT : EACCES;
    if (t->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&t->address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&t->address)->sin_port = htons(port);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&t->address, t->size))
        number = errno;
    (void)close(fd);
    return number;
}

static bool port_runs(const struct str *running, size_t count, unsigned port)
{
    struct target t;

    for (size_t i = 0; i < count; i++)
        if (!target_read(running[i], &t) && !t.skip && t.first <= port && port <= t.last)
            return true;
    return false;
}

static int probe_one(struct str text, const struct str *running, size_t running_count,
                     struct err *e)
{
    struct target t;

    if (target_read(text, &t))
        return err_set(e, ERR_INVALID, "bind \"" STR_FMT "\": expected ADDRESS:PORT",
                       STR_ARG(text));
    if (t.skip)
        return 0;
    for (unsigned port = t.first; port <= t.last; port++) {
        int number;
        if (port_runs(running, running_count, port))
            continue;
        number = try_port(&t, (uint16_t)port);
        if (number == EACCES || number == EPERM || number == 0)
            continue;
        if (t.first == t.last)
            return err_errno(e, ERR_CONFLICT, number, STR_FMT, STR_ARG(text));
        return err_errno(e, ERR_CONFLICT, number, STR_FMT " (port %u)", STR_ARG(text), port);
    }
    return 0;
}

int probe_bind_beside(const struct str *addresses, size_t count, const struct str *running,
                      size_t running_count, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (probe_one(addresses[i], running, running_count, e))
            return -1;
    return 0;
}

int probe_bind(const struct str *addresses, size_t count, struct err *e)
{
    return probe_bind_beside(addresses, count, NULL, 0, e);
}
