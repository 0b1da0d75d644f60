/* SPDX-License-Identifier: Apache-2.0 */
/* One reading after another for a pool, each as a letter and a few words. */
#ifndef TEST_STEP_H
#define TEST_STEP_H

#include "reading.h"

/* Steps: 'u'nbroken, 'd'oubtful, 'C'onfirmed undisturbed and sound, 'N' the same not sound,
 * 'D' confirmed after a disturbance (sound), 'R'efuted, 'A'ccept, 'V' another version. */
struct step {
    char kind;
    const char *words;   /* hosts a..j, short for 10.0.0.N:80, with what reading_of takes behind */
    const char *members; /* "a b~shrink"; status and weight only when told */
    bool confirm;        /* wanted afterwards */
};

/* "a b:0" as HOST:PORT, into out. Returns out. */
const char *step_expand(char *out, size_t size, const char *words);

/* view_text without ":p:1", which is what an ordinary member has. */
const char *step_members(const struct pool *p);

/* A pool of web 1.0.0 as the tests have it; what a step of this kind proves; a step. */
struct pool *step_pool(void);
struct evidence step_evidence(char kind, int64_t now_ms);
void step_apply(struct pool *p, const struct step *s, int64_t now_ms);
void step_feed(struct pool *p, char kind, const char *words, int64_t now_ms);

#endif
