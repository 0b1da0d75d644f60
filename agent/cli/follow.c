/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"

#include "cli/client.h"

#include <inttypes.h>

void follow_init(struct follow *f, struct str filter, size_t before)
{
    *f = (struct follow){.filter = filter, .before = before};
}

void follow_put_path(const struct follow *f, struct buf *path)
{
    switch (f->step) {
    case FOLLOW_NEWEST: buf_add_z(path, "/activity?limit=1"); return;
    case FOLLOW_BEFORE: buf_printf(path, "/activity?limit=%zu", f->before); break;
    case FOLLOW_MORE:
        buf_printf(path, "/activity?oldest=true&limit=%d&since=%" PRIu64, FOLLOW_PAGE, f->last);
        break;
    }
    if (f->filter.n) {
        buf_add_z(path, "&filter=");
        client_encode(path, f->filter);
    }
}

/* 0: it has none. */
static uint64_t seq_of(const struct json *entry)
{
    const struct json *seq = json_get(entry, "seq");

    return seq && seq->is_integer && seq->integer > 0 ? (uint64_t)seq->integer : 0;
}

static bool is_activity(const struct json *answer)
{
    if (answer->type != JSON_ARRAY)
        return false;
    JSON_EACH(entry, answer) {
        if (seq_of(entry) == 0)
            return false;
    }
    return true;
}

static void forward_to(struct follow *f, uint64_t seq)
{
    f->last = seq > f->last ? seq : f->last;
}

static enum follow_result take_newest(struct follow *f, const struct json *answer)
{
    bool anew = false;

    f->newest = answer->first ? seq_of(answer->first) : 0;
    if (f->begun && f->newest < f->last) {
        anew = true;
        f->begun = false;
        f->last = 0;
    }
    if (f->begun && f->newest == f->last)
        return FOLLOW_WAIT;
    f->step = f->begun ? FOLLOW_MORE : FOLLOW_BEFORE;
    if (f->step == FOLLOW_BEFORE && f->before == 0) {
        f->begun = true;
        f->last = f->newest;
        f->step = FOLLOW_NEWEST;
    }
    return anew ? FOLLOW_ANEW : f->step == FOLLOW_NEWEST ? FOLLOW_WAIT : FOLLOW_AGAIN;
}

/* Newest first, as the agent gives them. */
static enum follow_result take_before(struct follow *f, const struct json *answer, struct arena *a,
                                      follow_entry *on_entry, void *ctx)
{
    const struct json **entries = NULL;
    size_t count = 0;

    JSON_EACH(entry, answer) {
        *ARENA_PUSH(a, entries, count) = entry;
    }
    f->last = f->newest;
    while (count--) {
        forward_to(f, seq_of(entries[count]));
        on_entry(ctx, entries[count]);
    }
    f->begun = true;
    f->step = FOLLOW_NEWEST;
    return FOLLOW_WAIT;
}

/* With fewer than a page, nothing up to the newest is left that fits the filter. */
static enum follow_result take_more(struct follow *f, const struct json *answer,
                                    follow_entry *on_entry, void *ctx)
{
    JSON_EACH(entry, answer) {
        if (seq_of(entry) <= f->last)
            continue;
        forward_to(f, seq_of(entry));
        on_entry(ctx, entry);
    }
    if (answer->count >= FOLLOW_PAGE)
        return FOLLOW_AGAIN;
    forward_to(f, f->newest);
    f->step = FOLLOW_NEWEST;
    return FOLLOW_WAIT;
}

enum follow_result follow_take(struct follow *f, const struct json *answer, struct arena *a,
                               follow_entry *on_entry, void *ctx)
{
    if (!is_activity(answer))
        return FOLLOW_BAD;
    switch (f->step) {
    case FOLLOW_NEWEST: return take_newest(f, answer);
    case FOLLOW_BEFORE: return take_before(f, answer, a, on_entry, ctx);
    case FOLLOW_MORE: return take_more(f, answer, on_entry, ctx);
    }
    return FOLLOW_BAD;
}

void follow_miss(struct follow *f)
{
    f->step = FOLLOW_NEWEST;
}
