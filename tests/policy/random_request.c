/* SPDX-License-Identifier: Apache-2.0 */
#include "draw.h"
#include "policy/headers.h"

#include <arpa/inet.h>
#include <stdio.h>

struct writer {
    struct arena *a;
    struct str_list *lines;
    struct buf bytes;
};

static void add_line(struct writer *w, struct str name, struct str value)
{
    headers_add(&w->bytes, name, value);
    *ARENA_PUSH(w->a, w->lines->items, w->lines->count) = arena_str_lower(w->a, name);
    *ARENA_PUSH(w->a, w->lines->items, w->lines->count) = value;
}

/* "uid=a; sid = b;x;=y" */
static struct str draw_cookies(struct arena *a, struct dice *d)
{
    struct str line = STR("");

    for (unsigned n = draw(d, 4) + 1; n; n--) {
        const char *name = draw_text(d, COOKIES), *value = draw_text(d, VALUES);
        char pair[64] = "";
        switch (draw(d, 12)) {
        case 1: (void)snprintf(pair, sizeof pair, " %s = %s ", name, value); break;
        case 2: (void)snprintf(pair, sizeof pair, "%s=%s=", name, value); break;
        case 3: (void)snprintf(pair, sizeof pair, "%s", name); break;
        case 4: (void)snprintf(pair, sizeof pair, "=%s", value); break;
        case 5: (void)snprintf(pair, sizeof pair, "%s=", name); break;
        default: (void)snprintf(pair, sizeof pair, "%s=%s", name, value); break;
        }
        line = arena_printf(a, STR_FMT "%s%s", STR_ARG(line), line.n ? ";" : "", pair);
    }
    return line;
}

/* As names and values come, some bytes escaped, some not at all as they should be. */
static struct str escape(struct arena *a, struct dice *d, const char *text)
{
    struct str out = STR("");

    for (; *text; text++) {
        bool must = *text == ' ' || *text == '%' || *text == '"' || (unsigned char)*text > 0x7e;
        if (*text == ' ' && draw(d, 2))
            out = arena_printf(a, STR_FMT "+", STR_ARG(out));
        else if (must ? draw(d, 8) != 0 : draw(d, 6) == 0)
            out = arena_printf(a, STR_FMT "%%%02x", STR_ARG(out), (unsigned char)*text);
        else
            out = arena_printf(a, STR_FMT "%c", STR_ARG(out), *text);
    }
    return out;
}

static struct str draw_query(struct arena *a, struct dice *d)
{
    struct str line = STR("");

    for (unsigned n = draw(d, 4); n; n--) {
        struct str name = escape(a, d, draw_text(d, PARAMETERS));
        struct str value = escape(a, d, draw_text(d, VALUES));
        bool bare = draw(d, 8) == 0;
        line = arena_printf(a, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(line), line.n ? "&" : "",
                            STR_ARG(name), bare ? "" : "=", (int)(bare ? 0 : value.n), value.p);
    }
    return line;
}

static struct str draw_src(struct arena *a, struct dice *d, struct str *text)
{
    static const char *const addresses[] = {"10.0.0.1",
                                            "10.0.1.9",
                                            "10.1.2.3",
                                            "192.168.1.7",
                                            "::ffff:10.0.0.1",
                                            "::ffff:192.168.1.7",
                                            "::1",
                                            "2001:db8::1",
                                            "2001:db9::1:2:3",
                                            "fe80::1",
                                            ""};
    const char *z = addresses[draw(d, 11)];
    bool v6 = str_find(str_z(z), ':', &(size_t){0});
    char *bytes = arena_alloc(a, 16), back[INET6_ADDRSTRLEN] = "";

    if (!*z) {
        *text = STR("");
        return STR("");
    }
    (void)inet_pton(v6 ? AF_INET6 : AF_INET, z, bytes);
    (void)inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, back, sizeof back);
    *text = arena_str(a, str_z(back)); /* as HAProxy writes it */
    return (struct str){bytes, v6 ? 16 : 4};
}

struct policy_request draw_request(struct arena *a, struct dice *d, struct str_list *lines,
                                   struct str *src_text)
{
    struct writer w = {.a = a, .lines = lines};
    struct policy_request r = {.frontend = STR("web"),
                               .method = str_z(draw_text(d, METHODS)),
                               .path = str_z(draw_text(d, PATHS)),
                               .host = str_z(draw_text(d, HOSTS))};

    *lines = (struct str_list){0};
    buf_init(&w.bytes, 1 << 20);
    if (r.host.n)
        add_line(&w, STR("Host"), r.host);
    for (unsigned n = draw(d, 6); n; n--)
        add_line(&w, str_z(draw_text(d, HEADERS)), str_z(draw_text(d, VALUES)));
    for (unsigned n = draw(d, 3); n; n--)
        add_line(&w, STR("cookie"), draw_cookies(a, d));
    headers_end(&w.bytes);
    r.headers = arena_str(a, buf_str(&w.bytes));
    buf_free(&w.bytes);
    r.query = draw_query(a, d);
    r.src = draw_src(a, d, src_text);
    return r;
}
