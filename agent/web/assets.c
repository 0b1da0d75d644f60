/* SPDX-License-Identifier: Apache-2.0 */
#include "web/assets.h"

#include "web/accept.h"
#include "web/etag.h"

#define UI_PREFIX STR("/ui/")

/* Everything from here, nothing inline. data: is for the pictures inside of Pico's style sheet. */
#define CONTENT_POLICY                                                                             \
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "                \
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; "                 \
    "frame-ancestors 'none'"

static const char *const pages[] = {"/", "/overview", "/activity", "/services", "/plan", "/config"};

static bool is_page(struct str path)
{
    if (path.n > 1 && str_ends(path, STR("/")))
        path.n--;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (str_eq_z(path, pages[i]))
            return true;
    }
    return false;
}

bool assets_wanted(const struct exchange *x)
{
    struct str accept = exchange_header(x, "Accept");
    unsigned html = accept_quality(accept, "text/html");

    if (x->method != METHOD_GET)
        return false;
    if (str_starts(x->target.path, UI_PREFIX))
        return true;
    if (assets_revision().n == 0 && !str_eq_z(x->target.path, "/"))
        return false; /* built without: the API answers */
    return is_page(x->target.path) && html && html >= accept_quality(accept, "application/json");
}

static const struct asset *find(struct str path)
{
    size_t count;
    const struct asset *table = assets_table(&count);

    for (size_t i = 0; i < count; i++) {
        if (str_eq_z(path, table[i].path))
            return &table[i];
    }
    return NULL;
}

/* What is below /ui/, without the revision, if it is that of this build. */
static struct str cut_prefix(struct str path, bool *lasting)
{
    struct str rest = {path.p + UI_PREFIX.n, path.n - UI_PREFIX.n}, behind = rest;

    *lasting = str_eq(str_cut(&behind, '/'), assets_revision()) && behind.p;
    return *lasting ? behind : rest;
}

static void add_headers(struct exchange *x, const char *etag, bool lasting, bool page)
{
    exchange_add_header(x, "ETag", str_z(etag));
    exchange_add_header(x, "Cache-Control",
                        lasting ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    exchange_add_header(x, "Vary", page ? STR("Accept, Accept-Encoding") : STR("Accept-Encoding"));
    exchange_add_header(x, "Content-Security-Policy", STR(CONTENT_POLICY));
    exchange_add_header(x, "Referrer-Policy", STR("no-referrer"));
    exchange_add_header(x, "Cross-Origin-Opener-Policy", STR("same-origin"));
    exchange_add_header(x, "Cross-Origin-Resource-Policy", STR("same-origin"));
}

static void reply_asset(struct exchange *x, const struct asset *a, bool lasting, bool page)
{
    bool zipped = a->gzip.n && accept_quality(exchange_header(x, "Accept-Encoding"), "gzip");
    const char *etag = zipped ? a->gzip_etag : a->etag;

    add_headers(x, etag, lasting, page);
    if (etag_is_known(exchange_header(x, "If-None-Match"), etag)) {
        exchange_reply(x, 304, NULL, STR_NONE);
        return;
    }
    if (zipped)
        exchange_add_header(x, "Content-Encoding", STR("gzip"));
    exchange_reply(x, 200, a->media_type, zipped ? a->gzip : a->bytes);
}

void assets_reply(struct exchange *x)
{
    bool page = !str_starts(x->target.path, UI_PREFIX), lasting = false;
    struct str path = page ? STR("index.html") : cut_prefix(x->target.path, &lasting);
    const struct asset *a = find(path);

    if (a)
        reply_asset(x, a, lasting, page);
    else if (assets_revision().n == 0)
        exchange_reply_status(x, 404,
                              "this agent was built without the web UI (THALASSA_UI=OFF); "
                              "/openapi.json describes the API");
    else
        exchange_reply_status(x, 404, "no such file of the web UI");
}
