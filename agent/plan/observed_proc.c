/* SPDX-License-Identifier: Apache-2.0 */
/* `show proc` of the master process. */
#include "plan/observed.h"

#include "plan/lines.h"

static enum have_proc_kind section_kind(struct str line, enum have_proc_kind before)
{
    line = str_trim(line);
    if (str_eq(line, STR("# workers")))
        return PROC_WORKER;
    if (str_eq(line, STR("# old workers")))
        return PROC_OLD_WORKER;
    if (str_eq(line, STR("# programs")) || str_eq(line, STR("# old programs")))
        return PROC_PROGRAM;
    return before;
}

static int number_word(const struct lines *l, struct str word, uint64_t max, uint64_t *out,
                       struct err *e)
{
    if (str_u64(word, out) || *out > max)
        return lines_fail(l, "not a number where one belongs", e);
    return 0;
}

/* "1d02h03m04s" */
static int uptime(const struct lines *l, struct str word, int64_t *out, struct err *e)
{
    static const struct {
        char unit;
        int64_t seconds;
    } parts[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    uint64_t n;

    *out = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (str_u64(str_cut(&word, parts[i].unit), &n) || n > UINT32_MAX || !word.p)
            return lines_fail(l, "not an uptime where one belongs", e);
        *out += (int64_t)n * parts[i].seconds;
    }
    return 0;
}

/* `PID TYPE RELOADS [failed: N] UPTIME VERSION`; only the master has the part in brackets. */
static int proc_line(struct arena *a, const struct lines *l, struct have_proc *p, struct err *e)
{
    struct str rest = l->line, type, word;
    uint64_t pid, reloads, failed = 0;

    if (number_word(l, str_word(&rest), INT32_MAX, &pid, e))
        return -1;
    type = str_word(&rest);
    if (number_word(l, str_word(&rest), UINT32_MAX, &reloads, e))
        return -1;
    word = str_word(&rest);
    if (str_eq(word, STR("[failed:"))) {
        word = str_word(&rest);
        if (!str_ends(word, STR("]")))
            return lines_fail(l, "expected \"[failed: N]\"", e);
        word.n--;
        if (number_word(l, word, UINT32_MAX, &failed, e))
            return -1;
        word = str_word(&rest);
    }
    if (!word.n)
        return lines_fail(l, "too few columns", e);
    if ((p->kind == PROC_MASTER) != str_eq(type, STR("master")))
        return lines_fail(l, "the master belongs above the workers", e);
    if (uptime(l, word, &p->uptime_s, e))
        return -1;
    p->pid = (int64_t)pid;
    p->reloads = (unsigned)reloads;
    p->failed = (unsigned)failed;
    p->version = arena_str(a, str_word(&rest));
    return 0;
}

int have_parse_proc(struct arena *a, struct str text, struct have_procs *out, struct err *e)
{
    struct lines l = lines_of("show proc", text);
    enum have_proc_kind kind = PROC_MASTER;

    *out = (struct have_procs){0};
    if (!lines_next(&l) || !str_starts(l.line, STR("#<PID>")))
        return lines_fail(&l, "not the expected header", e);
    while (lines_next(&l)) {
        struct have_proc p = {0};
        if (l.line.p[0] == '#') {
            kind = section_kind(l.line, kind);
            continue;
        }
        p.kind = kind;
        if (proc_line(a, &l, &p, e))
            return -1;
        *ARENA_PUSH(a, out->items, out->count) = p;
    }
    if (!have_proc_master(out))
        return err_set(e, ERR_UNAVAILABLE, "show proc: no master in the reply");
    return 0;
}

static const struct have_proc *first_of(const struct have_procs *procs, enum have_proc_kind kind)
{
    for (size_t i = 0; i < procs->count; i++)
        if (procs->items[i].kind == kind)
            return &procs->items[i];
    return NULL;
}

const struct have_proc *have_proc_worker(const struct have_procs *procs)
{
    return first_of(procs, PROC_WORKER);
}

const struct have_proc *have_proc_master(const struct have_procs *procs)
{
    return first_of(procs, PROC_MASTER);
}
