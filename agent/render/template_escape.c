/* SPDX-License-Identifier: Apache-2.0 */
#include "render/template.h"

static const char *forbidden(char c)
{
    switch (c) {
    case ' ': return "blank";
    case '"':
    case '\'': return "quote";
    case '#': return "'#'";
    case '\\': return "'\\'";
    default: return NULL;
    }
}

int template_escape_haproxy(void *ctx, struct str value, struct buf *out, struct err *e)
{
    (void)ctx;
    if (str_has_control(value))
        return err_set(e, ERR_INVALID, "control character");
    for (size_t i = 0; i < value.n; i++) {
        const char *reason = forbidden(value.p[i]);
        if (reason)
            return err_set(e, ERR_INVALID, "%s", reason);
    }
    buf_add_str(out, value);
    return 0;
}
