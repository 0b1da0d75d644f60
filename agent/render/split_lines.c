/* SPDX-License-Identifier: Apache-2.0 */
#include "render/split_lines.h"

static const char bucket[] = "http-request set-var(txn.bkt)";
static const char hashed[] = "concat(:,txn.be),xxh32(0),mod(10000)";

/* The first cookie of the list wins, so its line is the last. */
static void cookie_lines(struct line_out *o, const struct str_list *cookies)
{
    for (size_t i = cookies ? cookies->count : 0; i > 0; i--) {
        struct str name = cookies->items[i - 1];
        line_new(o, "%s req.cook(" STR_FMT "),%s if { var(txn.split),field(3,/) -m str cookie }",
                 bucket, STR_ARG(name), hashed);
        line_more(o, " { req.cook(" STR_FMT ") -m len gt 0 }", STR_ARG(name));
    }
}

void split_lines(struct line_out *o)
{
    line_new(o, "http-request set-var(txn.split) var(txn.be),map_str(");
    line_map(o, STR("maps/splits.map"));
    line_more(o, ")");
    line_new(o, "%s src,%s if { var(txn.split) -m found }", bucket, hashed);
    cookie_lines(o, o->env->sticky_cookies);
    line_new(o, "%s rand(10000) if { var(txn.split),field(3,/) -m str none }", bucket);
    /* a target that cannot serve leaves its share where it was */
    line_new(o, "http-request set-var(txn.be) var(txn.split),field(2,/) if { "
                "var(txn.bkt),sub(txn.split) lt 0 } { var(txn.split),field(2,/),map_str(");
    line_map(o, STR("maps/proxies.map"));
    line_more(o, "),nbsrv gt 0 }");
}
