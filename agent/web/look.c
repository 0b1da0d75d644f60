/* SPDX-License-Identifier: Apache-2.0 */
#include "web/look.h"

#include "base/hash.h"

#include <string.h>

static const uint64_t factor = 0x9e3779b97f4a7c15;

/* Bytes of `"name":` at the front of `s`; 0: it is another one. Inside of a text the second quote
 * would be escaped, so that this is a key wherever it is found. */
static size_t key_length(struct str s, const char *const *fleeting)
{
    for (size_t i = 0; fleeting[i]; i++) {
        size_t n = strlen(fleeting[i]);
        if (s.n >= n + 3 && memcmp(s.p + 1, fleeting[i], n) == 0 && s.p[n + 1] == '"' &&
            s.p[n + 2] == ':')
            return n + 3;
    }
    return 0;
}

static bool is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '.';
}

uint64_t look_of(struct str json, const char *const *fleeting)
{
    uint64_t look = 0;
    size_t from = 0, at = 0, n;

    while (str_find((struct str){json.p + at, json.n - at}, '"', &n)) {
        at += n;
        n = key_length((struct str){json.p + at, json.n - at}, fleeting);
        if (n == 0) {
            at++;
            continue;
        }
        at += n;
        look = (look ^ hash_str((struct str){json.p + from, at - from})) * factor;
        while (at < json.n && is_of_number(json.p[at]))
            at++;
        from = at;
    }
    return look ^ hash_str((struct str){json.p + from, json.n - from});
}
