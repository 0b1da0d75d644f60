/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/continuity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

/* Events as a reply with index `n` would bring them: 'r' reply, 's' reply that is settled, 'c'
 * confirming reply, 'e' error. */
struct event {
    char kind;
    uint64_t index;
    const char *server;
    enum read_trust trust;
    uint64_t next; /* index of the request after it */
};

static const struct {
    const char *name;
    uint64_t believed;
    const char *server;
    struct event events[8];
} cases[] = {
    {"the first reply is doubtful, then the watch is unbroken",
     0,
     "",
     {{'s', 10, "", READ_DOUBTFUL, 10},
      {'r', 10, "", READ_UNBROKEN, 10},
      {'r', 12, "", READ_UNBROKEN, 12}}},
    {"an error begins anew, without index",
     0,
     "",
     {{'s', 10, "", READ_DOUBTFUL, 10},
      {'e', 0, "", READ_DOUBTFUL, 0},
      {'s', 11, "", READ_DOUBTFUL, 11},
      {'r', 12, "", READ_UNBROKEN, 12}}},
    {"doubt stays until it is settled",
     0,
     "",
     {{'r', 10, "", READ_DOUBTFUL, 10},
      {'r', 11, "", READ_DOUBTFUL, 11},
      {'s', 12, "", READ_DOUBTFUL, 12},
      {'r', 12, "", READ_UNBROKEN, 12}}},
    {"a lower index is doubtful, and refuted by one that is lower still",
     0,
     "",
     {{'s', 100, "", READ_DOUBTFUL, 100},
      {'r', 60, "", READ_DOUBTFUL, 60},
      {'c', 99, "", READ_REFUTED, 99},
      {'r', 99, "", READ_UNBROKEN, 99}}},
    {"a lower index, confirmed by the one that was believed",
     0,
     "",
     {{'s', 100, "", READ_DOUBTFUL, 100},
      {'r', 60, "", READ_DOUBTFUL, 60},
      {'c', 100, "", READ_CONFIRMED, 100},
      {'r', 101, "", READ_UNBROKEN, 101}}},
    {"another server",
     0,
     "",
     {{'s', 10, "", READ_DOUBTFUL, 10},
      {'l', 0, "one", READ_DOUBTFUL, 10},
      {'c', 20, "two", READ_REFUTED, 20},
      {'c', 21, "two", READ_CONFIRMED, 21}}},
    {"a server that does not tell its id is taken as the same",
     0,
     "",
     {{'s', 10, "", READ_DOUBTFUL, 10},
      {'l', 0, "one", READ_DOUBTFUL, 10},
      {'c', 20, "", READ_CONFIRMED, 20},
      {'c', 21, "two", READ_REFUTED, 21}}},
    {"a settled doubt forgets the server",
     0,
     "one",
     {{'s', 10, "", READ_DOUBTFUL, 10}, {'c', 11, "two", READ_CONFIRMED, 11}}},
    {"what was believed before a restart counts",
     100,
     "one",
     {{'r', 90, "", READ_DOUBTFUL, 90}, {'c', 95, "one", READ_REFUTED, 95}}},
    {"and confirms",
     100,
     "one",
     {{'r', 120, "", READ_DOUBTFUL, 120}, {'c', 120, "one", READ_CONFIRMED, 120}}},
    {"an index of 0 does not block, so 1 is asked for",
     0,
     "",
     {{'s', 0, "", READ_DOUBTFUL, 1}, {'c', 0, "", READ_CONFIRMED, 1}}},
};

static void run(const char *name, struct continuity *c, const struct event *e)
{
    enum read_trust trust = e->trust;

    if (e->kind == 'e')
        continuity_error(c);
    else if (e->kind == 'l')
        continuity_learn_server(c, e->server);
    else if (e->kind == 'c')
        trust = continuity_confirm(c, e->index, e->server);
    else
        trust = continuity_reply(c, e->index);
    if (e->kind == 's')
        continuity_settle(c, e->index);
    if (trust != e->trust || c->next != e->next)
        fail_msg("%s: '%c' %llu: %s, next %llu", name, e->kind, (unsigned long long)e->index,
                 read_trust_name(trust), (unsigned long long)c->next);
}

static void test_table_of_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct continuity c;
        continuity_init(&c, cases[i].believed, cases[i].server);
        for (size_t k = 0; k < 8 && cases[i].events[k].kind; k++)
            run(cases[i].name, &c, &cases[i].events[k]);
    }
}

static void test_long_server_ids_are_cut_alike(void **state)
{
    struct continuity c;
    char id[200];

    (void)state;
    memset(id, 'x', sizeof id);
    id[sizeof id - 1] = 0;
    continuity_init(&c, 1, id);
    assert_int_equal(continuity_confirm(&c, 1, id), READ_CONFIRMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_replies),
        cmocka_unit_test(test_long_server_ids_are_cut_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
