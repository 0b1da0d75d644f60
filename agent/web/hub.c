/* SPDX-License-Identifier: Apache-2.0 */
#include "web/hub_state.h"

#include "base/json_out.h"
#include "base/sorted.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_BYTES = 64 * 1024 * 1024 };

static const char *const type_names[] = {
    [HUB_FRONTEND] = "frontend", [HUB_BACKEND] = "backend", [HUB_SPLIT] = "split",
    [HUB_POLICY] = "policy",     [HUB_STATUS] = "status",   [HUB_ACTIVITY] = "activity",
};

struct hub_limits hub_limits_default(void)
{
    return (struct hub_limits){
        .ring_messages = 8192,
        .ring_bytes = (size_t)16 * 1024 * 1024,
        .backlog_bytes = (size_t)1024 * 1024,
        .activity = 100,
    };
}

static char *copy(struct str s)
{
    char *z = malloc(s.n + 1);

    if (!z)
        abort();
    return str_copy(z, s.n + 1, s);
}

struct hub *hub_new(const struct hub_limits *limits, uint64_t first_seq, struct str epoch,
                    struct str hello)
{
    struct hub *h = calloc(1, sizeof *h);

    if (!h)
        abort();
    h->limits = *limits;
    h->epoch = copy(epoch);
    h->hello = copy(hello);
    ring_init(&h->ring, limits->ring_messages, limits->ring_bytes, first_seq);
    buf_init(&h->text, MESSAGE_BYTES);
    buf_init(&h->bundle, 2 * (size_t)MESSAGE_BYTES);
    return h;
}

void hub_free(struct hub *h)
{
    for (size_t type = 0; type < HUB_ACTIVITY; type++) {
        struct told_list *list = &h->told[type];
        for (size_t i = 0; i < list->count; i++) {
            message_unref(list->items[i].message);
            free(list->items[i].id);
        }
        free(list->items);
    }
    outbox_fini(&h->activity);
    ring_fini(&h->ring);
    topics_fini(&h->topics);
    buf_free(&h->text);
    buf_free(&h->bundle);
    free(h->epoch);
    free(h->hello);
    free(h);
}

uint64_t hub_seq(const struct hub *h)
{
    return h->ring.next - 1;
}

/* --- texts of messages --- */

void hub_begin_text(struct hub *h, const char *type, const char *op, uint64_t seq)
{
    buf_reset(&h->text);
    buf_printf(&h->text, "{\"type\":\"%s\",\"op\":\"%s\",\"seq\":%" PRIu64, type, op, seq);
}

void hub_put_id(struct hub *h, struct str id)
{
    struct json_out o;

    buf_add_z(&h->text, ",\"id\":");
    json_out_init(&o, &h->text, false);
    json_put_str(&o, NULL, id);
    json_out_fini(&o);
}

void hub_put_object(struct hub *h, struct str object)
{
    buf_add_z(&h->text, ",\"object\":");
    buf_add_str(&h->text, object);
}

struct message *hub_end_text(struct hub *h)
{
    buf_add_char(&h->text, '}');
    return message_new(buf_str(&h->text));
}

/* --- viewers --- */

void hub_join(struct hub *h, struct viewer *v)
{
    v->hub = h;
    v->allowed_bytes = h->limits.backlog_bytes;
    v->next = h->viewers;
    if (v->next)
        v->next->prev = v;
    h->viewers = v;
}

static void leave_line(struct hub *h, struct viewer *v)
{
    if (!v->is_due)
        return;
    *(v->prev_due ? &v->prev_due->next_due : &h->first_due) = v->next_due;
    *(v->next_due ? &v->next_due->prev_due : &h->last_due) = v->prev_due;
    v->prev_due = v->next_due = NULL;
    v->is_due = false;
}

void hub_leave(struct hub *h, struct viewer *v)
{
    leave_line(h, v);
    topics_leave_all(&h->topics, &v->topics, v);
    outbox_fini(&v->out);
    *(v->prev ? &v->prev->next : &h->viewers) = v->next;
    if (v->next)
        v->next->prev = v->prev;
    v->prev = v->next = NULL;
}

void hub_make_due(struct hub *h, struct viewer *v)
{
    if (v->is_due)
        return;
    v->is_due = true;
    v->prev_due = h->last_due;
    *(h->last_due ? &h->last_due->next_due : &h->first_due) = v;
    h->last_due = v;
}

struct viewer *hub_next_due(struct hub *h)
{
    struct viewer *v = h->first_due;

    if (v)
        leave_line(h, v);
    return v;
}

bool hub_has_due(const struct hub *h)
{
    return h->first_due != NULL;
}

void hub_post(struct hub *h, struct viewer *v, struct message *m)
{
    if (v->lost)
        return;
    if (v->out.bytes - v->stat_bytes + m->n > v->allowed_bytes) {
        v->lost = true;
        outbox_clear(&v->out);
    } else {
        outbox_push(&v->out, m);
    }
    hub_make_due(h, v);
}

void hub_sent(struct viewer *v, size_t bytes)
{
    outbox_sent(&v->out, bytes);
    if (v->out.count)
        return;
    v->allowed_bytes = v->hub->limits.backlog_bytes;
    v->stat_bytes = 0;
}

static void tell(struct hub *h, struct viewer *v, const char *type, struct str members, bool answer)
{
    struct message *m;

    hub_begin_text(h, type, "set", hub_seq(h));
    if (members.n)
        buf_add_char(&h->text, ',');
    buf_add_str(&h->text, members);
    m = hub_end_text(h);
    m->answer = answer;
    hub_post(h, v, m);
    message_unref(m);
}

void hub_answer(struct hub *h, struct viewer *v, const char *type, struct str members)
{
    tell(h, v, type, members, true);
}

/* --- greeting --- */

static void post_snapshot(struct hub *h, struct viewer *v)
{
    for (size_t type = 0; type < HUB_ACTIVITY; type++) {
        for (size_t i = 0; i < h->told[type].count; i++)
            hub_post(h, v, h->told[type].items[i].message);
    }
    for (size_t i = 0; i < h->activity.count; i++)
        hub_post(h, v, outbox_message(&h->activity, i));
}

static void post_missed(struct hub *h, struct viewer *v, uint64_t seq)
{
    while (++seq < h->ring.next)
        hub_post(h, v, ring_at(&h->ring, seq));
}

static void post_hello(struct hub *h, struct viewer *v, bool resumed)
{
    struct buf members;

    buf_init(&members, MESSAGE_BYTES);
    buf_add_z(&members, h->hello);
    buf_printf(&members, ",\"epoch\":\"%s\",\"resumed\":%s", h->epoch, resumed ? "true" : "false");
    tell(h, v, "hello", buf_str(&members), false);
    buf_free(&members);
}

void hub_greet(struct hub *h, struct viewer *v, const struct hub_resume *resume)
{
    bool resumed = resume && ring_reaches(&h->ring, resume->seq) &&
                   (!resume->epoch.n || str_eq_z(resume->epoch, h->epoch));

    outbox_keep_answers(&v->out);
    v->stat_bytes = 0;
    if (v->out.bytes > h->limits.backlog_bytes)
        v->lost = true;
    v->allowed_bytes = SIZE_MAX;
    post_hello(h, v, resumed);
    if (resumed)
        post_missed(h, v, resume->seq);
    else
        post_snapshot(h, v);
    tell(h, v, "ready", STR_NONE, false);
    v->allowed_bytes = v->out.bytes + h->limits.backlog_bytes;
    v->live = true;
}

/* --- changes --- */

/* Takes the reference. */
static void publish(struct hub *h, struct message *m)
{
    ring_push(&h->ring, m);
    for (struct viewer *v = h->viewers; v; v = v->next) {
        if (v->live)
            hub_post(h, v, m);
    }
    message_unref(m);
}

static int compare_told(const void *id, const void *told)
{
    return str_cmp(*(const struct str *)id, str_z(((const struct told *)told)->id));
}

static bool find(const struct told_list *list, struct str id, size_t *at)
{
    return sorted_find(&id, list->items, list->count, sizeof *list->items, compare_told, at);
}

static struct told *insert(struct told_list *list, size_t at, struct str id)
{
    if (list->count == list->size) {
        list->size = list->size ? list->size * 2 : 16;
        list->items = realloc(list->items, list->size * sizeof *list->items);
        if (!list->items)
            abort();
    }
    memmove(&list->items[at + 1], &list->items[at], (list->count++ - at) * sizeof *list->items);
    list->items[at] = (struct told){.id = copy(id)};
    return &list->items[at];
}

bool hub_set(struct hub *h, enum hub_type type, struct str id, struct str object, uint64_t look)
{
    struct told_list *list = &h->told[type];
    size_t at;
    bool found = find(list, id, &at);
    struct told *told = found ? &list->items[at] : NULL;

    if (found && told->look == look)
        return false;
    hub_begin_text(h, type_names[type], "set", h->ring.next);
    if (id.n)
        hub_put_id(h, id);
    hub_put_object(h, object);
    if (!found)
        told = insert(list, at, id);
    message_unref(told->message);
    told->message = hub_end_text(h);
    told->look = look;
    publish(h, message_ref(told->message));
    return true;
}

bool hub_del(struct hub *h, enum hub_type type, struct str id)
{
    struct told_list *list = &h->told[type];
    size_t at;

    if (!find(list, id, &at))
        return false;
    hub_begin_text(h, type_names[type], "del", h->ring.next);
    hub_put_id(h, id);
    message_unref(list->items[at].message);
    free(list->items[at].id);
    memmove(&list->items[at], &list->items[at + 1], (--list->count - at) * sizeof *list->items);
    publish(h, hub_end_text(h));
    return true;
}

static void keep_activity(struct hub *h, struct message *m)
{
    if (h->activity.count == h->limits.activity)
        outbox_sent(&h->activity, outbox_piece(&h->activity, 0).n);
    outbox_push(&h->activity, m);
}

static struct message *activity_message(struct hub *h, struct str entry, uint64_t seq)
{
    hub_begin_text(h, type_names[HUB_ACTIVITY], "set", seq);
    hub_put_object(h, entry);
    return hub_end_text(h);
}

void hub_note_activity(struct hub *h, struct str entry)
{
    struct message *m = activity_message(h, entry, h->ring.next);

    keep_activity(h, m);
    publish(h, m);
}

void hub_remember_activity(struct hub *h, struct str entry)
{
    struct message *m = activity_message(h, entry, hub_seq(h));

    keep_activity(h, m);
    message_unref(m);
}
