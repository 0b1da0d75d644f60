/* SPDX-License-Identifier: Apache-2.0 */
#include "step.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

const char *step_expand(char *out, size_t size, const char *words)
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

const char *step_members(const struct pool *p)
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

struct evidence step_evidence(char kind, int64_t now_ms)
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

void step_apply(struct pool *p, const struct step *s, int64_t now_ms)
{
    char words[4096];
    struct evidence e = step_evidence(s->kind, now_ms);

    if (s->kind == 'A') {
        pool_accept(p);
        return;
    }
    if (s->kind == 'V')
        assert_true(pool_subscribe(p, STR("web"), STR("2.0.0")));
    struct service_read *r = reading_of("web", step_expand(words, sizeof words, s->words));
    pool_read(p, r, NULL, &e);
    service_read_unref(r);
}

struct pool *step_pool(void)
{
    return pool_new(&(struct pool_options){.max_shrink_percent = 50, .panic = true}, STR("web"),
                    STR("1.0.0"));
}

void step_feed(struct pool *p, char kind, const char *words, int64_t now_ms)
{
    step_apply(p, &(struct step){.kind = kind, .words = words}, now_ms);
}
