/* SPDX-License-Identifier: Apache-2.0 */
#include "render/structure.h"

void structure_print(struct buf *to, const struct structure *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct structure_section *section = &s->sections[i];
        bool named = section->name.n && section->name.p[0] != '#';
        buf_add_str(to, section->kind);
        if (named)
            buf_printf(to, " " STR_FMT, STR_ARG(section->name));
        if (section->from.n)
            buf_printf(to, " from " STR_FMT, STR_ARG(section->from));
        buf_add_char(to, '\n');
        for (size_t k = 0; k < section->lines.count; k++)
            buf_printf(to, "    " STR_FMT "\n", STR_ARG(section->lines.items[k]));
    }
}
