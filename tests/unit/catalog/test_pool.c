/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that keep traffic alive, as a table of readings and what is served after each. */
#include "reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Steps: 'u'nbroken, 'd'oubtful, 'C'onfirmed undisturbed and sound, 'N' the same not sound,
 * 'D' confirmed after a disturbance (sound), 'R'efuted, 'A'ccept, 'V' another version. */
struct step {
    char kind;
    const char *words;   /* hosts a..j, short for 10.0.0.N:80, with what reading_of takes behind */
    const char *members; /* "a b~shrink"; status and weight only when told */
    bool confirm;        /* wanted afterwards */
};

#define TEN "a b c d e f g h i j"

static const char *expand(char *out, size_t size, const char *words)
{
    size_t at = 0;

    *out = 0;
    for (; *words; words++) {
        bool first = !at || out[at - 1] == ' ';
        if (first && *words >= 'a' && *words <= 'j' && (!words[1] || strchr(" @!*=~:", words[1])))
            at += (size_t)snprintf(out + at, size - at, "10.0.0.%d%s", *words - 'a',
                                   words[1] == ':' && words[2] == '0' ? "" : ":80");
        else
            at += (size_t)snprintf(out + at, size - at, "%c", *words);
    }
    return out;
}

/* view_text without ":p:1", which is what an ordinary member has. */
static const char *short_text(const struct pool *p)
{
    static char text[1 << 14];
    const char *from = view_text(pool_view(p));
    size_t at = 0;

    while (*from) {
        if (!strncmp(from, ":p:1", 4) && strchr(" ~?", from[4]))
            from += 4;
        else
            text[at++] = *from++;
    }
    text[at] = 0;
    return text;
}

static struct evidence evidence_of(char kind, int64_t now_ms)
{
    struct evidence e = {.now_ms = now_ms, .index = 7};

    e.trust = kind == 'u'   ? READ_UNBROKEN
              : kind == 'd' ? READ_DOUBTFUL
              : kind == 'R' ? READ_REFUTED
                            : READ_CONFIRMED;
    e.disturbed = kind == 'd' || kind == 'D' || kind == 'R';
    e.sound = kind == 'C' || kind == 'D';
    return e;
}

static void apply(struct pool *p, const struct step *s, int64_t now_ms)
{
    char words[4096];
    struct evidence e = evidence_of(s->kind, now_ms);

    if (s->kind == 'A') {
        pool_accept(p);
        return;
    }
    if (s->kind == 'V')
        assert_true(pool_subscribe(p, STR("web"), STR("2.0.0")));
    struct service_read *r = reading_of("web", expand(words, sizeof words, s->words));
    pool_read(p, r, NULL, &e);
    service_read_unref(r);
}

static struct pool *new_pool(void)
{
    return pool_new(&(struct pool_options){.max_shrink_percent = 50, .panic = true}, STR("web"),
                    STR("1.0.0"));
}

static void run(const char *name, const struct step *steps)
{
    struct pool *p = new_pool();
    char wanted[4096];

    for (size_t i = 0; steps[i].kind; i++) {
        apply(p, &steps[i], (int64_t)i * 1000);
        expand(wanted, sizeof wanted, steps[i].members);
        if (strcmp(short_text(p), wanted))
            fail_msg("%s, step %zu\n  gave   \"%s\"\n  wanted \"%s\"", name, i + 1, short_text(p),
                     wanted);
        if (pool_wants_confirm(p) != steps[i].confirm)
            fail_msg("%s, step %zu: confirm wanted: %d", name, i + 1, pool_wants_confirm(p));
    }
    pool_free(p);
}

static const struct {
    const char *name;
    struct step steps[9]; /* the last one is empty */
} cases[] = {
    {"the first reading is taken whatever its trust", {{'d', "a b", "a b", false}}},
    {"a service without instances is known and empty", {{'d', "", "", false}}},
    {"one of ten goes at once on an unbroken watch",
     {{'d', TEN, TEN, false}, {'u', "a b c d e f g h i", "a b c d e f g h i", false}}},
    {"half of the pool goes at once, more does not",
     {{'d', TEN, TEN, false},
      {'u', "a b c d e", "a b c d e", false},
      {'u', "a b", "a b c~shrink d~shrink e~shrink", true}}},
    {"a large loss goes when the catalog is sound",
     {{'d', TEN, TEN, false},
      {'u', "a b", "a b c~shrink d~shrink e~shrink f~shrink g~shrink h~shrink i~shrink j~shrink",
       true},
      {'C', "a b", "a b", false}}},
    {"a large loss stays while the catalog is not sound, and returns",
     {{'d', "a b c", "a b c", false},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'N', "", "a~shrink b~shrink c~shrink", true},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'u', "a b c", "a b c", false}}},
    {"a large loss that shrinks to a small one goes",
     {{'d', "a b c d", "a b c d", false},
      {'u', "a", "a b~shrink c~shrink d~shrink", true},
      {'u', "a b c", "a b c", false}}},
    {"the last member waits even if it is the only one",
     {{'d', "a", "a", false}, {'u', "", "a~shrink", true}, {'C', "", "", false}}},
    {"the last usable member waits though an unusable one stays",
     {{'d', "a b c:0", "a b 10.0.0.2:0?", false},
      {'u', "c:0", "a~shrink b~shrink 10.0.0.2:0?", true}}},
    {"replaced members are no loss",
     {{'d', "a b", "a b", false}, {'u', "c d", "c d", false}, {'u', "c d e", "c d e", false}}},
    {"unusable newcomers replace nobody",
     {{'d', "a b", "a b", false},
      {'u', "a:0 b:0", "10.0.0.0:0? a~shrink 10.0.0.1:0? b~shrink", true}}},
    {"after a disturbance nobody goes unconfirmed",
     {{'d', TEN, TEN, false},
      {'d', "a b c d e f g h i", "a b c d e f g h i j~unconfirmed", true},
      {'d', "a b c d e f g h", "a b c d e f g h i~unconfirmed j~unconfirmed", true},
      {'u', "a b c d e f g h", "a b c d e f g h i~unconfirmed j~unconfirmed", true},
      {'D', "a b c d e f g h i", "a b c d e f g h i", false}}},
    {"a large loss in a disturbance stays until they return",
     {{'d', "a b c", "a b c", false},
      {'d', "", "a~unconfirmed b~unconfirmed c~unconfirmed", true},
      {'D', "", "a~disturbed b~disturbed c~disturbed", false},
      {'u', "", "a~disturbed b~disturbed c~disturbed", false},
      {'u', "b", "a~disturbed b c~disturbed", false},
      {'C', "b", "a~disturbed b c~disturbed", false},
      {'u', "a b c", "a b c", false}}},
    {"a large loss in a disturbance stays until it is accepted",
     {{'d', "a b c", "a b c", false},
      {'d', "c", "a~unconfirmed b~unconfirmed c", true},
      {'D', "c", "a~disturbed b~disturbed c", false},
      {'A', "", "c", false}}},
    {"accepting works before the confirming read",
     {{'d', "a b", "a b", false}, {'u', "", "a~shrink b~shrink", true}, {'A', "", "", false}}},
    {"a lower index or another server: even a small loss stays",
     {{'d', TEN, TEN, false},
      {'d', "a b c d e f g h i", "a b c d e f g h i j~unconfirmed", true},
      {'R', "a b c d e f g h i", "a b c d e f g h i j~disturbed", false}}},
    {"members held in a disturbance do not hold the others",
     {{'d', "a b c d", "a b c d", false},
      {'R', "a b", "a b c~disturbed d~disturbed", false},
      {'u', "a", "a c~disturbed d~disturbed", false},
      {'u', "", "a~shrink c~disturbed d~disturbed", true},
      {'C', "", "c~disturbed d~disturbed", false}}},
    {"a disturbance while a large loss waits",
     {{'d', "a b c", "a b c", false},
      {'u', "", "a~shrink b~shrink c~shrink", true},
      {'d', "", "a~unconfirmed b~unconfirmed c~unconfirmed", true},
      {'D', "", "a~disturbed b~disturbed c~disturbed", false}}},
    {"gains and health apply with any reading",
     {{'d', "a b", "a b", false},
      {'d', "b!c c", "a~unconfirmed b:c:1 c", true},
      {'R', "b!w*9/4 c!m d", "a~disturbed b:w:4 c:m:1 d", false},
      {'N', "b c d e", "a~disturbed b c d e", false}}},
    {"held members keep the state they had",
     {{'d', "a!w*8/5 b!c", "a:w:5 b:c:1", false}, {'u', "", "a:w:5~shrink b:c:1~shrink", true}}},
    {"held members count for the panic",
     {{'d', "a b", "a b", false},
      {'d', "b!c", "a~unconfirmed b:c:1", true},
      {'A', "", "panic b:c:1", false}}},
    {"another version is no loss",
     {{'d', "a b c@2.0.0", "a b", false},
      {'u', "a", "a", false},
      {'V', "c@2.0.0", "c", false},
      {'u', "a b c@2.0.0", "c", false}}},
    {"an instance that changes its version in place is a loss",
     {{'d', "a b c d", "a b c d", false},
      {'u', "a b c d@2.0.0", "a b c", false},
      {'u', "a@2.0.0 b@2.0.0 c@2.0.0", "a~shrink b~shrink c~shrink", true}}},
};

static void test_table_of_losses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run(cases[i].name, cases[i].steps);
}

static void feed(struct pool *p, char kind, const char *words, int64_t now_ms)
{
    apply(p, &(struct step){.kind = kind, .words = words}, now_ms);
}

static void test_max_shrink_is_the_operators(void **state)
{
    static const struct {
        unsigned percent;
        const char *after;
        bool held;
    } table[] = {{0, "a b c d e f g h i", true},
                 {10, "a b c d e f g h i", false},
                 {10, "a b c d e f g h", true},
                 {90, "a", false},
                 {100, "a", false},
                 {100, "", true},
                 {89, "a", true}};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pool *p =
            pool_new(&(struct pool_options){table[i].percent, true}, STR("web"), STR("1.0.0"));
        feed(p, 'd', TEN, 0);
        feed(p, 'u', table[i].after, 0);
        assert_int_equal(pool_view(p)->held_count > 0, table[i].held);
        pool_free(p);
    }
}

static void test_held_since_the_first_reading_without_them(void **state)
{
    struct pool *p = new_pool();

    (void)state;
    feed(p, 'd', "a", 100);
    feed(p, 'u', "", 200);
    feed(p, 'N', "", 300);
    const struct pool_view *v = pool_view(p);
    assert_int_equal(v->held[0].since_ms, 200);
    assert_int_equal(v->members.items[0].last_known_ms, 100);
    assert_true(*hold_reason(v->held[0].hold));
    pool_free(p);
}

static void test_equal_readings_change_nothing(void **state)
{
    struct pool *p = new_pool();
    struct service_read *r = reading_of("web", "10.0.0.1:80 10.0.0.2:80!w");
    struct evidence e = evidence_of('u', 5);

    (void)state;
    assert_true(pool_read(p, r, NULL, &e));
    e.now_ms = 6;
    assert_false(pool_read(p, r, NULL, &e));
    assert_int_equal(pool_view(p)->members.items[0].last_known_ms, 6);
    service_read_unref(r);
    r = reading_of("web", "10.0.0.2:80!c 10.0.0.1:80");
    assert_true(pool_read(p, r, NULL, &e));
    service_read_unref(r);
    assert_false(pool_subscribe(p, STR("web"), STR("1.0.0")));
    pool_free(p);
}

static void test_a_view_outlives_the_pools_changes(void **state)
{
    struct pool *p = new_pool();
    struct pool_view *old;

    (void)state;
    feed(p, 'd', "a b", 0);
    old = pool_view_ref(pool_view(p));
    feed(p, 'u', "c", 0);
    pool_free(p);
    assert_int_equal(old->members.count, 2);
    assert_true(str_eq_z(old->members.items[1].host, "10.0.0.1"));
    pool_view_unref(old);
}

static void test_names_that_resolve_and_that_stop_to(void **state)
{
    struct pool *p = new_pool();
    struct resolved known = {STR("a.example"), STR("10.1.1.1"), STR_NONE};
    struct service_read *r = reading_of("web", "a.example:80");
    struct evidence e = evidence_of('u', 0);

    (void)state;
    pool_read(p, r, NULL, &e);
    assert_true(pool_view(p)->members.items[0].unusable.n > 0);
    assert_true(pool_resolve(p, &(struct name_table){&known, 1}));
    assert_true(str_eq_z(pool_view(p)->members.items[0].address, "10.1.1.1"));
    assert_false(pool_resolve(p, &(struct name_table){&known, 1}));
    pool_read(p, r, NULL, &e); /* a table that does not know it (yet) takes nothing away */
    assert_true(str_eq_z(pool_view(p)->members.items[0].address, "10.1.1.1"));
    known = (struct resolved){STR("a.example"), STR_NONE, STR("no such name")};
    assert_true(pool_resolve(p, &(struct name_table){&known, 1}));
    assert_false(pool_view(p)->members.items[0].address.n);
    service_read_unref(r);
    pool_free(p);
}

static struct pool *again(const struct pool *p, struct err *e)
{
    struct pool *copy = new_pool();
    struct arena a = ARENA_INIT;
    struct buf b;
    struct json_out o;
    struct json *root;

    buf_init(&b, 1 << 20);
    json_out_init(&o, &b, false);
    pool_export(p, &o, NULL);
    json_out_fini(&o);
    assert_int_equal(json_parse(&a, buf_str(&b), JSON_MAX_DEPTH, &root, e), 0);
    assert_int_equal(pool_import(copy, root, e), 0);
    buf_free(&b);
    arena_free(&a);
    return copy;
}

static void test_state_survives_a_restart(void **state)
{
    struct pool *p = new_pool(), *copy;
    struct err e = {.kind = ERR_NONE};
    char before[4096];

    (void)state;
    feed(p, 'd', "a!w*9/4 b*700/1 c:0 d", 100);
    feed(p, 'd', "a!c", 200);
    snprintf(before, sizeof before, "%s", view_text(pool_view(p)));
    copy = again(p, &e);
    assert_string_equal(view_text(pool_view(copy)), before);
    assert_int_equal(pool_view(copy)->held[0].since_ms, 200);
    assert_int_equal(pool_view(copy)->members.items[1].last_known_ms, 100);
    assert_true(pool_wants_confirm(copy));
    feed(copy, 'D', "a b c:0 d", 300); /* and they return */
    assert_int_equal(pool_view(copy)->held_count, 0);
    pool_free(p);
    pool_free(copy);
}

static void test_state_that_cannot_be_taken(void **state)
{
    static const struct {
        const char *text;
        int result;
    } table[] = {
        {"{}", 0}, /* of nobody */
        {"{\"service\":\"web\",\"version\":\"2.0.0\",\"known\":true,\"members\":[]}", 0},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":7,\"members\":[]}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":{}}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":[{}]}", -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":70000,\"address\":\"10.0.0.1\"}]}",
         -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\",\"hold\":\"so\"}]}",
         -1},
        {"{\"service\":\"web\",\"version\":\"1.0.0\",\"known\":true,\"members\":"
         "[{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\"},"
         "{\"host\":\"x\",\"port\":1,\"address\":\"10.0.0.1\"}]}",
         -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct pool *p = new_pool();
        struct arena a = ARENA_INIT;
        struct json *root;
        struct err e = {.kind = ERR_NONE};
        feed(p, 'd', "a b", 0);
        assert_int_equal(json_parse(&a, str_z(table[i].text), 32, &root, &e), 0);
        if (pool_import(p, root, &e) != table[i].result)
            fail_msg("%s: %s", table[i].text, e.text);
        assert_string_equal(short_text(p), "10.0.0.0:80 10.0.0.1:80");
        arena_free(&a);
        pool_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_losses),
        cmocka_unit_test(test_max_shrink_is_the_operators),
        cmocka_unit_test(test_held_since_the_first_reading_without_them),
        cmocka_unit_test(test_equal_readings_change_nothing),
        cmocka_unit_test(test_a_view_outlives_the_pools_changes),
        cmocka_unit_test(test_names_that_resolve_and_that_stop_to),
        cmocka_unit_test(test_state_survives_a_restart),
        cmocka_unit_test(test_state_that_cannot_be_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
