/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's side of a plan: what is written down before a command leaves, and what its answer
 * settles. */
#include "plan/plan.h"

#include "base/sorted.h"

static int compare(const void *name, const void *server)
{
    return str_cmp(*(const struct str *)name, ((const struct desired_server *)server)->name);
}

static const struct desired_server *find_server(const struct desired_backend *b, struct str name)
{
    size_t at;

    return sorted_find(&name, b->servers, b->server_count, sizeof *b->servers, compare, &at)
               ? &b->servers[at]
               : NULL;
}

static const struct desired_server *find_wanted(const struct plan_input *in, const struct plan *p,
                                                const struct plan_op *op)
{
    const struct desired_backend *b = plan_find_proxy(in, p, op->backend);
    const struct desired_server *s;

    if (!b)
        b = plan_find_holder(in, op->backend);
    s = b ? find_server(b, op->server) : NULL;
    return s && !s->leaving ? s : NULL;
}

static void note_add(struct ledger *l, const struct plan_input *in, const struct plan *p,
                     const struct plan_op *op)
{
    const struct desired_server *w = find_wanted(in, p, op);
    struct ledger_entry *entry = ledger_touch(l, op->backend, op->server);

    entry->complete = entry->leaving = entry->killing = entry->refused = entry->raised = false;
    entry->warming = op->warming;
    entry->ramp_end_ms = 0;
    if (w) {
        ledger_set_text(&entry->args, w->args);
        ledger_set_text(&entry->source, w->source);
    }
}

static const struct have_server *find_have(const struct plan_input *in, const struct plan_op *op)
{
    const struct have_backend *b = have_find_backend(in->have, op->backend);

    return b ? have_find_server(b, op->server) : NULL;
}

/* Its time begins with the drain; a drain that was noted and never sent has not begun. Who came
 * just before the maintenance is not cut at once, however late that is. */
static void note_leaving(struct ledger_entry *entry, const struct plan_input *in,
                         const struct plan_op *op, const struct have_server *h)
{
    int64_t least_ms = in->now_ms + plan_last_ms(in);

    if (!entry->leaving || (h && have_admin_state(h) == ADMIN_READY))
        entry->deadline_ms = in->now_ms + in->drain_timeout_ms;
    else if (op->state == ADMIN_MAINT && entry->deadline_ms < least_ms)
        entry->deadline_ms = least_ms;
    entry->leaving = true;
}

static void note_state(struct ledger *l, const struct plan_input *in, const struct plan *p,
                       const struct plan_op *op)
{
    bool known = ledger_find(l, op->backend, op->server) != NULL;
    struct ledger_entry *entry = ledger_touch(l, op->backend, op->server);
    const struct have_server *h = find_have(in, op);

    if (!known)
        entry->complete = true; /* HAProxy had it before us */
    else if (h && have_admin_state(h) == entry->admin_next)
        entry->admin_set = entry->admin_next; /* it had arrived, though its answer did not */
    entry->admin_next = op->state;
    if (op->replacing) {
        entry->replacing = true;
        note_leaving(entry, in, op, h);
    } else if (find_wanted(in, p, op) || op->state == ADMIN_READY) {
        entry->leaving = entry->killing = false;
    } else {
        note_leaving(entry, in, op, h);
    }
    if (op->state == ADMIN_READY) {
        entry->warming = entry->replacing = false;
        entry->ramp_end_ms = op->ramping ? in->now_ms + in->warmup_ms : 0;
    }
}

/* Of a server that stays beside growing ones the own weight is kept, to be raised from and given
 * back. */
static void note_weight(struct ledger *l, const struct plan_input *in, const struct plan *p,
                        const struct plan_op *op)
{
    const struct have_server *h = find_have(in, op);
    const struct ledger_entry *known = ledger_find(l, op->backend, op->server);
    bool raised = !find_wanted(in, p, op);
    struct ledger_entry *entry;

    if (!h || !known || (known->raised == raised && known->ramp_end_ms == 0))
        return;
    entry = ledger_touch(l, op->backend, op->server); /* with the time that is left to grow */
    if (known->raised == raised)
        return;
    entry->base_weight = h->uweight;
    entry->raised = raised;
}

void plan_note_made(struct ledger *l, struct proxies *proxies, const struct plan *p)
{
    for (size_t i = 0; i < p->claim_count; i++) {
        const struct plan_claim *c = &p->claims[i];
        if (c->backend.n)
            proxies_note(proxies, c->proxy, c->backend, c->profile);
        else
            proxies_forget(proxies, c->proxy);
    }
    for (size_t i = 0; i < p->heir_count; i++) {
        const struct plan_heir *h = &p->heirs[i];
        if (ledger_find(l, h->backend, h->server))
            ledger_set_text(&ledger_touch(l, h->backend, h->server)->source, h->source);
    }
    for (size_t i = 0; i < p->hand_count; i++) {
        if (p->hands[i].agrees)
            plan_note_adopted(l, &p->hands[i]);
    }
}

void plan_note_adopted(struct ledger *l, const struct plan_hand *h)
{
    struct ledger_entry *entry;

    if (!ledger_find(l, h->proxy, h->server))
        return;
    entry = ledger_touch(l, h->proxy, h->server);
    entry->admin_set = entry->admin_next = h->state;
    entry->leaving = entry->killing = false;
    entry->complete = true;
    if (h->state == ADMIN_READY)
        entry->warming = false;
}

/* The last commands to a server that leaves: from here on there is no way back. */
static bool is_the_end(const struct plan_input *in, const struct plan *p, const struct plan_op *op)
{
    return op->kind == REPLY_SHUTDOWN_SESSIONS ||
           (op->kind == REPLY_SET_ADDR && (op->replacing || !find_wanted(in, p, op)));
}

void plan_note_sending(struct ledger *l, const struct plan_input *in, const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_op *op = &p->ops[i];
        if (op->kind == REPLY_ADD_SERVER)
            note_add(l, in, p, op);
        else if (op->kind == REPLY_SET_STATE)
            note_state(l, in, p, op);
        else if (op->kind == REPLY_SET_SERVER_WEIGHT)
            note_weight(l, in, p, op);
        else if (is_the_end(in, p, op))
            ledger_touch(l, op->backend, op->server)->killing = true;
    }
}

/* It comes back with other options, after a check: the record waits for it. */
static void note_taken_out(struct ledger_entry *entry)
{
    entry->complete = entry->leaving = entry->killing = entry->warming = entry->raised = false;
    entry->replacing = true;
    entry->ramp_end_ms = 0;
}

static void note_state_set(struct ledger_entry *entry, const struct plan_op *op)
{
    entry->admin_set = entry->admin_next;
    if (entry->leaving)
        return;
    entry->complete = true;
    entry->replacing = entry->replacing && op->warming;
}

void plan_note_reply(struct ledger *l, struct proxies *proxies, const struct plan_op *op,
                     enum reply_meaning meaning)
{
    bool good = meaning == REPLY_OK || meaning == REPLY_ALREADY;

    if (op->kind == REPLY_DEL_BACKEND && good)
        proxies_forget(proxies, op->backend);
    else if (op->kind == REPLY_DEL_BACKEND && meaning == REPLY_REFUSED)
        proxies_note_stuck(proxies, op->backend);
    if (!ledger_find(l, op->backend, op->server))
        return;
    if (op->kind == REPLY_DEL_SERVER && good) {
        if (op->replacing)
            note_taken_out(ledger_touch(l, op->backend, op->server));
        else
            ledger_forget(l, op->backend, op->server);
    } else if (op->kind == REPLY_ADD_SERVER && meaning == REPLY_RETRY) {
        if (ledger_find(l, op->backend, op->server)->replacing)
            note_taken_out(ledger_touch(l, op->backend, op->server));
        else
            ledger_forget(l, op->backend, op->server);
    } else if (op->kind == REPLY_ADD_SERVER && !good) {
        ledger_touch(l, op->backend, op->server)->refused = true;
    } else if (op->kind == REPLY_SET_STATE && good) {
        note_state_set(ledger_touch(l, op->backend, op->server), op);
    }
}
