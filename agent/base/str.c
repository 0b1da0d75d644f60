/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <strings.h>

struct str str_z(const char *z)
{
    return (struct str){z, z ? strlen(z) : 0};
}

bool str_eq_z(struct str a, const char *z)
{
    return str_eq(a, str_z(z));
}

bool str_eq_nocase(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.n >= suffix.n &&
           (suffix.n == 0 || memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0);
}

struct str str_word(struct str *rest)
{
    struct str word;

    while (rest->n && str_is_blank(rest->p[0])) {
        rest->p++;
        rest->n--;
    }
    word = (struct str){rest->p, 0};
    while (rest->n && !str_is_blank(rest->p[0])) {
        rest->p++;
        rest->n--;
        word.n++;
    }
    return word;
}

bool str_has_control(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7f)
            return true;
    }
    return false;
}

int str_u64(struct str s, uint64_t *out)
{
    uint64_t v = 0;

    if (s.n == 0)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return -1;
        v = v * 10 + digit;
    }
    *out = v;
    return 0;
}

int str_i64(struct str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    uint64_t v;

    if (negative) {
        s.p++;
        s.n--;
    }
    if (str_u64(s, &v) || v > (uint64_t)INT64_MAX + negative)
        return -1;
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return 0;
}

char *str_copy(char *out, size_t size, struct str s)
{
    size_t n = s.n < size - 1 ? s.n : size - 1;

    if (n)
        memcpy(out, s.p, n);
    out[n] = 0;
    return out;
}
