/* SPDX-License-Identifier: Apache-2.0 */
/* Render a template in one line of a test. */
#ifndef THALASSA_TEST_TEMPLATE_CASE_H
#define THALASSA_TEST_TEMPLATE_CASE_H

#include "render/template.h"

struct template_case {
    const char *name; /* of the template, in messages; NULL: "t" */
    const char *text, *data;
    const char *want, *error; /* one of both */
};

/* The helpers and partials that cases use: {{join a b sep=","}} puts its arguments one behind
 * another, {{quote x}} in single quotes, {{lines n}} gives lines, {{fail}} fails, {{bell}} gives a
 * control character; partials are added with template_case_partial and gone with _reset. */
extern const struct template_helper template_case_helpers[];
const struct template *template_case_find(void *ctx, struct str name);
void template_case_partial(const char *name, const char *text);
void template_case_reset(void);

/* Both expect what the case says, and that an error leaves the output alone. */
void template_case_check(const struct template_case *c, const struct template_env *env);
void template_case_check_all(const struct template_case *cases, size_t count,
                             const struct template_env *env);

#endif
