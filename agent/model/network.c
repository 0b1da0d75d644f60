/* SPDX-License-Identifier: Apache-2.0 */
#include "model/network.h"

#include <arpa/inet.h>
#include <string.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

enum { MAPPED_BITS = 96 };

static void clear_behind(struct network *n)
{
    for (unsigned i = 0; i < 16; i++) {
        if (i * 8 >= n->bits)
            n->bytes[i] = 0;
        else if (n->bits - i * 8 < 8)
            n->bytes[i] &= (unsigned char)(0xff00u >> (n->bits - i * 8));
    }
}

static void unmap(struct network *n)
{
    if (!n->v6 || n->bits < MAPPED_BITS || memcmp(n->bytes, mapped, sizeof mapped) != 0)
        return;
    memmove(n->bytes, n->bytes + 12, 4);
    memset(n->bytes + 4, 0, 12);
    n->v6 = false;
    n->bits -= MAPPED_BITS;
}

int network_parse(struct str text, struct network *out)
{
    struct str rest = text, host = str_cut(&rest, '/');
    char z[INET6_ADDRSTRLEN];
    uint64_t bits = 0;

    *out = (struct network){0};
    if (host.n == 0 || host.n >= sizeof z || memchr(host.p, 0, host.n))
        return -1;
    str_copy(z, sizeof z, host);
    out->v6 = memchr(host.p, ':', host.n) != NULL;
    if (inet_pton(out->v6 ? AF_INET6 : AF_INET, z, out->bytes) != 1)
        return -1;
    out->bits = out->v6 ? 128 : 32;
    if (rest.p) {
        if (rest.n > 3 || str_u64(rest, &bits) || bits > out->bits)
            return -1;
        out->bits = (unsigned)bits;
    }
    clear_behind(out);
    unmap(out);
    return 0;
}

int network_parse_address(struct str text, struct network *out)
{
    size_t at;

    return str_find(text, '/', &at) ? -1 : network_parse(text, out);
}

int network_from_bytes(struct str bytes, struct network *out)
{
    *out = (struct network){.v6 = bytes.n == 16, .bits = bytes.n == 16 ? 128 : 32};
    if (bytes.n != 4 && bytes.n != 16)
        return -1;
    memcpy(out->bytes, bytes.p, bytes.n);
    unmap(out);
    return 0;
}

struct str network_text(struct arena *a, const struct network *n)
{
    char z[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(n->v6 ? AF_INET6 : AF_INET, n->bytes, z, sizeof z);
    if (n->bits == (n->v6 ? 128 : 32))
        return arena_str(a, str_z(z));
    return arena_printf(a, "%s/%u", z, n->bits);
}

int network_cmp(const void *pa, const void *pb)
{
    const struct network *a = pa, *b = pb;
    int c;

    if (a->v6 != b->v6)
        return a->v6 ? 1 : -1;
    c = memcmp(a->bytes, b->bytes, sizeof a->bytes);
    return c ? c : (a->bits > b->bits) - (a->bits < b->bits);
}
