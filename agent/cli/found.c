/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/found.h"

static struct str absolute(struct arena *a, struct str path, struct str folder)
{
    if (path.n == 0 || path.p[0] == '/' || folder.n == 0)
        return arena_str(a, path);
    return arena_printf(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path));
}

bool found_read_arguments(struct arena *a, struct str arguments, struct str folder,
                          struct found *out)
{
    struct str before = STR("");

    while (arguments.p && arguments.n) {
        struct str word = str_cut(&arguments, 0), address = word;
        if (str_eq_z(before, "-f") && out->config.n == 0)
            out->config = absolute(a, word, folder);
        else if (str_eq_z(before, "-p"))
            out->pid_file = absolute(a, word, folder);
        else if (str_eq_z(before, "-S")) /* may carry ",mode,600" */
            out->master_socket = absolute(a, str_cut(&address, ','), folder);
        before = word;
    }
    return out->config.n > 0;
}

static struct str unquoted(struct str word)
{
    bool quoted =
        word.n > 1 && (word.p[0] == '\'' || word.p[0] == '"') && word.p[word.n - 1] == word.p[0];

    return quoted ? (struct str){word.p + 1, word.n - 2} : word;
}

static void read_socket(struct arena *a, struct str line, struct found *out)
{
    struct str path = unquoted(str_word(&line)), before = STR(""), word;
    struct str *place = &out->other_socket;

    if (str_starts(path, STR("unix@")))
        path = (struct str){path.p + 5, path.n - 5};
    if (path.n == 0 || path.p[0] != '/')
        return;
    while ((word = str_word(&line)).n) {
        if (str_eq_z(before, "level") && str_eq_z(word, "admin"))
            place = &out->admin_socket;
        before = word;
    }
    if (place->n == 0)
        *place = arena_str(a, path);
}

void found_read_config(struct arena *a, struct str text, struct found *out)
{
    while (text.p) {
        struct str line = str_cut(&text, '\n');
        if (str_eq_z(str_word(&line), "stats") && str_eq_z(str_word(&line), "socket"))
            read_socket(a, line, out);
    }
}

static void put(struct buf *out, const char *name, struct str found, const char *given)
{
    if (found.n && !str_eq_z(found, given))
        buf_printf(out, "%s--%s " STR_FMT, out->n ? " " : "", name, STR_ARG(found));
}

void found_put_options(struct buf *out, const struct found *f, const struct options *o)
{
    put(out, "haproxyPath", f->program, o->haproxyPath);
    put(out, "haproxyCfgPath", f->config, o->haproxyCfgPath);
    put(out, "haproxySocketPath", f->admin_socket, o->haproxySocketPath);
    put(out, "haproxyMasterSocketPath", f->master_socket, o->haproxyMasterSocketPath);
    put(out, "haproxyPidPath", f->pid_file, o->haproxyPidPath);
}
