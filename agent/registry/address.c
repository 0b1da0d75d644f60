/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/address.h"
#include "model/names.h"

#include <string.h>

static bool cut_prefix(struct str *s, struct str prefix)
{
    if (!str_starts(*s, prefix))
        return false;
    s->p += prefix.n;
    s->n -= prefix.n;
    return true;
}

static int parse_port(struct str text, unsigned *out, struct err *e)
{
    uint64_t port;

    if (str_u64(text, &port) || !port || port > UINT16_MAX)
        return err_set(e, ERR_INVALID, "serviceReg: not a port: \"" STR_FMT "\"", STR_ARG(text));
    *out = (unsigned)port;
    return 0;
}

/* "host", "host:port", "[v6]", "[v6]:port", "v6": parted into host and what is behind ':'. */
static void split(struct str text, struct str *host, struct str *port)
{
    size_t at;

    *host = text;
    *port = STR_NONE;
    if (address_is_ipv6(text) || !str_find(text, ':', &at))
        at = text.n;
    if (text.n && text.p[0] == '[') {
        if (!str_find(text, ']', &at))
            return;
        *host = (struct str){text.p + 1, at - 1};
        at++;
    } else {
        host->n = at;
    }
    if (at < text.n && text.p[at] == ':')
        *port = (struct str){text.p + at + 1, text.n - at - 1};
    else if (at < text.n)
        *host = STR_NONE;
}

int registry_address_parse(const char *text, unsigned port, struct registry_address *out,
                           struct err *e)
{
    struct str rest = str_z(text), host, port_text;

    *out = (struct registry_address){.port = port};
    if (cut_prefix(&rest, STR("file:"))) {
        out->is_file = true;
        str_copy(out->path, sizeof out->path, rest);
        if (!rest.n || rest.n >= sizeof out->path || str_has_control(rest))
            return err_set(e, ERR_INVALID, "serviceReg: not a path: \"%s\"", text);
        return 0;
    }
    out->tls = cut_prefix(&rest, STR("https://"));
    if (!out->tls)
        cut_prefix(&rest, STR("http://"));
    if (str_ends(rest, STR("/")))
        rest.n--;
    split(rest, &host, &port_text);
    if (!host_is_name(host) && !address_is_literal(host))
        return err_set(e, ERR_INVALID, "serviceReg: neither a host nor file:PATH: \"%s\"", text);
    str_copy(out->host, sizeof out->host, host);
    if (port_text.p)
        return parse_port(port_text, &out->port, e);
    return !port || port > UINT16_MAX
               ? err_set(e, ERR_INVALID, "serviceRegPort: not a port: %u", port)
               : 0;
}
