/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/check.h"

#include "haproxy/child.h"
#include "haproxy/words.h"

#include <stdlib.h>

struct check {
    check_on_done *on_done;
    void *ctx;
};

static void on_exit_of_check(void *ctx, const struct child_result *r)
{
    struct check *c = ctx;
    struct arena arena = ARENA_INIT;
    struct check_result result = {.valid = r->status == 0 && !r->timed_out,
                                  .timed_out = r->timed_out,
                                  .status = r->status,
                                  .output = r->output};

    check_parse(&arena, r->output, &result.messages);
    c->on_done(c->ctx, &result);
    arena_free(&arena);
    free(c);
}

static int build(struct arena *a, const struct check_options *o, struct words *w, struct err *e)
{
    struct str file = str_z(o->file);

    words_add_sudo(a, w, o->sudo);
    if (o->command)
        return words_split(a, w, o->command, file, true, e);
    words_add(a, w, str_z(o->haproxy_path));
    words_add(a, w, STR("-c"));
    words_add(a, w, STR("-f"));
    words_add(a, w, file);
    return 0;
}

int check_start(struct ev_loop *loop, const struct check_options *o, check_on_done *on_done,
                void *ctx, struct err *e)
{
    struct arena arena = ARENA_INIT;
    struct words words = {0};
    struct check *c = malloc(sizeof *c);
    int rc;

    if (!c)
        abort();
    *c = (struct check){on_done, ctx};
    rc = build(&arena, o, &words, e);
    if (!rc && !child_run(loop, words.items, o->deadline_s, on_exit_of_check, c, e))
        rc = -1;
    if (rc)
        free(c);
    arena_free(&arena);
    return rc;
}
