/* SPDX-License-Identifier: Apache-2.0 */
#include "render/server.h"

#include "base/buf.h"
#include "base/hash.h"
#include "model/names.h"

#include <string.h>

enum {
    GUID_BYTES = 127, /* measured: 128 is "invalid length" on 3.0 to 3.4 */
    ARGS_BYTES = 8192,
    /* HAProxy reads 64 words; "add server B/N ADDR weight W" and "guid G" take the others */
    ARGS_WORDS = 54
};

struct str server_address(struct arena *a, struct str address, uint16_t port)
{
    const char *format = address_is_ipv6(address) ? "[" STR_FMT "]:%u" : STR_FMT ":%u";

    return arena_printf(a, format, STR_ARG(address), (unsigned)port);
}

static bool fits_guid(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("_.:-", c));
}

struct str server_guid(struct arena *a, const char *prefix, struct str name)
{
    struct str full = arena_printf(a, "%s:" STR_FMT, prefix, STR_ARG(name));
    char *p, hex[17];

    if (full.n > GUID_BYTES)
        return arena_printf(a, "%s:%s", prefix, hash_hex(hash_str(full), hex));
    p = arena_alloc(a, full.n + 1);
    for (size_t i = 0; i < full.n; i++)
        p[i] = full.p[i];
    for (size_t i = 0; i < full.n; i++) {
        if (!fits_guid(p[i]))
            p[i] = '-';
    }
    return (struct str){p, full.n};
}

static size_t count_words(struct str s)
{
    size_t count = 0;

    while (str_word(&s).n)
        count++;
    return count;
}

/* Quotes, '#' and '$' mean something in the file only, ';' and '<<' on the command line only. */
static int check_same_in_both(struct str args, struct err *e)
{
    if (str_has_control(args))
        return err_field(e, "server", "server: a control character cannot be written");
    for (size_t i = 0; i < args.n; i++) {
        if (strchr("\"'\\#;$", args.p[i]) || (i > 0 && args.p[i] == '<' && args.p[i - 1] == '<'))
            return err_field(e, "server", "server: character '%c' cannot be written", args.p[i]);
    }
    if (count_words(args) > ARGS_WORDS)
        return err_field(e, "server", "server: too many words for one server line");
    return 0;
}

struct str server_place(struct str backend, struct str server)
{
    if (server.n > backend.n && str_starts(server, backend) && server.p[backend.n] == '_')
        return (struct str){server.p + backend.n + 1, server.n - backend.n - 1};
    return server;
}

struct str server_guid_in(struct arena *a, struct str proxy, struct str backend, struct str server)
{
    struct str place = server_place(backend, server);

    return server_guid(a, "sv",
                       arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(proxy), STR_ARG(place)));
}

int server_args(struct arena *a, const struct backend *b, const struct member *m,
                const struct render_caps *caps, struct str *out, struct err *e)
{
    struct buf text;
    int rc = -1;

    buf_init(&text, ARGS_BYTES);
    buf_printf(&text, "check inter %ums rise 2 fall 3", b->health.interval_ms);
    if (caps->pool_keywords)
        buf_add_z(&text, " pool-max-conn 100 pool-purge-delay 5s");
    for (size_t i = 0; i < b->server.count; i++) /* behind ours, so that these win */
        buf_printf(&text, " " STR_FMT, STR_ARG(b->server.items[i]));
    if (m->backup)
        buf_add_z(&text, " backup");
    if (buf_failed(&text))
        err_field(e, "server", "server: more than %d bytes", ARGS_BYTES);
    else if (check_same_in_both(buf_str(&text), e) == 0)
        rc = 0;
    if (rc == 0)
        *out = arena_str(a, buf_str(&text));
    buf_free(&text);
    return rc;
}
