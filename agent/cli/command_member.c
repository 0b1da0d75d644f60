/* SPDX-License-Identifier: Apache-2.0 */
/* `drain`, `maint`, `ready`, `weight`: what an operator says of one member. */
#include "cli/commands.h"

enum { PATH_BYTES = 16 * 1024 };

/* PUT /backends/B/members/HOST:PORT with this body. */
static int say_of_member(struct command_line *c, const char *body, const char *what)
{
    struct buf path;
    struct str told = arena_printf(&c->arena, "%s of %s: %s", c->words[1], c->words[0], what);
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_add_z(&path, "/backends/");
    client_encode(&path, str_z(c->words[0]));
    buf_add_z(&path, "/members/");
    client_encode(&path, str_z(c->words[1]));
    if (buf_failed(&path))
        rc = command_misuse(c, "this name is too long");
    else
        rc = command_send(c, "PUT", &path, str_z(body), told.p, NULL);
    buf_free(&path);
    return rc;
}

int command_drain(struct command_line *c)
{
    return say_of_member(c, "{\"state\":\"drain\"}", "drained until `ready`");
}

int command_maint(struct command_line *c)
{
    return say_of_member(c, "{\"state\":\"maint\"}", "in maintenance until `ready`");
}

int command_ready(struct command_line *c)
{
    bool force = c->flags[FLAG_FORCE] != NULL;

    c->flags[FLAG_FORCE] = NULL; /* a word of the body, no parameter of the call */
    return force ? say_of_member(c, "{\"state\":\"ready\"}", "ready whatever the registry says")
                 : say_of_member(c, "{\"state\":null}", "as the registry says");
}

int command_weight(struct command_line *c)
{
    uint64_t weight;

    if (c->word_count == 2)
        return say_of_member(c, "{\"weight\":null}", "the registry's weight");
    if (str_u64(str_z(c->words[2]), &weight) || weight > 256)
        return command_misuse(c, "a weight from 0 to 256 wanted, this is \"%.80s\"", c->words[2]);
    return say_of_member(
        c, arena_printf(&c->arena, "{\"weight\":%u}", (unsigned)weight).p,
        arena_printf(&c->arena, "weight %u until `weight` without a number", (unsigned)weight).p);
}
