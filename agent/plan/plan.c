/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "base/buf.h"
#include "base/hash.h"

#include <stdio.h>

enum {
    COMMAND_BYTES = 16000, /* HAProxy reads 16,384, of which "@1 " may take some */
    REASON_BYTES = 2048
};

/* NULL when the command would be longer than HAProxy reads. */
static struct plan_op *push(struct plan *p, enum reply_op kind, const char *format, va_list ap)
{
    char line[COMMAND_BYTES + 1];
    int n = vsnprintf(line, sizeof line, format, ap);
    struct plan_op *op;

    if (n < 0 || n > COMMAND_BYTES) {
        *ARENA_PUSH(&p->arena, p->problems.items, p->problems.count) =
            arena_printf(&p->arena, "a command of %d bytes cannot be sent: %.60s...", n, line);
        return NULL;
    }
    op = ARENA_PUSH(&p->arena, p->ops, p->count);
    *op = (struct plan_op){.kind = kind};
    op->command = arena_str(&p->arena, (struct str){line, (size_t)n});
    return op;
}

bool plan_push(struct plan *p, enum reply_op kind, struct str backend, struct str server,
               const char *format, ...)
{
    struct plan_op *op;
    va_list ap;

    va_start(ap, format);
    op = push(p, kind, format, ap);
    va_end(ap);
    if (!op)
        return false;
    op->backend = arena_str(&p->arena, backend);
    op->server = arena_str(&p->arena, server);
    return true;
}

struct plan_op *plan_push_map(struct plan *p, enum reply_op kind, struct str path,
                              const char *format, ...)
{
    struct plan_op *op;
    va_list ap;

    va_start(ap, format);
    op = push(p, kind, format, ap);
    va_end(ap);
    if (op)
        op->map = arena_str(&p->arena, path);
    return op;
}

void plan_reason(struct plan *p, struct str backend, const char *field, const char *format, ...)
{
    struct str object = arena_printf(&p->arena, "backend/" STR_FMT, STR_ARG(backend));
    char text[REASON_BYTES];
    struct reason *r;
    va_list ap;

    for (size_t i = 0; i < p->reasons.count; i++) {
        if (str_eq(p->reasons.items[i].object, object) &&
            str_eq_z(p->reasons.items[i].field, field))
            return;
    }
    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    r = ARENA_PUSH(&p->arena, p->reasons.items, p->reasons.count);
    *r = (struct reason){object, str_z(field), arena_str(&p->arena, str_z(text))};
}

void plan_wake(struct plan *p, int64_t at_ms)
{
    if (p->wake_ms < 0 || at_ms < p->wake_ms)
        p->wake_ms = at_ms;
}

static uint64_t hash_ops(const struct plan *p)
{
    uint64_t h = 0;

    for (size_t i = 0; i < p->count; i++)
        h = h * 1099511628211u + hash_str(p->ops[i].command);
    return h;
}

void plan_make(const struct plan_input *in, struct plan *out)
{
    bool servers;

    *out = (struct plan){.wake_ms = -1};
    plan_index(in, out);
    plan_frontends(in, out);
    plan_maps_compare(in, out);
    plan_maps_of_proxies(in, out);
    plan_proxies_make(in, out);
    out->waits_for_maps = out->waits;
    out->waits = false;
    plan_servers(in, out);
    servers = out->waits;
    out->waits = out->waits_for_maps;
    plan_maps(in, out);
    plan_proxies_leave(in, out);
    plan_maps_left(in, out);
    out->waits_for_maps = out->waits;
    out->waits = out->waits || servers;
    out->hash = hash_ops(out);
}

void plan_free(struct plan *p)
{
    arena_free(&p->arena);
    scope_fini(&p->restless);
    *p = (struct plan){.wake_ms = -1};
}
