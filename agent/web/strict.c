/* SPDX-License-Identifier: Apache-2.0 */
#include "web/strict.h"

#include <string.h>

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == 0 || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return s.n > 0;
}

static bool has_control_but_tab(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

static bool is_digits(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return s.n > 0;
}

struct framing {
    unsigned lengths, encodings, hosts;
};

static int check_header(const struct header *h, struct framing *f, struct err *e)
{
    if (!is_token(h->name))
        return err_set(e, ERR_INVALID, "a header's name is not a token");
    if (has_control_but_tab(h->value))
        return err_set(e, ERR_INVALID, "header " STR_FMT ": has a control character",
                       STR_ARG(h->name));
    if (str_eq_nocase(h->name, STR("Content-Length"))) {
        f->lengths++;
        if (!is_digits(h->value))
            return err_set(e, ERR_INVALID, "Content-Length: not a number");
    } else if (str_eq_nocase(h->name, STR("Transfer-Encoding"))) {
        f->encodings++;
        if (!str_eq_nocase(h->value, STR("chunked")))
            return err_set(e, ERR_INVALID, "Transfer-Encoding: only chunked is known");
    } else if (str_eq_nocase(h->name, STR("Host"))) {
        f->hosts++;
    }
    return 0;
}

int strict_check(const struct header_list *headers, struct err *e)
{
    struct framing f = {0};

    for (size_t i = 0; i < headers->count; i++) {
        if (check_header(&headers->items[i], &f, e))
            return -1;
    }
    if (f.lengths > 1 || f.encodings > 1 || f.hosts > 1)
        return err_set(e, ERR_INVALID, "Content-Length, Transfer-Encoding or Host is there twice");
    if (f.lengths && f.encodings)
        return err_set(e, ERR_INVALID, "Content-Length and Transfer-Encoding exclude each other");
    return 0;
}

uint64_t strict_content_length(const struct header_list *headers)
{
    uint64_t n;

    for (size_t i = 0; i < headers->count; i++) {
        if (str_eq_nocase(headers->items[i].name, STR("Content-Length")))
            return str_u64(headers->items[i].value, &n) ? UINT64_MAX : n;
    }
    return 0;
}
