/* SPDX-License-Identifier: Apache-2.0 */
#include "web/etag.h"

#include "base/hash.h"

#include <stdio.h>

struct etag etag_of(struct str stored)
{
    struct etag tag;
    char hex[17];

    (void)snprintf(tag.text, sizeof tag.text, "\"%s\"", hash_hex(hash_str(stored), hex));
    return tag;
}

/* Cut the tag at the front of *rest off, and the comma behind it. */
static int cut_tag(struct str *rest, struct str *tag, bool *weak)
{
    size_t end;

    *weak = str_starts(*rest, STR("W/"));
    if (*weak)
        *rest = (struct str){rest->p + 2, rest->n - 2};
    if (!rest->n || rest->p[0] != '"')
        return -1;
    if (!str_find((struct str){rest->p + 1, rest->n - 1}, '"', &end))
        return -1;
    *tag = (struct str){rest->p, end + 2};
    *rest = str_trim((struct str){rest->p + tag->n, rest->n - tag->n});
    if (rest->n) {
        if (rest->p[0] != ',')
            return -1;
        *rest = str_trim((struct str){rest->p + 1, rest->n - 1});
    }
    return 0;
}

int etag_require(struct str if_match, const struct etag *current, struct err *e)
{
    struct str rest = str_trim(if_match), tag;
    bool met = false, weak;

    if (!if_match.p)
        return 0;
    if (str_eq_z(rest, "*")) {
        met = current != NULL;
    } else {
        if (!rest.n)
            return err_field(e, "If-Match", "If-Match: no entity tag");
        while (rest.n) {
            if (cut_tag(&rest, &tag, &weak))
                return err_field(e, "If-Match", "If-Match: not a list of entity tags");
            met = met || (current && !weak && str_eq_z(tag, current->text));
        }
    }
    if (met)
        return 0;
    return err_set(e, ERR_PRECONDITION, "If-Match: %s",
                   current ? "the object has changed since" : "there is no such object");
}

bool etag_is_known(struct str if_none_match, const char *current)
{
    struct str rest = str_trim(if_none_match), tag;
    bool known = str_eq_z(rest, "*"), weak;

    while (rest.n && !known) {
        if (cut_tag(&rest, &tag, &weak))
            return false;
        known = str_eq_z(tag, current);
    }
    return known;
}
