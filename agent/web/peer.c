/* SPDX-License-Identifier: Apache-2.0 */
#include "web/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static bool ipv4_is_loopback(const struct in_addr *a)
{
    return ntohl(a->s_addr) >> 24 == 127;
}

static bool ipv6_is_loopback(const struct in6_addr *a)
{
    return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

bool peer_address_is_loopback(struct str literal)
{
    char text[INET6_ADDRSTRLEN];
    struct in_addr four;
    struct in6_addr six;

    if (literal.n >= sizeof text)
        return false;
    str_copy(text, sizeof text, literal);
    if (inet_pton(AF_INET, text, &four) == 1)
        return ipv4_is_loopback(&four);
    return inet_pton(AF_INET6, text, &six) == 1 && ipv6_is_loopback(&six);
}

static void read_unix(struct peer *p, int fd)
{
    struct ucred who = {.uid = (uid_t)-1};
    socklen_t size = sizeof who;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size))
        who.uid = (uid_t)-1;
    p->is_unix = true;
    p->uid = who.uid;
    p->pid = who.pid;
    (void)snprintf(p->address, sizeof p->address, "uid %ld", (long)(int)who.uid);
}

void peer_read(struct peer *p, int fd, const struct sockaddr *address)
{
    /* copied, since the caller's bytes need not be aligned for the wider type */
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    *p = (struct peer){.uid = (uid_t)-1, .address = "?"};
    if (address->sa_family == AF_UNIX) {
        read_unix(p, fd);
    } else if (address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        p->is_loopback = ipv4_is_loopback(&four.sin_addr);
        (void)inet_ntop(AF_INET, &four.sin_addr, p->address, sizeof p->address);
    } else if (address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        p->is_loopback = ipv6_is_loopback(&six.sin6_addr);
        (void)inet_ntop(AF_INET6, &six.sin6_addr, p->address, sizeof p->address);
    }
}
