/* SPDX-License-Identifier: Apache-2.0 */
/* thalassa check: what is missing for the agent to run here, a line per finding. Looks with the
 * rights of the user who calls it: call it as the user that the agent runs as. */
#include "command_check.h"

#include "command_local.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static const struct command_row row = {.id = COMMAND_CHECK, .flags = 1U << FLAG_JSON};

static void name_user(struct check *c)
{
    const struct passwd *p = getpwuid(geteuid());

    if (p)
        (void)snprintf(c->user, sizeof c->user, "%s", p->pw_name);
    else
        (void)snprintf(c->user, sizeof c->user, "user %ld", (long)geteuid());
}

/* In the order in which an operator can mend it. */
static void look(struct check *c)
{
    check_option_files(c);
    check_api(c); /* before the store: an agent that answers may hold it */
    check_program(c);
    check_rendering(c);
    check_config(c);
    check_haproxy_dir(c);
    check_store(c);
    check_admin_socket(c);
    check_master_socket(c);
    check_found(c);
    check_registry(c);
}

static int print(const struct command_line *line, const struct findings *f)
{
    struct buf out;
    int rc;

    buf_init(&out, 4 << 20);
    if (line->flags[FLAG_JSON])
        findings_put_json(f, &out);
    else
        findings_put(f, &out, command_has_colours());
    rc = command_print(line, &out);
    buf_free(&out);
    return rc ? rc : findings_count(f, FINDING_MISSING) ? COMMAND_NO : COMMAND_WELL;
}

int command_check_run(const struct options *options, const struct options_call *call)
{
    struct check c = {.options = options};
    struct command_line line;
    int rc = command_open(&line, options, call, &row);

    if (rc == 0) {
        local_open(&c.local, options);
        name_user(&c);
        look(&c);
        rc = print(&line, &c.findings);
        findings_free(&c.findings);
        local_close(&c.local);
    }
    command_close(&line);
    return rc;
}
