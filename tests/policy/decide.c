/* SPDX-License-Identifier: Apache-2.0 */
/* policy-decide: reads {"policies":{NAME:OBJECT,...},"requests":[...],"buckets":[[KEY,SALT],...]}
 * (requests as POST /policies/try has them) and prints
 * {"names":{FRONTEND:NAMES},"lines":{NAME:LINE}, "answers":[...],"buckets":[...]}: what the end to
 * end tests put into maps, and what they expect. */
#include "policy/bucket.h"
#include "policy/line.h"
#include "policy/try.h"

#include <stdio.h>
#include <stdlib.h>

enum { POLICIES = 1000, INPUT_BYTES = 16 << 20 };

static const struct json nothing = {.type = JSON_ARRAY};

static void must(int rc, const struct err *e)
{
    if (rc == 0)
        return;
    (void)fprintf(stderr, "policy-decide: %s (%s)\n", e->text, e->field);
    exit(1);
}

static const struct json *member(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);

    return v ? v : &nothing;
}

static void put_maps(struct json_out *o, const struct policy_set *set,
                     const struct policy *const *list, size_t count)
{
    struct str_list frontends = policy_set_frontends(set);
    struct buf text;
    struct err e;

    buf_init(&text, INPUT_BYTES);
    json_open_object(o, "names");
    for (size_t i = 0; i < frontends.count; i++) {
        buf_reset(&text);
        must(policy_names(list, count, frontends.items[i], &text, &e), &e);
        json_key_str(o, frontends.items[i]);
        json_put_str(o, NULL, buf_str(&text));
    }
    json_close_object(o);
    json_open_object(o, "lines");
    for (size_t i = 0; i < count; i++) {
        buf_reset(&text);
        must(policy_line(list[i], &text, &e), &e);
        json_key_str(o, list[i]->name);
        json_put_str(o, NULL, buf_str(&text));
    }
    json_close_object(o);
    buf_free(&text);
}

static void put_answers(struct json_out *o, const struct policy_set *set, const struct json *asked)
{
    struct policy_scratch *scratch = policy_scratch_new();

    json_open_array(o, "answers");
    JSON_EACH(child, asked) {
        struct arena a = ARENA_INIT;
        struct policy_request r;
        struct err e;
        must(try_parse(&a, set, child, &r, &e), &e);
        try_put(o, NULL, set, &r, scratch);
        arena_free(&a);
    }
    json_close_array(o);
    policy_scratch_free(scratch);
}

static void answer(const struct json *asked, struct buf *to)
{
    struct policy *owned[POLICIES];
    const struct policy *list[POLICIES];
    size_t count = 0;
    struct policy_set *set;
    struct json_out o;
    struct err e;

    JSON_EACH(child, member(asked, "policies")) {
        owned[count] = policy_parse(child->key, child, &e);
        must(owned[count] && count + 1 < POLICIES ? 0 : -1, &e);
        list[count] = owned[count];
        count++;
    }
    set = policy_set_new(list, count, &e);
    must(set ? 0 : -1, &e);
    json_out_init(&o, to, false);
    json_open_object(&o, NULL);
    put_maps(&o, set, list, count);
    put_answers(&o, set, member(asked, "requests"));
    json_open_array(&o, "buckets");
    JSON_EACH(child, member(asked, "buckets"))
        json_put_int(&o, NULL, bucket_of(child->first->text, child->first->next->text));
    json_close_array(&o);
    json_close_object(&o);
    json_out_fini(&o);
    policy_set_free(set);
    while (count)
        policy_unref(owned[--count]);
}

int main(void)
{
    struct arena a = ARENA_INIT;
    struct buf in, out;
    struct json *asked = NULL;
    struct err e;
    char piece[4096];
    size_t n;

    buf_init(&in, INPUT_BYTES);
    buf_init(&out, INPUT_BYTES);
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
        buf_add(&in, piece, n);
    must(json_parse(&a, buf_str(&in), JSON_MAX_DEPTH, &asked, &e), &e);
    answer(asked, &out);
    (void)fwrite(out.p, 1, out.n, stdout);
    buf_free(&in);
    buf_free(&out);
    arena_free(&a);
    return fflush(stdout) == 0 ? 0 : 1;
}
