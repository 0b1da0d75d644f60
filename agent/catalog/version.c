/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/version.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_part(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-';
}

static struct str skip(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

static struct str strip_prefix(struct str tag)
{
    static const struct str prefixes[] = {
        {"version-", 8},
        {"version=", 8},
        {"version:", 8},
    };

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_starts(tag, prefixes[i]))
            return skip(tag, prefixes[i].n);
    return tag.n > 1 && tag.p[0] == 'v' && is_digit(tag.p[1]) ? skip(tag, 1) : tag;
}

struct str version_of_tag(struct str tag)
{
    struct str version = strip_prefix(tag);
    size_t i = 0;

    while (i < version.n && is_digit(version.p[i]))
        i++;
    if (!i)
        return STR_NONE;
    while (i < version.n) {
        size_t begin = i + 1;
        if (version.p[i] != '.')
            return STR_NONE;
        for (i = begin; i < version.n && is_part(version.p[i]);)
            i++;
        if (i == begin)
            return STR_NONE;
    }
    return version;
}
