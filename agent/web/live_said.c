/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of the stream say, and what they are answered. */
#include "base/json_out.h"
#include "plan/stat_id.h"
#include "web/live_state.h"
#include "web/said.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024 };

/* --- answers --- */

static void begin_answer(struct buf *to, struct json_out *o)
{
    buf_init(to, ANSWER_MAX);
    json_out_init(o, to, false);
    json_open_object(o, NULL);
}

static void end_answer(struct live_client *c, const char *type, struct buf *text,
                       struct json_out *o)
{
    struct str s;

    json_close_object(o);
    json_out_fini(o);
    s = buf_str(text);
    if (!buf_failed(text)) /* without the braces */
        hub_answer(c->live->hub, &c->viewer, type, (struct str){s.p + 1, s.n - 2});
    buf_free(text);
    live_flush(c->live);
}

static void put_problem(struct json_out *o, const struct err *e)
{
    json_put_z(o, "error", e->text);
    if (e->field[0])
        json_put_z(o, "field", e->field);
    if (e->detail[0])
        json_put_z(o, "detail", e->detail);
}

static void answer_error(struct live_client *c, const struct json *request, const struct err *e)
{
    struct json_out o;
    struct buf text;

    begin_answer(&text, &o);
    put_problem(&o, e);
    if (request)
        json_put_tree(&o, "request", request);
    else
        json_put_null(&o, "request");
    end_answer(c, "error", &text, &o);
}

/* --- switches --- */

struct live_switch {
    struct live *live;
    struct live_switch *next;
    struct live_client *client; /* NULL: has gone */
    struct arena arena;
    struct str id;
    struct web_change change;
    char actor[sizeof((struct peer *)0)->address];
    bool done;
};

static void unlink_switch(struct live_switch *s)
{
    struct live_switch **at = &s->live->switches;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
}

static void free_switch(struct live_switch *s)
{
    arena_free(&s->arena);
    free(s);
}

static void answer_switch(struct live_switch *s, const struct web_result *r)
{
    struct json_out o;
    struct buf text;

    begin_answer(&text, &o);
    json_put_str(&o, "id", s->id);
    json_put_str(&o, "key", s->change.name);
    json_put_str(&o, "version", s->change.version);
    json_put_int(&o, "status",
                 r->error    ? (int64_t)exchange_status_of(r->error->kind)
                 : r->status ? (int64_t)r->status
                             : 200);
    if (r->error)
        put_problem(&o, r->error);
    end_answer(s->client, "switch", &text, &o);
}

static void on_switched(void *ctx, const struct web_result *r)
{
    struct live_switch *s = ctx;

    if (s->client) {
        s->client->switches--;
        answer_switch(s, r);
    }
    unlink_switch(s);
    free_switch(s);
}

void live_forget_switches(struct live_client *c)
{
    for (struct live_switch *s = c->live->switches; s; s = s->next) {
        if (s->client == c)
            s->client = NULL;
    }
}

void live_free_switches(struct live *l)
{
    while (l->switches) {
        struct live_switch *s = l->switches;
        l->switches = s->next;
        free_switch(s);
    }
}

static int may_switch(struct live_client *c, const struct said *said, struct err *e)
{
    if (access_may(c->live->access, &c->upgraded->peer, RIGHT_DEPLOY, e))
        return -1;
    if (!said->key.n)
        return err_field(e, "key", "key: required");
    if (!said->version.n)
        return err_field(e, "version", "version: required");
    if (c->switches == c->live->limits.switches)
        return err_set(e, ERR_UNAVAILABLE, "%zu switches of this client are under way",
                       c->switches);
    return 0;
}

static void start_switch(struct live_client *c, const struct said *said)
{
    struct live *l = c->live;
    struct live_switch *s = calloc(1, sizeof *s);

    if (!s)
        abort();
    s->live = l;
    s->client = c;
    s->id = arena_str(&s->arena, said->id);
    memcpy(s->actor, c->upgraded->peer.address, sizeof s->actor);
    s->change = (struct web_change){.kind = CHANGE_SWITCH,
                                    .name = arena_str(&s->arena, said->key),
                                    .service = STR(""),
                                    .version = arena_str(&s->arena, said->version),
                                    .actor = s->actor};
    s->next = l->switches;
    l->switches = s;
    c->switches++;
    l->api->change(l->api->ctx, &s->change, on_switched, s);
}

/* --- the rest --- */

struct latest {
    struct live_client *client;
    struct topic *topic;
};

static void on_latest(void *ctx, struct str id, struct str object)
{
    struct latest *x = ctx;

    hub_stat(x->client->live->hub, x->topic, &x->client->viewer, id, object);
}

static int check_id(struct str id, struct err *e)
{
    struct arena a = ARENA_INIT;
    struct stat_id parsed;
    int rc = stat_id_parse(&a, id, &parsed, e);

    arena_free(&a);
    return rc;
}

static int subscribe(struct live_client *c, struct str id, struct err *e)
{
    struct live *l = c->live;
    struct topics *t = hub_topics(l->hub);
    struct latest x = {.client = c};

    if (check_id(id, e) || topics_join(t, &c->viewer.topics, &c->viewer, id, e))
        return -1;
    x.topic = topics_find(t, id);
    l->source.stats(l->source.ctx, id, on_latest, &x);
    hub_stat_end(l->hub, x.topic, &c->viewer);
    return 0;
}

/* Greeted once the hub is up to date. */
static void resume(struct live_client *c, const struct said *said)
{
    c->waits = c->has_resume = true;
    c->resume_seq = said->seq;
    (void)str_copy(c->resume_epoch, sizeof c->resume_epoch, said->epoch);
    c->live->source.wanted(c->live->source.ctx);
}

static int obey(struct live_client *c, const struct said *said, struct err *e)
{
    switch (said->kind) {
    case SAID_SUBSCRIBE: return subscribe(c, said->id, e);
    case SAID_UNSUBSCRIBE:
        topics_leave(hub_topics(c->live->hub), &c->viewer.topics, &c->viewer, said->id);
        return 0;
    case SAID_SWITCH:
        if (may_switch(c, said, e))
            return -1;
        start_switch(c, said);
        return 0;
    case SAID_RESUME: resume(c, said); return 0;
    }
    return 0;
}

void live_on_text(void *client, struct str text)
{
    struct live_client *c = client;
    struct arena arena = ARENA_INIT;
    struct said said;
    struct json *request;
    struct err e;

    if (said_parse(&arena, text, &said, &request, &e) || obey(c, &said, &e))
        answer_error(c, request, &e);
    live_flush(c->live);
    arena_free(&arena);
}

/* --- statistics --- */

struct telling {
    struct live *live;
    struct topic *topic;
};

static void on_stat(void *ctx, struct str id, struct str object)
{
    struct telling *x = ctx;

    hub_stat(x->live->hub, x->topic, NULL, id, object);
}

void live_stats(struct live *l)
{
    struct topics *t = hub_topics(l->hub);

    topics_begin(t);
    for (size_t i = 0; i < t->count; i++) {
        struct telling x = {l, t->items[i]};
        l->source.stats(l->source.ctx, str_z(t->items[i]->name), on_stat, &x);
        hub_stat_end(l->hub, t->items[i], NULL);
    }
    live_flush(l);
}
