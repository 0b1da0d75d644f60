/* SPDX-License-Identifier: Apache-2.0 */
#include "model/endpoint.h"

#include "model/names.h"

#include <arpa/inet.h>

struct str endpoint_host(struct arena *a, struct str host)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr bytes;

    if (!address_is_ipv6(host))
        return arena_str_lower(a, host);
    (void)inet_pton(AF_INET6, str_copy(text, sizeof text, host), &bytes);
    if (!inet_ntop(AF_INET6, &bytes, text, sizeof text))
        return arena_str_lower(a, host);
    return arena_str(a, str_z(text));
}

struct str endpoint_text(struct arena *a, struct str host, uint16_t port)
{
    return arena_printf(a, address_is_ipv6(host) ? "[" STR_FMT "]:%u" : STR_FMT ":%u",
                        STR_ARG(host), (unsigned)port);
}

static struct str cut_port(struct str text, struct str *port)
{
    size_t at = text.n;

    while (at > 0 && text.p[at - 1] != ':')
        at--;
    *port = at ? (struct str){text.p + at, text.n - at} : STR("");
    return at ? (struct str){text.p, at - 1} : STR("");
}

static bool is_host(struct str host, bool bracketed)
{
    if (bracketed || address_is_ipv6(host))
        return address_is_ipv6(host);
    return address_is_literal(host) || host_is_name(host);
}

int endpoint_parse(struct arena *a, struct str text, struct endpoint *out, struct err *e)
{
    struct str port, host = cut_port(text, &port);
    bool bracketed = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    uint64_t number = 0;

    if (bracketed)
        host = (struct str){host.p + 1, host.n - 2};
    if (!is_host(host, bracketed) || str_u64(port, &number) || number == 0 || number > UINT16_MAX)
        return err_field(e, "member", "member: HOST:PORT wanted, not \"" STR_FMT "\"",
                         STR_ARG(text));
    *out = (struct endpoint){endpoint_host(a, host), (uint16_t)number};
    return 0;
}

int endpoint_cmp(const struct endpoint *a, const struct endpoint *b)
{
    int c = str_cmp(a->host, b->host);

    return c ? c : (a->port > b->port) - (a->port < b->port);
}
