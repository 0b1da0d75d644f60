/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy's program, and whether it takes what would be written for it. */
#include "command_check.h"

#include "render/danger.h"

#include <string.h>
#include <unistd.h>

static void hint_program(struct check *c)
{
    static const char *const places[] = {"/usr/sbin/haproxy", "/usr/local/sbin/haproxy",
                                         "/usr/local/bin/haproxy", "/opt/haproxy/sbin/haproxy"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i], c->options->haproxyPath) != 0 && access(places[i], X_OK) == 0) {
            findings_hint(&c->findings, "--haproxyPath %s", places[i]);
            return;
        }
    }
    findings_hint(&c->findings, "install HAProxy 2.6 or later, or name it with --haproxyPath");
}

static void say_capabilities(struct check *c, struct str version)
{
    const struct capabilities *caps = &c->local.app.caps;

    findings_add(&c->findings, FINDING_OK, "haproxy", "%s is version " STR_FMT,
                 c->options->haproxyPath, STR_ARG(version));
    findings_add(&c->findings, FINDING_OK, "haproxy",
                 "backends at runtime: %s; counters survive a reload: %s; a reload tells how it "
                 "ended: %s",
                 caps->add_backend ? "yes" : "no", caps->stats_file ? "yes" : "no",
                 caps->sync_reload ? "yes" : "no");
}

void check_program(struct check *c)
{
    struct str version;
    struct err e;

    c->version_known = local_learn_version(&c->local, NULL, &version, &e) == 0;
    if (c->version_known) {
        say_capabilities(c, version);
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, "haproxy", "%s", e.text);
    if (c->options->sudo)
        findings_hint(&c->findings, "sudo must let %s run it without a password", c->user);
    else
        hint_program(c);
}

static void say_refused(struct check *c, const struct err *e)
{
    findings_add(&c->findings, FINDING_MISSING, "haproxy -c", "%s%s%s", e->field,
                 *e->field ? ": " : "", e->text);
    if (strcmp(e->field, "template") == 0)
        findings_hint(&c->findings, "the line is of the template %s", c->options->templateFile);
}

/* What HAProxy takes and dies of later. */
static void check_dangers(struct check *c, const struct app_rendered *r)
{
    struct arena a = ARENA_INIT;
    struct structure s;
    struct danger_list list;

    structure_parse(&a, r->files.config, NULL, &s);
    list = danger_all(&a, &s, c->local.app.caps.add_backend && r->plain.at_runtime);
    for (size_t i = 0; i < list.count; i++) {
        const struct danger_found *found = &list.items[i];
        size_t number = found->section->numbers[found->at];
        struct str object = rendered_object(&r->files, number), text = danger_text(&a, found);

        findings_add(&c->findings, FINDING_MISSING, "dangers",
                     "line %zu of the rendered configuration (" STR_FMT "): " STR_FMT, number,
                     STR_ARG(object), STR_ARG(text));
        findings_hint(&c->findings, "instead: %s", danger_instead(found->danger));
    }
    arena_free(&a);
}

void check_rendering(struct check *c)
{
    struct app_rendered *r = NULL;
    struct str_list warnings = {0};
    struct err e;

    if (local_read_objects(&c->local, &e)) {
        findings_add(&c->findings, FINDING_MISSING, "objects", "%s", e.text);
        return;
    }
    findings_add(&c->findings, FINDING_OK, "objects", "%zu frontends, %zu backends (%s)",
                 c->local.objects->frontend_count, c->local.objects->backend_count,
                 c->local.source);
    if (!c->version_known)
        return;
    if (local_render(&c->local, &r, &e)) {
        findings_add(&c->findings, FINDING_MISSING, "template", "%s", e.text);
        return;
    }
    findings_add(&c->findings, FINDING_OK, "template", "%s renders", c->options->templateFile);
    if (local_check(&c->local, r, &warnings, &e) == 0)
        findings_add(&c->findings, FINDING_OK, "haproxy -c", "takes the result");
    else
        say_refused(c, &e);
    check_dangers(c, r);
    for (size_t i = 0; i < warnings.count; i++)
        findings_add(&c->findings, FINDING_WARNING, "haproxy -c", STR_FMT,
                     STR_ARG(warnings.items[i]));
    app_rendered_free(r);
}
