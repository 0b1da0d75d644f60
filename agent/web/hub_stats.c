/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics go to many clients and are many: those of one topic travel in bundles, so that a
 * client costs a reference for each bundle and not for each object. */
#include "web/hub_state.h"

enum { BUNDLE_BYTES = 32 * 1024 };

struct topics *hub_topics(struct hub *h)
{
    return &h->topics;
}

/* Somebody who has the group as well gets it there. */
static bool has_group(const struct viewer *v, const char *topic)
{
    struct str name = str_z(topic);
    char text[TOPIC_NAME_MAX + 3];

    return !str_ends(name, STR("/*")) && topics_has(&v->topics, topic_group(name, text));
}

static struct message *take_bundle(struct hub *h)
{
    struct message *m = message_of(buf_str(&h->bundle));

    buf_reset(&h->bundle);
    return m;
}

static void post_stat(struct hub *h, struct viewer *v, struct message *m)
{
    if (v->lost)
        return;
    outbox_push(&v->out, m);
    v->stat_bytes += m->n;
    hub_make_due(h, v);
}

/* Who has not taken those of the round before gets these later, or never: the next are better. */
static bool is_skipped(const struct hub *h, struct viewer *v)
{
    if (v->stat_round != h->topics.round) {
        v->stat_round = h->topics.round;
        v->stat_skip = v->stat_bytes > 0;
    }
    return v->stat_skip;
}

static void send_bundle(struct hub *h, const struct topic *topic, struct viewer *only)
{
    struct message *m;

    if (!h->bundle.n)
        return;
    m = take_bundle(h);
    for (size_t i = 0; !only && i < topic->viewer_count; i++) {
        struct viewer *v = topic->viewers[i];
        if (!has_group(v, topic->name) && !is_skipped(h, v))
            post_stat(h, v, m);
    }
    if (only && only->stat_bytes <= h->limits.backlog_bytes)
        post_stat(h, only, m);
    message_unref(m);
}

/* What is gone is told to all: it is not told again. */
static void send_gone(struct hub *h, const struct topic *topic)
{
    struct message *m;

    if (!h->bundle.n)
        return;
    m = take_bundle(h);
    for (size_t i = 0; i < topic->viewer_count; i++) {
        if (!has_group(topic->viewers[i], topic->name))
            hub_post(h, topic->viewers[i], m);
    }
    message_unref(m);
}

static void put_stat(struct hub *h, const char *op, struct str id, struct str object)
{
    hub_begin_text(h, "stat", op, hub_seq(h));
    hub_put_id(h, id);
    if (object.n)
        hub_put_object(h, object);
    buf_add_char(&h->text, '}');
    message_add_frame(&h->bundle, buf_str(&h->text));
}

void hub_stat(struct hub *h, struct topic *topic, struct viewer *only, struct str id,
              struct str object)
{
    put_stat(h, "set", id, object);
    topic_note(&h->topics, topic, id);
    if (h->bundle.n > BUNDLE_BYTES)
        send_bundle(h, topic, only);
}

static void on_gone(void *ctx, struct topic *topic, struct str id)
{
    (void)topic;
    put_stat(ctx, "del", id, STR_NONE);
}

void hub_stat_end(struct hub *h, struct topic *topic, struct viewer *only)
{
    send_bundle(h, topic, only);
    if (only)
        return;
    topic_end(&h->topics, topic, on_gone, h);
    send_gone(h, topic);
}
