/* SPDX-License-Identifier: Apache-2.0 */
#include "web/topics.h"

#include "base/sorted.h"

#include <stdlib.h>
#include <string.h>

/* `*items` has room for one more behind `count`. */
static void *grown(void *items, size_t count, size_t *size, size_t each)
{
    if (count < *size)
        return items;
    *size = *size ? *size * 2 : 4;
    items = realloc(items, *size * each);
    if (!items)
        abort();
    return items;
}

static char *copy(struct str s)
{
    char *z = malloc(s.n + 1);

    if (!z)
        abort();
    return str_copy(z, s.n + 1, s);
}

/* --- topics, by name --- */

static int compare_name(const void *name, const void *topic)
{
    return str_cmp(*(const struct str *)name, str_z((*(struct topic *const *)topic)->name));
}

static bool find(struct topic *const *items, size_t count, struct str name, size_t *at)
{
    return sorted_find(&name, items, count, sizeof(struct topic *), compare_name, at);
}

struct topic *topics_find(const struct topics *t, struct str name)
{
    size_t at;

    return find(t->items, t->count, name, &at) ? t->items[at] : NULL;
}

bool topics_has(const struct topic_list *of, struct str name)
{
    size_t at;

    return find(of->items, of->count, name, &at);
}

struct str topic_group(struct str id, char out[TOPIC_NAME_MAX + 3])
{
    size_t end = id.n > TOPIC_NAME_MAX ? TOPIC_NAME_MAX : id.n;

    while (end && id.p[end - 1] != '/')
        end--;
    (void)str_copy(out, TOPIC_NAME_MAX + 1, (struct str){id.p, end});
    out[end] = '*';
    out[end + 1] = 0;
    return (struct str){out, end + 1};
}

static struct topic *add_topic(struct topics *t, struct str name)
{
    struct topic *topic = calloc(1, sizeof *topic);
    size_t at;

    if (!topic)
        abort();
    (void)find(t->items, t->count, name, &at);
    topic->name = copy(name);
    t->items = grown(t->items, t->count, &t->size, sizeof *t->items);
    memmove(&t->items[at + 1], &t->items[at], (t->count++ - at) * sizeof *t->items);
    t->items[at] = topic;
    return topic;
}

static void free_topic(struct topic *topic)
{
    for (size_t i = 0; i < topic->told_count; i++)
        free(topic->told[i].id);
    free(topic->told);
    free(topic->viewers);
    free(topic->name);
    free(topic);
}

static void remove_topic(struct topics *t, struct topic *topic)
{
    size_t at;

    (void)find(t->items, t->count, str_z(topic->name), &at);
    memmove(&t->items[at], &t->items[at + 1], (--t->count - at) * sizeof *t->items);
    free_topic(topic);
}

void topics_fini(struct topics *t)
{
    for (size_t i = 0; i < t->count; i++)
        free_topic(t->items[i]);
    free(t->items);
    *t = (struct topics){0};
}

/* --- who --- */

static int check(const struct topics *t, const struct topic_list *of, struct str name,
                 struct err *e)
{
    if (!str_starts(name, STR("stat/")) || name.n > TOPIC_NAME_MAX || str_has_control(name))
        return err_field(
            e, "id",
            "id: \"stat/frontend/K\", \"stat/backend/K\", \"stat/backend/K/HOST:PORT\" "
            "or one of them that ends in \"/*\" is wanted");
    if (of->count == TOPICS_OF_ONE_MAX)
        return err_set(e, ERR_UNAVAILABLE, "more than %d subscriptions", TOPICS_OF_ONE_MAX);
    if (t->count == TOPICS_MAX)
        return err_set(e, ERR_UNAVAILABLE, "the agent has no more subscriptions to give");
    return 0;
}

int topics_join(struct topics *t, struct topic_list *of, struct viewer *v, struct str name,
                struct err *e)
{
    struct topic *topic;
    size_t at;

    if (find(of->items, of->count, name, &at))
        return 0;
    if (check(t, of, name, e))
        return -1;
    topic = topics_find(t, name);
    if (!topic)
        topic = add_topic(t, name);
    topic->viewers =
        grown(topic->viewers, topic->viewer_count, &topic->viewer_size, sizeof *topic->viewers);
    topic->viewers[topic->viewer_count++] = v;
    if (!of->items)
        of->items = calloc(TOPICS_OF_ONE_MAX, sizeof *of->items);
    if (!of->items)
        abort();
    memmove(&of->items[at + 1], &of->items[at], (of->count++ - at) * sizeof *of->items);
    of->items[at] = topic;
    return 0;
}

static void drop_viewer(struct topics *t, struct topic *topic, const struct viewer *v)
{
    size_t at = 0;

    while (topic->viewers[at] != v)
        at++;
    topic->viewers[at] = topic->viewers[--topic->viewer_count];
    if (!topic->viewer_count)
        remove_topic(t, topic);
}

void topics_leave(struct topics *t, struct topic_list *of, struct viewer *v, struct str name)
{
    struct topic *topic;
    size_t at;

    if (!find(of->items, of->count, name, &at))
        return;
    topic = of->items[at];
    memmove(&of->items[at], &of->items[at + 1], (--of->count - at) * sizeof *of->items);
    drop_viewer(t, topic, v);
}

void topics_leave_all(struct topics *t, struct topic_list *of, struct viewer *v)
{
    while (of->count)
        drop_viewer(t, of->items[--of->count], v);
    free(of->items);
    of->items = NULL;
}

/* --- what was told --- */

void topics_begin(struct topics *t)
{
    t->round++;
}

static int compare_told(const void *id, const void *told)
{
    return str_cmp(*(const struct str *)id, str_z(((const struct topic_told *)told)->id));
}

void topic_note(struct topics *t, struct topic *topic, struct str id)
{
    size_t at;

    if (!sorted_find(&id, topic->told, topic->told_count, sizeof *topic->told, compare_told, &at)) {
        topic->told = grown(topic->told, topic->told_count, &topic->told_size, sizeof *topic->told);
        memmove(&topic->told[at + 1], &topic->told[at],
                (topic->told_count++ - at) * sizeof *topic->told);
        topic->told[at].id = copy(id);
    }
    topic->told[at].round = t->round;
}

void topic_end(struct topics *t, struct topic *topic,
               void (*gone)(void *ctx, struct topic *topic, struct str id), void *ctx)
{
    size_t kept = 0;

    for (size_t i = 0; i < topic->told_count; i++) {
        struct topic_told *told = &topic->told[i];
        if (told->round == t->round) {
            topic->told[kept++] = *told;
            continue;
        }
        gone(ctx, topic, str_z(told->id));
        free(told->id);
    }
    topic->told_count = kept;
}
