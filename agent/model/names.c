/* SPDX-License-Identifier: Apache-2.0 */
#include "model/names.h"

#include "model/object.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == ':' || c == '-';
}

int name_check(struct str name, const char *field, struct err *e)
{
    if (name.n == 0)
        return err_field(e, field, "%s: a name must not be empty", field);
    if (name.n > LIMIT_NAME)
        return err_field(e, field, "%s: longer than %d bytes", field, LIMIT_NAME);
    for (size_t i = 0; i < name.n; i++) {
        if (!is_name_byte(name.p[i]))
            return err_field(e, field, "%s: only A-Z a-z 0-9 _ . : - are allowed in a name", field);
    }
    return 0;
}

int proxy_name_check(struct str name, const char *field, struct err *e)
{
    if (name_check(name, field, e))
        return -1;
    if (str_starts(name, STR("thalassa.")))
        return err_field(e, field, "%s: the prefix \"thalassa.\" is reserved", field);
    return 0;
}

static bool parse_address(int family, struct str host, unsigned char out[16])
{
    char text[INET6_ADDRSTRLEN];

    if (host.n == 0 || host.n >= sizeof text || memchr(host.p, 0, host.n))
        return false;
    return inet_pton(family, str_copy(text, sizeof text, host), out) == 1;
}

bool address_is_ipv6(struct str host)
{
    unsigned char bytes[16];

    return parse_address(AF_INET6, host, bytes);
}

bool address_is_literal(struct str host)
{
    unsigned char bytes[16];

    return parse_address(AF_INET, host, bytes) || parse_address(AF_INET6, host, bytes);
}

bool address_is_usable(struct str host)
{
    static const unsigned char zero[16];
    unsigned char bytes[16] = {0};

    if (parse_address(AF_INET, host, bytes))
        return memcmp(bytes, zero, 4) != 0;
    return parse_address(AF_INET6, host, bytes) && memcmp(bytes, zero, 16) != 0;
}

bool host_is_name(struct str host)
{
    if (host.n == 0 || host.n > 253 || host.p[0] == '-' || host.p[0] == '.')
        return false;
    for (size_t i = 0; i < host.n; i++) {
        if (!is_name_byte(host.p[i]) || host.p[i] == ':')
            return false;
    }
    return true;
}
