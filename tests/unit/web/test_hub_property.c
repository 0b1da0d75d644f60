/* SPDX-License-Identifier: Apache-2.0 */
/* Viewers that come, read, go away and come back while things change: who reads in time is told
 * each number exactly once and in order, and knows in the end what there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json_in.h"
#include "web/hub.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { THINGS = 12, VIEWERS = 8, RUNS = 200, STEPS = 400, FIRST = 1 };

static const struct hub_limits limits = {
    .ring_messages = 64, .ring_bytes = 4000, .backlog_bytes = 1200, .activity = 5};

static uint64_t draw_state;

static unsigned draw(unsigned below)
{
    draw_state = draw_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(draw_state >> 33) % below;
}

/* A client that believes what it is told. */
struct believer {
    struct viewer viewer;
    bool here, ready;
    bool knows;          /* has been ready once, so that it may resume */
    uint64_t seq;        /* the last change that it has */
    int64_t has[THINGS]; /* -1: there is none */
};

struct world {
    struct hub *hub;
    int64_t has[THINGS];
    int64_t value;
    struct believer believers[VIEWERS];
    size_t resumed, anew, lost;
};

static const struct json *get(const struct json *o, const char *key)
{
    const struct json *found = json_get(o, key);

    assert_non_null(found);
    return found;
}

static void believe_object(struct believer *b, const struct json *m)
{
    uint64_t thing;

    assert_int_equal(
        str_u64((struct str){get(m, "id")->text.p + 8, get(m, "id")->text.n - 8}, &thing), 0);
    b->has[thing] = str_eq_z(get(m, "op")->text, "del") ? -1 : get(get(m, "object"), "v")->integer;
}

static void believe(struct world *w, struct believer *b, struct str text)
{
    struct arena a = ARENA_INIT;
    struct json *m;
    struct err e;
    struct str type;
    uint64_t seq;

    assert_int_equal(json_parse(&a, text, 8, &m, &e), 0);
    type = get(m, "type")->text;
    seq = (uint64_t)get(m, "seq")->integer;
    if (str_eq_z(type, "hello")) {
        bool resumed = get(m, "resumed")->boolean;
        w->resumed += resumed;
        w->anew += !resumed;
        b->ready = resumed; /* what follows are changes */
        for (size_t i = 0; !resumed && i < THINGS; i++)
            b->has[i] = -1;
        if (!resumed)
            b->seq = seq;
    } else if (str_eq_z(type, "ready")) {
        assert_int_equal(b->seq, seq);
        b->ready = b->knows = true;
    } else {
        if (b->ready)
            assert_int_equal(seq, ++b->seq);
        else
            assert_true(seq <= b->seq);
        if (!str_eq_z(type, "activity"))
            believe_object(b, m);
    }
    arena_free(&a);
}

/* As many bytes as it likes; a message is read when it is whole. */
static void read_some(struct world *w, struct believer *b, size_t bytes)
{
    while (bytes && b->viewer.out.count) {
        struct str piece = outbox_piece(&b->viewer.out, 0);
        size_t n = piece.n < bytes ? piece.n : bytes;
        if (n == piece.n)
            believe(w, b, message_text(outbox_message(&b->viewer.out, 0)));
        hub_sent(&b->viewer, n);
        bytes -= n;
    }
}

static void leave(struct world *w, struct believer *b)
{
    hub_leave(w->hub, &b->viewer);
    b->viewer = (struct viewer){0};
    b->here = b->ready = false;
}

static void come(struct world *w, struct believer *b)
{
    struct hub_resume resume = {b->seq, draw(2) ? STR("e1") : STR("")};

    if (draw(10) == 0)
        resume.epoch = STR("e0");
    b->here = true;
    hub_join(w->hub, &b->viewer);
    hub_greet(w->hub, &b->viewer, b->knows ? &resume : NULL);
    b->knows = false;
}

static void change(struct world *w)
{
    unsigned thing = draw(THINGS);
    char id[32], object[96];

    (void)snprintf(id, sizeof id, "backend/%u", thing);
    if (draw(4) == 0) {
        assert_int_equal(hub_del(w->hub, HUB_BACKEND, str_z(id)), w->has[thing] >= 0);
        w->has[thing] = -1;
    } else if (draw(6) == 0) {
        hub_note_activity(w->hub, STR("{\"verb\":\"x\"}"));
    } else {
        w->has[thing] = ++w->value;
        (void)snprintf(object, sizeof object, "{\"v\":%" PRId64 ",\"pad\":\"%.*s\"}", w->value,
                       (int)draw(40), "........................................");
        assert_true(hub_set(w->hub, HUB_BACKEND, str_z(id), str_z(object), (uint64_t)w->value));
    }
}

static void step(struct world *w)
{
    struct believer *b = &w->believers[draw(VIEWERS)];

    switch (draw(6)) {
    case 0:
        if (b->here)
            leave(w, b);
        else
            come(w, b);
        break;
    case 1:
    case 2:
        if (b->here && !b->viewer.lost)
            read_some(w, b, draw(3000));
        break;
    default: change(w); break;
    }
    for (size_t i = 0; i < VIEWERS; i++) {
        b = &w->believers[i];
        assert_true(b->viewer.out.bytes <= b->viewer.allowed_bytes);
        if (b->here && b->viewer.lost) {
            w->lost++;
            leave(w, b);
        }
    }
    while (hub_next_due(w->hub)) {
    }
}

static void test_each_number_is_told_exactly_once(void **state)
{
    size_t resumed = 0, anew = 0, lost = 0;

    (void)state;
    for (unsigned run = 0; run < RUNS; run++) {
        struct world w = {.hub = hub_new(&limits, FIRST, STR("e1"), STR("\"x\":1"))};
        draw_state = run;
        memset(w.has, -1, sizeof w.has);
        for (unsigned i = 0; i < STEPS; i++)
            step(&w);
        for (size_t i = 0; i < VIEWERS; i++) {
            struct believer *b = &w.believers[i];
            if (!b->here)
                come(&w, b);
            read_some(&w, b, SIZE_MAX);
            assert_int_equal(b->seq, hub_seq(w.hub));
            assert_memory_equal(b->has, w.has, sizeof w.has);
            leave(&w, b);
        }
        hub_free(w.hub);
        resumed += w.resumed;
        anew += w.anew;
        lost += w.lost;
    }
    assert_true(resumed > RUNS && anew > RUNS && lost > RUNS); /* all of it was tried */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_number_is_told_exactly_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
