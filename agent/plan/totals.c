/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/totals_inside.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

struct totals *totals_new(void)
{
    struct totals *t = calloc(1, sizeof *t);

    if (!t)
        abort();
    return t;
}

void totals_set_text(struct str *text, struct str value)
{
    char *copy = malloc(value.n + 1);

    if (!copy)
        abort();
    if (value.n)
        memcpy(copy, value.p, value.n);
    copy[value.n] = 0;
    free((char *)text->p);
    *text = (struct str){copy, value.n};
}

static void track_free(struct track *track)
{
    free((char *)track->name.p);
    free((char *)track->owner.p);
    free(track);
}

static void total_free(struct total *total)
{
    free((char *)total->name.p);
    free(total);
}

static void tracks_free(struct tracks *w)
{
    for (size_t i = 0; i < w->count; i++)
        track_free(w->items[i]);
    free(w->items);
    arena_free(&w->arena);
}

void totals_clear(struct totals *t)
{
    for (size_t i = 0; i < t->worker_count; i++)
        tracks_free(&t->workers[i]);
    free(t->workers);
    for (size_t i = 0; i < t->count; i++)
        total_free(t->items[i]);
    free(t->items);
    *t = (struct totals){0};
}

void totals_free(struct totals *t)
{
    if (t)
        totals_clear(t);
    free(t);
}

/* --- what is kept, found by kind and name --- */

struct named {
    bool frontend;
    struct str name;
};

static int compare(const struct named *key, bool frontend, struct str name)
{
    if (key->frontend != frontend)
        return key->frontend ? -1 : 1;
    return str_cmp(key->name, name);
}

static int compare_track(const void *key, const void *item)
{
    const struct track *track = *(struct track *const *)item;

    return compare(key, track->frontend, track->name);
}

static int compare_total(const void *key, const void *item)
{
    const struct total *total = *(struct total *const *)item;

    return compare(key, total->frontend, total->name);
}

/* Room for one more at `at`. */
static void *open_gap(void *items, size_t count, size_t at)
{
    void **grown = realloc(items, (count + 1) * sizeof *grown);

    if (!grown)
        abort();
    memmove(grown + at + 1, grown + at, (count - at) * sizeof *grown);
    return grown;
}

static bool find_track(const struct tracks *w, bool frontend, struct str name, size_t *at)
{
    struct named key = {frontend, name};

    *at = 0;
    return w->items && sorted_find(&key, w->items, w->count, sizeof *w->items, compare_track, at);
}

struct track *totals_track(struct tracks *w, bool frontend, struct str name, bool *made)
{
    struct track *track;
    size_t at;

    *made = !find_track(w, frontend, name, &at);
    if (!*made)
        return w->items[at];
    track = calloc(1, sizeof *track);
    if (!track)
        abort();
    track->frontend = frontend;
    totals_set_text(&track->name, name);
    totals_set_text(&track->owner, STR(""));
    w->items = open_gap(w->items, w->count, at);
    w->items[at] = track;
    w->count++;
    return track;
}

struct total *totals_of(struct totals *t, bool frontend, struct str name)
{
    struct named key = {frontend, name};
    struct total *total;
    size_t at = 0;

    if (t->items && sorted_find(&key, t->items, t->count, sizeof *t->items, compare_total, &at))
        return t->items[at];
    total = calloc(1, sizeof *total);
    if (!total)
        abort();
    total->frontend = frontend;
    totals_set_text(&total->name, name);
    t->items = open_gap(t->items, t->count, at);
    t->items[at] = total;
    t->count++;
    return total;
}

static bool same_worker(struct totals_worker a, struct totals_worker b)
{
    return a.pid == b.pid && a.start_time_s == b.start_time_s;
}

struct tracks *totals_worker_of(struct totals *t, struct totals_worker worker)
{
    struct tracks *grown;

    for (size_t i = 0; i < t->worker_count; i++) {
        if (same_worker(t->workers[i].worker, worker))
            return &t->workers[i];
    }
    grown = realloc(t->workers, (t->worker_count + 1) * sizeof *grown);
    if (!grown)
        abort();
    t->workers = grown;
    grown[t->worker_count] = (struct tracks){.worker = worker};
    return &grown[t->worker_count++];
}

/* --- samples --- */

/* What the track has counted is its owner's for good; it goes on from `from`. */
static void settle(struct totals *t, struct track *track, const uint64_t *from)
{
    struct total *total = track->owner.n ? totals_of(t, track->frontend, track->owner) : NULL;

    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (total)
            total->base[i] += track->last[i] - track->offset[i];
        track->offset[i] = track->last[i] = from[i];
    }
}

static int compare_guid(const void *a, const void *b)
{
    return str_cmp(((const struct inherited *)a)->guid, ((const struct inherited *)b)->guid);
}

static const struct inherited *find_inherited(const struct tracks *w, struct str guid)
{
    struct inherited key = {.guid = guid};

    if (!guid.n || !w->inherited_count)
        return NULL;
    return bsearch(&key, w->inherited, w->inherited_count, sizeof key, compare_guid);
}

void totals_sort_inherited(struct tracks *w)
{
    if (w->inherited_count)
        qsort(w->inherited, w->inherited_count, sizeof *w->inherited, compare_guid);
}

/* A worker that shows less than it should have taken over has not read the file. */
static void take_over(const struct tracks *w, struct track *track, const struct have_proxy *p,
                      const struct totals_names *names)
{
    const struct inherited *from = find_inherited(w, names->guid(names->ctx, p->frontend, p->name));

    for (size_t i = 0; from && i < COUNTER_COUNT; i++) {
        if (p->counters[i] < from->counters[i])
            from = NULL;
    }
    if (from)
        memcpy(track->offset, from->counters, sizeof track->offset);
}

/* A counter that went back began anew: `clear counters all`, or another proxy of this name. */
static void note_reset(struct totals *t, struct track *track, const struct have_proxy *p)
{
    struct total *total = track->owner.n ? totals_of(t, track->frontend, track->owner) : NULL;

    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (p->counters[i] >= track->last[i])
            continue;
        if (total)
            total->base[i] += track->last[i] - track->offset[i];
        track->offset[i] = track->last[i] = 0;
    }
}

/* What came between two samples is of who owned the proxy before, or of its first owner. */
static void change_owner(struct totals *t, struct track *track, struct str owner,
                         const uint64_t *counters)
{
    if (track->owner.n) {
        memcpy(track->last, counters, sizeof track->last);
        settle(t, track, counters);
    } else {
        memcpy(track->offset, track->last, sizeof track->offset);
    }
    totals_set_text(&track->owner, owner);
}

/* What is led where is of the worker that serves: a leaving one goes on as it did. */
static void take_proxy(struct totals *t, struct tracks *w, const struct have_proxy *p, bool leaves,
                       const struct totals_names *names)
{
    bool made;
    struct track *track = totals_track(w, p->frontend, p->name, &made);
    struct str owner = leaves && !made
                           ? track->owner
                           : names->owner(names->ctx, p->frontend, p->name, track->owner);

    track->seen = true;
    if (made) {
        totals_set_text(&track->owner, owner);
        if (!w->sampled)
            take_over(w, track, p, names);
        memcpy(track->last, track->offset, sizeof track->last);
    }
    note_reset(t, track, p);
    if (!str_eq(track->owner, owner))
        change_owner(t, track, owner, p->counters);
    memcpy(track->last, p->counters, sizeof track->last);
    if (track->owner.n)
        (void)totals_of(t, p->frontend, track->owner);
}

static void drop_unseen_tracks(struct totals *t, struct tracks *w)
{
    size_t kept = 0;

    for (size_t i = 0; i < w->count; i++) {
        struct track *track = w->items[i];
        if (track->seen) {
            w->items[kept++] = track;
            continue;
        }
        settle(t, track, track->last);
        track_free(track);
    }
    w->count = kept;
}

static void drop_unused_totals(struct totals *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        t->items[i]->used = false;
    for (size_t i = 0; i < t->worker_count; i++) {
        const struct tracks *w = &t->workers[i];
        for (size_t k = 0; k < w->count; k++) {
            if (w->items[k]->owner.n)
                totals_of(t, w->items[k]->frontend, w->items[k]->owner)->used = true;
        }
    }
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i]->used)
            t->items[kept++] = t->items[i];
        else
            total_free(t->items[i]);
    }
    t->count = kept;
}

void totals_take(struct totals *t, const struct have *have, const struct totals_names *names)
{
    struct tracks *w = totals_worker_of(t, (struct totals_worker){have->pid, have->start_time_s});

    for (size_t i = 0; i < w->count; i++)
        w->items[i]->seen = false;
    for (size_t i = 0; i < have->proxy_count; i++)
        take_proxy(t, w, &have->proxies[i], have->stopping, names);
    w->sampled = true;
    arena_free(&w->arena);
    w->inherited = NULL;
    w->inherited_count = 0;
    if (have->stopping)
        return;
    drop_unseen_tracks(t, w);
    drop_unused_totals(t);
    t->known = true;
}

void totals_keep(struct totals *t, const struct totals_worker *alive, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->worker_count; i++) {
        struct tracks *w = &t->workers[i];
        bool lives = false;
        for (size_t k = 0; k < count; k++)
            lives = lives || same_worker(alive[k], w->worker);
        if (lives) {
            t->workers[kept++] = *w;
            continue;
        }
        for (size_t k = 0; k < w->count; k++)
            settle(t, w->items[k], w->items[k]->last);
        tracks_free(w);
    }
    t->worker_count = kept;
}

struct str totals_owner(const struct totals *t, struct totals_worker worker, bool frontend,
                        struct str proxy)
{
    for (size_t i = 0; i < t->worker_count; i++) {
        const struct tracks *w = &t->workers[i];
        size_t at;
        if (same_worker(w->worker, worker))
            return find_track(w, frontend, proxy, &at) ? w->items[at]->owner : STR("");
    }
    return STR("");
}

bool totals_are_known(const struct totals *t)
{
    return t->known;
}

void totals_each(struct totals *t, totals_visit *visit, void *ctx)
{
    for (size_t i = 0; i < t->count; i++)
        memcpy(t->items[i]->sum, t->items[i]->base, sizeof t->items[i]->sum);
    for (size_t i = 0; i < t->worker_count; i++) {
        const struct tracks *w = &t->workers[i];
        for (size_t k = 0; k < w->count; k++) {
            const struct track *track = w->items[k];
            struct total *total =
                track->owner.n ? totals_of(t, track->frontend, track->owner) : NULL;
            for (size_t c = 0; total && c < COUNTER_COUNT; c++)
                total->sum[c] += track->last[c] - track->offset[c];
        }
    }
    for (size_t i = 0; i < t->count; i++)
        visit(ctx, t->items[i]->frontend, t->items[i]->name, t->items[i]->sum);
}
