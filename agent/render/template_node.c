/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template_node.h"
#include "render/template.h"

#include <stdio.h>
#include <stdlib.h>

void template_free(struct template *t)
{
    struct arena arena;

    if (!t)
        return;
    arena = t->arena; /* it holds *t itself */
    arena_free(&arena);
}

int template_fail(struct str name, struct place at, enum err_kind kind, struct err *e,
                  const char *format, ...)
{
    char message[320];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(message, sizeof message, format, ap);
    va_end(ap);
    for (char *p = message; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?'; /* part of a template, shown in one line */
    }
    return err_set(e, kind, STR_FMT ":%u:%u: %s", SHOW_ARG(name), at.line, at.column, message);
}
