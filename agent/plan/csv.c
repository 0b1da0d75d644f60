/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/csv.h"

struct str csv_field(struct str *rest)
{
    struct str field;
    size_t i = 1;

    if (!rest->n || rest->p[0] != '"')
        return str_cut(rest, ',');
    while (i < rest->n && (rest->p[i] != '"' || (i + 1 < rest->n && rest->p[i + 1] == '"')))
        i += rest->p[i] == '"' ? 2 : 1;
    field = (struct str){rest->p + 1, (i < rest->n ? i : rest->n) - 1};
    *rest = (struct str){rest->p + field.n + 1, rest->n - field.n - 1};
    (void)str_cut(rest, ',');
    return field;
}
