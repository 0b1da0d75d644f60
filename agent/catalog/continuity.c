/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/continuity.h"

#include <string.h>

const char *read_trust_name(enum read_trust t)
{
    static const char *const names[] = {"unbroken", "doubtful", "confirmed", "refuted"};

    return names[t];
}

static void set_server(struct continuity *c, const char *server)
{
    str_copy(c->server, sizeof c->server, str_z(server));
}

void continuity_init(struct continuity *c, uint64_t believed, const char *server)
{
    *c = (struct continuity){.broken = true, .believed = believed};
    set_server(c, server);
}

void continuity_error(struct continuity *c)
{
    c->broken = true;
    c->next = 0;
}

enum read_trust continuity_reply(struct continuity *c, uint64_t index)
{
    c->next = index ? index : 1; /* 0 would not block */
    if (c->broken || index < c->believed) {
        c->broken = true;
        return READ_DOUBTFUL;
    }
    c->believed = index;
    return READ_UNBROKEN;
}

void continuity_settle(struct continuity *c, uint64_t index)
{
    if (c->broken)
        *c->server = 0; /* nobody lost by it, so whoever answers now is the one to compare with */
    c->broken = false;
    c->believed = index;
}

static bool same_server(const struct continuity *c, const char *server)
{
    char cut[SERVER_ID_BYTES];

    str_copy(cut, sizeof cut, str_z(server));
    return !*cut || !*c->server || !strcmp(cut, c->server);
}

enum read_trust continuity_confirm(struct continuity *c, uint64_t index, const char *server)
{
    bool holds = index >= c->believed && same_server(c, server);

    c->next = index ? index : 1;
    c->broken = false;
    c->believed = index;
    if (*server)
        set_server(c, server);
    return holds ? READ_CONFIRMED : READ_REFUTED;
}

void continuity_learn_server(struct continuity *c, const char *server)
{
    if (!*c->server)
        set_server(c, server);
}
