/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/session.h"

void spop_session_init(struct spop_session *s, uint32_t max_frame_bytes)
{
    *s = (struct spop_session){.state = SPOP_STATE_GREETING, .max_frame_bytes = max_frame_bytes};
}

void spop_session_end(struct spop_session *s, enum spop_status status, struct spop_out *out)
{
    if (s->state == SPOP_STATE_ENDED)
        return;
    s->state = SPOP_STATE_ENDED;
    s->status = status;
    spop_disconnect_put(out, status);
}

static enum spop_event ended(struct spop_session *s, enum spop_status status, struct spop_out *out)
{
    spop_session_end(s, status, out);
    return SPOP_EVENT_END;
}

static enum spop_event on_hello(struct spop_session *s, const struct spop_frame *f,
                                struct spop_out *out)
{
    struct spop_hello hello;
    enum spop_status status;

    if (s->state != SPOP_STATE_GREETING || f->stream_id || f->frame_id)
        return ended(s, SPOP_INVALID, out);
    status = spop_hello_parse(f->payload, &hello);
    if (status != SPOP_NORMAL || (hello.health_check && s->refuses_checks))
        return ended(s, status, out);
    if (hello.max_frame_bytes < s->max_frame_bytes)
        s->max_frame_bytes = hello.max_frame_bytes;
    spop_hello_put(out, s->max_frame_bytes);
    s->state = hello.health_check ? SPOP_STATE_CHECKED : SPOP_STATE_TALKING;
    return hello.health_check ? SPOP_EVENT_CHECK : SPOP_EVENT_HELLO;
}

static enum spop_event on_disconnect(struct spop_session *s, const struct spop_frame *f,
                                     struct spop_out *out)
{
    enum spop_status status = SPOP_INVALID;

    if (s->state != SPOP_STATE_GREETING && !f->stream_id && !f->frame_id)
        status = spop_disconnect_parse(f->payload, &s->haproxy);
    s->haproxy.message = (struct spop_bytes){0};
    return ended(s, status, out);
}

static enum spop_event on_notify(struct spop_session *s, const struct spop_frame *f,
                                 struct spop_out *out, struct spop_notify *notify)
{
    if (s->state != SPOP_STATE_TALKING || !spop_notify_check(f->payload))
        return ended(s, SPOP_INVALID, out);
    *notify = (struct spop_notify){f->stream_id, f->frame_id, f->payload};
    return SPOP_EVENT_NOTIFY;
}

static enum spop_event on_frame(struct spop_session *s, const struct spop_frame *f,
                                struct spop_out *out, struct spop_notify *notify)
{
    switch (f->type) {
    case SPOP_FRAME_HAPROXY_HELLO:
    case SPOP_FRAME_HAPROXY_DISCONNECT:
    case SPOP_FRAME_NOTIFY:
        if ((f->flags & (SPOP_FIN | SPOP_ABRT)) != SPOP_FIN)
            return ended(s, SPOP_FRAGMENTED, out);
        break;
    case SPOP_FRAME_UNSET: return ended(s, SPOP_FRAGMENTED, out);
    case SPOP_FRAME_AGENT_HELLO:
    case SPOP_FRAME_AGENT_DISCONNECT:
    case SPOP_FRAME_ACK: return ended(s, SPOP_INVALID, out);
    default: return s->state == SPOP_STATE_TALKING ? SPOP_EVENT_SKIP : ended(s, SPOP_INVALID, out);
    }
    if (f->type == SPOP_FRAME_NOTIFY)
        return on_notify(s, f, out, notify);
    return f->type == SPOP_FRAME_HAPROXY_HELLO ? on_hello(s, f, out) : on_disconnect(s, f, out);
}

enum spop_event spop_session_next(struct spop_session *s, struct spop_bytes *in,
                                  struct spop_out *out, struct spop_notify *notify)
{
    struct spop_frame frame;
    enum spop_status why;

    if (s->state == SPOP_STATE_ENDED)
        return SPOP_EVENT_END;
    if (spop_room(out) < (size_t)s->max_frame_bytes + SPOP_PREFIX_BYTES)
        return SPOP_EVENT_ROOM;
    switch (spop_frame_take(in, s->max_frame_bytes, &frame, &why)) {
    case SPOP_FRAME_MORE: return SPOP_EVENT_MORE;
    case SPOP_FRAME_BAD: return ended(s, why, out);
    case SPOP_FRAME_WHOLE: break;
    }
    return on_frame(s, &frame, out, notify);
}
