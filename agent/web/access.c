/* SPDX-License-Identifier: Apache-2.0 */
#include "web/access.h"

#include "model/names.h"

const char *right_name(enum right right)
{
    static const char *const names[] = {"read", "deploy", "admin"};

    return names[right];
}

int access_may(const struct access *a, const struct peer *peer, enum right right, struct err *e)
{
    if (peer->is_unix || peer->is_loopback || a->insecure)
        return 0;
    return err_set(e, ERR_FORBIDDEN, "%s has no right to %s", peer->address, right_name(right));
}

/* Part "host[:port]", "[v6][:port]" into the host without brackets. -1 when it is neither. */
static int cut_port(struct str authority, struct str *host)
{
    struct str port = authority;
    uint64_t number;

    if (str_starts(authority, STR("["))) {
        *host = str_cut(&port, ']');
        *host = (struct str){host->p + 1, host->n - 1};
        if (!port.p || !address_is_ipv6(*host))
            return -1;
        if (port.n == 0)
            return 0;
        if (port.p[0] != ':')
            return -1;
        port = (struct str){port.p + 1, port.n - 1};
    } else {
        *host = str_cut(&port, ':');
    }
    if (!host->n)
        return -1;
    return port.n && (str_u64(port, &number) || number > 65535) ? -1 : 0;
}

static bool is_allowed_name(const struct access *a, struct str host)
{
    if (str_eq_nocase(host, STR("localhost")) || str_eq_nocase(host, str_z(a->host)))
        return true;
    for (size_t i = 0; i < a->allowed_host_count; i++) {
        if (str_eq_nocase(host, str_z(a->allowed_hosts[i])))
            return true;
    }
    return false;
}

int access_host(const struct access *a, struct str host, struct err *e)
{
    struct str name;

    if (!host.p)
        return 0;
    if (cut_port(host, &name))
        return err_set(e, ERR_FORBIDDEN, "Host: not a host name or address");
    if (address_is_literal(name) || is_allowed_name(a, name))
        return 0;
    return err_set(e, ERR_FORBIDDEN,
                   "Host: \"" STR_FMT "\" is not this agent's name; --allowedHosts adds names",
                   STR_ARG(name));
}

int access_origin(struct str origin, struct str host, struct err *e)
{
    struct str authority = origin;

    if (!origin.p)
        return 0;
    if (str_starts(origin, STR("http://")))
        authority = (struct str){origin.p + 7, origin.n - 7};
    else if (str_starts(origin, STR("https://")))
        authority = (struct str){origin.p + 8, origin.n - 8};
    if (authority.p != origin.p && authority.n && str_eq_nocase(authority, host))
        return 0;
    return err_set(e, ERR_FORBIDDEN, "Origin: pages of other sites may not use this agent");
}

int access_listen_allowed(const char *address, bool insecure, struct err *e)
{
    struct str host = str_z(address);

    if (insecure || str_eq_nocase(host, STR("localhost")) || peer_address_is_loopback(host))
        return 0;
    return err_field(e, "host",
                     "host: \"%s\" can be reached from other machines, and the API asks nobody who "
                     "they are: add --insecure, or listen on 127.0.0.1 or a unix socket",
                     address);
}
