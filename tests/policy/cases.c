/* SPDX-License-Identifier: Apache-2.0 */
/* policy-cases SEED COUNT: random policies and COUNT random requests to them, with the decision
 * about each, for lua to take the same. One record a line, fields parted by tabs and escaped as
 * %41:
 *
 *   names NAMES                       a new set of policies: the entry of policies.map
 *   line NAME LINE                    an entry of policy-lines.map
 *   ask DECISION POLICY BACKEND SET METHOD HOST PATH QUERY SRC (HEADER VALUE)...
 *   end TAKEN NONE UNDECIDED          how many came out as what */
#include "draw.h"
#include "policy/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POLICIES = 6, REQUESTS = 25 };

static unsigned long outcomes[3];

static void put(struct str text)
{
    putchar('\t');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '%')
            printf("%%%02x", c);
        else
            putchar(c);
    }
}

static void print_set(const struct policy *const *list, size_t count)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    if (policy_names(list, count, STR("web"), &text, NULL))
        abort();
    fputs("names", stdout);
    put(buf_str(&text));
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        buf_reset(&text);
        if (policy_line(list[i], &text, NULL))
            abort();
        fputs("line", stdout);
        put(list[i]->name);
        put(buf_str(&text));
        putchar('\n');
    }
    buf_free(&text);
}

static void print_request(const struct decision *d, const struct policy_request *r,
                          const struct str_list *lines, struct str src)
{
    static const char *const kinds[] = {"none", "taken", "undecided"};

    outcomes[d->kind]++;
    printf("ask\t%s", kinds[d->kind]);
    put(d->policy);
    put(d->backend);
    put(d->set_count ? d->set[0].value : STR(""));
    put(r->method);
    put(r->host);
    put(r->path);
    put(r->query);
    put(src);
    for (size_t i = 0; i < lines->count; i++)
        put(lines->items[i]);
    putchar('\n');
}

static unsigned long group(struct dice *d, struct policy_scratch *scratch, unsigned long left)
{
    struct policy *owned[POLICIES];
    const struct policy *list[POLICIES];
    unsigned count = draw(d, POLICIES) + 1;
    bool regex = draw(d, 4) == 0;
    struct policy_set *set;
    unsigned long done = 0;

    for (unsigned i = 0; i < count; i++)
        list[i] = owned[i] = draw_policy(d, i, regex);
    set = policy_set_new(list, count, NULL);
    if (!set)
        abort();
    print_set(list, count);
    for (; done < REQUESTS && done < left; done++) {
        struct arena a = ARENA_INIT;
        struct str_list lines;
        struct str src;
        struct policy_request r = draw_request(&a, d, &lines, &src);
        struct decision answer = decide(set, &r, DECIDE_WITHOUT_REGEX, scratch, NULL);
        print_request(&answer, &r, &lines, src);
        arena_free(&a);
    }
    policy_set_free(set);
    for (unsigned i = 0; i < count; i++)
        policy_unref(owned[i]);
    return done;
}

int main(int argc, char **argv)
{
    struct dice d = {argc > 1 ? strtoull(argv[1], NULL, 10) * 2 + 1 : 1};
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
    struct policy_scratch *scratch = policy_scratch_new();

    for (unsigned i = 0; i < 20; i++)
        (void)draw(&d, 2); /* near seeds part */
    for (unsigned long done = 0; done < count;)
        done += group(&d, scratch, count - done);
    policy_scratch_free(scratch);
    printf("end\t%lu\t%lu\t%lu\n", outcomes[DECISION_TAKEN], outcomes[DECISION_NONE],
           outcomes[DECISION_UNDECIDED]);
    return fflush(stdout) == 0 ? 0 : 1;
}
