/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody else did to a server's admin state, told from our own doing by the record of it. */
#include "plan/pool.h"

/* Not our own half-done work, nor a server that is being checked or removed; and set on this very
 * server, not inherited. */
static bool is_by_hand(const struct desired_server *w, const struct ledger_entry *entry,
                       const struct have_server *h)
{
    enum server_admin now = have_admin_state(h);

    if (!entry || !entry->complete || entry->leaving || (entry->warming && w->admin == ADMIN_READY))
        return false;
    if (now == ADMIN_MAINT && (h->admin & HAVE_ANY_MAINT) != HAVE_MAINT)
        return false;
    if (now == ADMIN_DRAIN && !(h->admin & HAVE_DRAIN))
        return false;
    return now != entry->admin_set && now != entry->admin_next;
}

/* As it should be, but the record says otherwise: it came back while it was being removed, somebody
 * else has made it ready before us, or a command got no answer and came to pass, or never will. */
static bool is_over(const struct plan_input *in, const struct desired_server *w,
                    const struct ledger_entry *entry, const struct have_server *h)
{
    enum server_admin now = have_admin_state(h);

    if (!entry || now != w->admin)
        return false;
    if (entry->warming && now == ADMIN_READY)
        return h->check_result == HAVE_CHECK_PASSED;
    return entry->leaving || !entry->complete ||
           (in->quiet && entry->admin_set != entry->admin_next);
}

void plan_hand_look(struct plan *p, const struct pool *b, const struct desired_server *w,
                    const struct have_server *h, const struct ledger_entry *entry)
{
    enum server_admin now = have_admin_state(h);

    if (!b->in->fresh || !(is_by_hand(w, entry, h) || is_over(b->in, w, entry, h)))
        return;
    *ARENA_PUSH(&p->arena, p->hands, p->hand_count) = (struct plan_hand){
        .backend = arena_str(&p->arena, b->want->object->name),
        .proxy = arena_str(&p->arena, b->name),
        .server = arena_str(&p->arena, w->name),
        .host = arena_str(&p->arena, w->host),
        .port = w->port,
        .state = now,
        .agrees = now == w->admin,
    };
}
