/* SPDX-License-Identifier: Apache-2.0 */
#include "web/accept.h"

enum { Q_DIGITS = 3 };

/* "1", "0.5", "0.125" */
static unsigned read_quality(struct str text)
{
    struct str whole = str_cut(&text, '.');
    unsigned q, unit = ACCEPT_FULL;

    if (whole.n != 1 || (whole.p[0] != '0' && whole.p[0] != '1') || text.n > Q_DIGITS)
        return 0;
    q = (unsigned)(whole.p[0] - '0') * unit;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return 0;
        unit /= 10;
        q += (unsigned)(text.p[i] - '0') * unit;
    }
    return q > ACCEPT_FULL ? 0 : q;
}

static unsigned quality_of(struct str parameters)
{
    while (parameters.p) {
        struct str value = str_cut(&parameters, ';');
        struct str name = str_cut(&value, '=');
        if (str_eq_nocase(str_trim(name), STR("q")))
            return read_quality(str_trim(value));
    }
    return ACCEPT_FULL;
}

unsigned accept_quality(struct str header, const char *name)
{
    while (header.p) {
        struct str parameters = str_cut(&header, ',');
        struct str item = str_cut(&parameters, ';');
        if (str_eq_nocase(str_trim(item), str_z(name)))
            return quality_of(parameters);
    }
    return 0;
}
