/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

struct range {
    uint32_t first, last;
};

/* Sorted. Marks that have no width of their own. */
static const struct range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd},   {0x0610, 0x061a}, {0x064b, 0x065f},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d},   {0x20d0, 0x20f0}, {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

static const struct range wide[] = {
    {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
    {0x20000, 0x3fffd},
};

/* What a terminal would obey, or what would turn the direction of its line. */
static const struct range unsafe[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb},
};

#define IS_IN(c, table) is_in(c, table, sizeof(table) / sizeof *(table))
static bool is_in(uint32_t c, const struct range *table, size_t count)
{
    for (size_t i = 0; i < count && c >= table[i].first; i++) {
        if (c <= table[i].last)
            return true;
    }
    return false;
}

/* Bytes of the sequence that begins with `lead`; 0: none does. *bits are those of the lead. */
static size_t sequence(unsigned char lead, uint32_t *bits)
{
    if (lead < 0x80) {
        *bits = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        *bits = lead & 0x1fU;
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        *bits = lead & 0x0fU;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *bits = lead & 0x07U;
        return 4;
    }
    return 0;
}

/* The character at the front of `text` (not empty), and its bytes in *n; false for a byte that is
 * not UTF-8 (RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF). */
static bool decode(struct str text, uint32_t *c, size_t *n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = sequence((unsigned char)text.p[0], c);

    *n = 1;
    if (length == 0 || length > text.n)
        return false;
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text.p[i];
        if ((byte & 0xc0U) != 0x80)
            return false;
        *c = *c << 6 | (byte & 0x3fU);
    }
    if (*c < least[length] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
        return false;
    *n = length;
    return true;
}

static void put(struct buf *out, struct str text, bool lines)
{
    while (text.n) {
        uint32_t c;
        size_t n;
        bool known = decode(text, &c, &n);
        bool layout = lines && known && (c == '\n' || c == '\t');
        if (layout || (known && !IS_IN(c, unsafe)))
            buf_add(out, text.p, n);
        else
            buf_add_char(out, '?');
        text = (struct str){text.p + n, text.n - n};
    }
}

void terminal_put(struct buf *out, struct str text)
{
    put(out, text, false);
}

void terminal_put_lines(struct buf *out, struct str text)
{
    put(out, text, true);
}

/* Below 0x20 JSON has nothing but its own white space. */
void terminal_put_json(struct buf *out, struct str json)
{
    while (json.n) {
        uint32_t c;
        size_t n;
        bool known = decode(json, &c, &n);
        if (!known)
            buf_add_char(out, '?');
        else if (c >= 0x7f && IS_IN(c, unsafe))
            buf_printf(out, "\\u%04x", (unsigned)c);
        else
            buf_add(out, json.p, n);
        json = (struct str){json.p + n, json.n - n};
    }
}

/* Columns of the character at the front of `text` (not empty), and its bytes in *n. */
static size_t width_of(struct str text, size_t *n)
{
    uint32_t c;

    if (!decode(text, &c, n) || IS_IN(c, unsafe))
        return 1;
    if (IS_IN(c, combining))
        return 0;
    return IS_IN(c, wide) ? 2 : 1;
}

size_t terminal_width(struct str text)
{
    size_t width = 0, n;

    while (text.n) {
        width += width_of(text, &n);
        text = (struct str){text.p + n, text.n - n};
    }
    return width;
}

size_t terminal_fit(struct str text, size_t columns)
{
    size_t at = 0, width = 0, n;

    while (at < text.n) {
        width += width_of((struct str){text.p + at, text.n - at}, &n);
        if (width > columns)
            break;
        at += n;
    }
    return at;
}
