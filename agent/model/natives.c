/* SPDX-License-Identifier: Apache-2.0 */
#include "model/natives.h"

#include <stdio.h>

static const char *const sections[] = {
    "global",      "defaults",    "frontend",  "backend", "listen", "peers",       "resolvers",
    "userlist",    "mailers",     "cache",     "program", "ring",   "http-errors", "fcgi-app",
    "log-forward", "log-profile", "crt-store", "traces",  "acme",   "healthcheck", NULL};

struct refusal {
    const char *word, *field;
};

static const struct refusal frontend_refusals[] = {
    {"bind", "bind"}, {"mode", "mode"}, {"default_backend", "backend"}, {NULL, NULL}};

static const struct refusal backend_refusals[] = {
    {"server", "members and server"}, {"default-server", "server"},  {"server-template", "name"},
    {"balance", "balance"},           {"hash-type", "balance"},      {"mode", "mode"},
    {"dynamic-cookie-key", "cookie"}, {"bind", "a frontend's bind"}, {NULL, NULL}};

struct str native_keyword(struct str line)
{
    struct str word = str_word(&line);

    return str_eq(word, STR("no")) ? str_word(&line) : word;
}

static int check_line(struct str line, bool frontend, const char *at, struct err *e)
{
    const struct refusal *r = frontend ? frontend_refusals : backend_refusals;
    struct str word = native_keyword(line);
    size_t skip;

    if (str_find(word, '"', &skip) || str_find(word, '\'', &skip) || str_find(word, '\\', &skip))
        return err_field(e, at, "%s: the first word of a native must be a plain keyword", at);
    for (size_t i = 0; sections[i]; i++) {
        if (str_eq_z(word, sections[i]))
            return err_field(e, at, "%s: \"%s\" would start another section", at, sections[i]);
    }
    for (; r->word; r++) {
        if (str_eq_z(word, r->word))
            return err_field(e, at, "%s: \"%s\" is written by Thalassa, use the field %s", at,
                             r->word, r->field);
    }
    return 0;
}

int natives_check(struct str_list *natives, bool frontend, struct err *e)
{
    size_t kept = 0;

    for (size_t i = 0; i < natives->count; i++) {
        struct str line = str_trim(natives->items[i]);
        char at[32];

        if (line.n == 0)
            continue;
        (void)snprintf(at, sizeof at, "natives[%zu]", i);
        if (check_line(line, frontend, at, e))
            return -1;
        natives->items[kept++] = line;
    }
    natives->count = kept;
    return 0;
}
