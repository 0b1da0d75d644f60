/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's side of a plan: what is written down before a command leaves, and what its answer
 * settles. */
#include "plan/plan.h"

static const struct desired_server *find_server(const struct desired_backend *b, struct str name)
{
    size_t low = 0, high = b->server_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = str_cmp(b->servers[middle].name, name);
        if (c == 0)
            return &b->servers[middle];
        if (c < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static const struct desired_server *find_wanted(const struct plan_input *in,
                                                const struct plan_op *op)
{
    for (size_t i = 0; i < in->want->backend_count; i++) {
        const struct desired_backend *b = &in->want->backends[i];
        if (str_eq(b->proxy, op->backend)) {
            const struct desired_server *s = find_server(b, op->server);
            return s && !s->leaving ? s : NULL;
        }
    }
    return NULL;
}

static void note_add(struct ledger *l, const struct plan_input *in, const struct plan_op *op)
{
    const struct desired_server *w = find_wanted(in, op);
    struct ledger_entry *entry = ledger_touch(l, op->backend, op->server);

    entry->complete = entry->leaving = entry->killing = false;
    entry->warming = op->warming;
    if (w) {
        ledger_set_text(&entry->args, w->args);
        ledger_set_text(&entry->source, w->source);
    }
}

static void note_state(struct ledger *l, const struct plan_input *in, const struct plan_op *op)
{
    bool known = ledger_find(l, op->backend, op->server) != NULL;
    struct ledger_entry *entry = ledger_touch(l, op->backend, op->server);

    if (!known)
        entry->complete = true; /* HAProxy had it before us */
    entry->admin_next = op->state;
    if (find_wanted(in, op)) {
        entry->leaving = entry->killing = false;
    } else if (!entry->leaving) {
        entry->leaving = true;
        entry->deadline_ms = in->now_ms + in->drain_timeout_ms;
    }
    if (op->state == ADMIN_READY)
        entry->warming = false;
}

void plan_note_made(struct ledger *l, const struct plan *p)
{
    for (size_t i = 0; i < p->heir_count; i++) {
        const struct plan_heir *h = &p->heirs[i];
        if (ledger_find(l, h->backend, h->server))
            ledger_set_text(&ledger_touch(l, h->backend, h->server)->source, h->source);
    }
}

void plan_note_sending(struct ledger *l, const struct plan_input *in, const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_op *op = &p->ops[i];
        if (op->kind == REPLY_ADD_SERVER)
            note_add(l, in, op);
        else if (op->kind == REPLY_SET_STATE)
            note_state(l, in, op);
        else if (op->kind == REPLY_SHUTDOWN_SESSIONS)
            ledger_touch(l, op->backend, op->server)->killing = true;
    }
}

void plan_note_reply(struct ledger *l, const struct plan_op *op, enum reply_meaning meaning)
{
    bool good = meaning == REPLY_OK || meaning == REPLY_ALREADY;
    const struct ledger_entry *known = ledger_find(l, op->backend, op->server);

    if (!known)
        return;
    if ((op->kind == REPLY_DEL_SERVER && good) || (op->kind == REPLY_ADD_SERVER && !good)) {
        ledger_forget(l, op->backend, op->server);
    } else if (good && op->kind == REPLY_SET_STATE) {
        struct ledger_entry *entry = ledger_touch(l, op->backend, op->server);
        entry->admin_set = entry->admin_next;
        if (!entry->leaving)
            entry->complete = true;
    }
}
