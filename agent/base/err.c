/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void fill(struct err *e, enum err_kind kind, const char *format, va_list ap)
{
    memset(e, 0, sizeof *e);
    e->kind = kind;
    (void)vsnprintf(e->text, sizeof e->text, format, ap);
}

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, format);
    fill(e, kind, format, ap);
    va_end(ap);
    return -1;
}

int err_field(struct err *e, const char *field, const char *format, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, format);
    fill(e, ERR_INVALID, format, ap);
    va_end(ap);
    (void)snprintf(e->field, sizeof e->field, "%s", field);
    return -1;
}

int err_errno(struct err *e, enum err_kind kind, int number, const char *format, ...)
{
    va_list ap;
    size_t n;

    if (!e)
        return -1;
    va_start(ap, format);
    fill(e, kind, format, ap);
    va_end(ap);
    n = strlen(e->text);
    (void)snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(number));
    return -1;
}

int err_wrap(struct err *e, const char *format, ...)
{
    char prefix[sizeof e->text], old[sizeof e->text];
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, format);
    (void)vsnprintf(prefix, sizeof prefix, format, ap);
    va_end(ap);
    memcpy(old, e->text, sizeof old);
    (void)snprintf(e->text, sizeof e->text, "%.250s: %.258s", prefix, old);
    return -1;
}

int err_in(struct err *e, const char *format, ...)
{
    char prefix[sizeof e->field], old[sizeof e->field];
    const char *joint;
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, format);
    (void)vsnprintf(prefix, sizeof prefix, format, ap);
    va_end(ap);
    memcpy(old, e->field, sizeof old);
    joint = old[0] && old[0] != '[' ? "." : "";
    (void)snprintf(e->field, sizeof e->field, "%.90s%s%.100s", prefix, joint, old);
    return -1;
}
