/* SPDX-License-Identifier: Apache-2.0 */
/* Drift: everything was as it should, nobody has asked for anything since, and now it is not. It is
 * put right as any other difference (--drift repair), or kept as it is and shown (report) until it
 * is gone or something is asked for. */
#include "app_drift.h"

#include "base/log.h"
#include "haproxy/mark.h"

#include <stdio.h>

enum { SHOWN = 100 };

/* What a drain leads to is no such thing: nobody has changed anything. */
static bool tells_drift(const struct plan_op *op)
{
    static const enum reply_op kinds[] = {
        REPLY_ADD_SERVER,  REPLY_SET_ADDR,        REPLY_ENABLE_HEALTH,  REPLY_SET_SERVER_WEIGHT,
        REPLY_ADD_BACKEND, REPLY_PUBLISH_BACKEND, REPLY_ENABLE_FRONTEND};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (op->kind == kinds[i])
            return !op->tidying;
    }
    return op->map.n > 0 && !op->tidying;
}

static const struct plan_op *find_command(const struct app *a)
{
    for (size_t i = 0; i < a->plan.count; i++) {
        if (tells_drift(&a->plan.ops[i]))
            return &a->plan.ops[i];
    }
    return NULL;
}

static const char *verb(const struct app *a)
{
    return a->options->drift == DRIFT_REPAIR ? "repaired" : "reported";
}

static void note_command(struct app *a, const struct plan_op *op)
{
    log_warn("HAProxy was changed by hand: \"" STR_FMT "\" would put it right",
             STR_ARG(op->command));
    app_note(a, "drift", STR("haproxy"), "haproxy", "%s: " STR_FMT "%s", verb(a),
             STR_ARG(op->command), a->plan.count > 1 ? " (and more)" : "");
}

static const struct reason *find_reason(const struct app *a)
{
    if (a->reasons.count)
        return &a->reasons.items[0];
    return a->plan.reasons.count ? &a->plan.reasons.items[0] : NULL;
}

static void note_reason(struct app *a, const struct reason *r)
{
    log_warn("HAProxy was changed by hand: " STR_FMT ": " STR_FMT ": " STR_FMT
             ": a reload would put "
             "it right",
             STR_ARG(r->object), STR_ARG(r->field), STR_ARG(r->why));
    app_note(a, "drift", r->object, "haproxy", "%s: " STR_FMT ": " STR_FMT ": a reload", verb(a),
             STR_ARG(r->field), STR_ARG(r->why));
}

void app_drift_look(struct app *a, bool was_held)
{
    const struct plan_op *op = a->settled ? find_command(a) : NULL;
    const struct reason *reason = a->settled ? find_reason(a) : NULL;
    bool differs = a->plan.count || find_reason(a);

    if (op)
        note_command(a, op);
    if (reason)
        note_reason(a, reason);
    if (op || reason)
        a->drift_since_ms = app_wall_ms();
    a->drift_held = a->options->drift == DRIFT_REPORT && (op || reason || was_held) && differs;
    if (differs)
        a->settled = false;
}

/* The configuration has another time than when we wrote it. */
void app_drift_file(struct app *a)
{
    struct buf text;
    struct err e;
    bool edited;

    if (a->options->drift == DRIFT_REPAIR) {
        a->files_stale = true;
        return;
    }
    buf_init(&text, RENDER_MAX_CONFIG + 4096);
    edited =
        file_read(a->options->haproxyCfgPath, &text, &e) || mark_check(buf_str(&text)) != MARK_OURS;
    buf_free(&text);
    if (edited && !a->edit_held) {
        log_warn("%s was edited by hand", a->options->haproxyCfgPath);
        app_note(a, "drift", STR("haproxy"), "haproxy",
                 "reported: the configuration was edited by hand");
    }
    a->edit_held = edited;
}

static void put_reason(struct json_out *o, const struct reason *r)
{
    char text[512];

    (void)snprintf(text, sizeof text, "reload: " STR_FMT ": " STR_FMT ": " STR_FMT,
                   STR_ARG(r->object), STR_ARG(r->field), STR_ARG(r->why));
    json_put_z(o, NULL, text);
}

void app_drift_put(const struct app *a, struct json_out *o)
{
    size_t shown = 0;

    json_open_array(o, "drift");
    if (a->edit_held)
        json_put_z(o, NULL, "the configuration was edited by hand");
    for (size_t i = 0; a->drift_held && i < a->reasons.count && shown < SHOWN; i++, shown++)
        put_reason(o, &a->reasons.items[i]);
    for (size_t i = 0; a->drift_held && i < a->plan.reasons.count && shown < SHOWN; i++, shown++)
        put_reason(o, &a->plan.reasons.items[i]);
    for (size_t i = 0; a->drift_held && i < a->plan.count && shown < SHOWN; i++, shown++)
        json_put_str(o, NULL, a->plan.ops[i].command);
    json_close_array(o);
    if (a->drift_held)
        json_put_int(o, "driftSince", a->drift_since_ms);
}
