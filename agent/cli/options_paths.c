/* SPDX-License-Identifier: Apache-2.0 */
/* Completes the options that depend on one another and on where the program runs. */
#include "cli/option_table.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEBIAN_CONFIG "/etc/haproxy/haproxy.cfg"
#define DEBIAN_MASTER "/run/haproxy-master.sock"
#define INSTALLED_LOCAL "/usr/local/share/thalassa/templates"
#define INSTALLED "/usr/share/thalassa/templates"

const char *options_world_get(const struct options_world *world, const char *name)
{
    size_t n = strlen(name);

    for (char *const *v = world->environment; v && *v; v++) {
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
            return (*v)[n + 1] ? *v + n + 1 : NULL;
    }
    return NULL;
}

static void set_default(struct options *o, const char **field, struct str value)
{
    *field = arena_str(&o->arena, value).p;
}

static int make_absolute(struct options *o, struct err *e)
{
    char here[PATH_MAX];

    for (int i = 0; i < OPTION_COUNT; i++) {
        const char **path;
        if (option_table[i].type != OPTION_PATH)
            continue;
        path = option_text(o, (enum option_id)i);
        if (!**path || **path == '/')
            continue;
        if (!getcwd(here, sizeof here))
            return err_set(e, ERR_INVALID, "--%s: %s: the current folder is not known",
                           option_table[i].name, *path);
        *path = arena_printf(&o->arena, "%s/%s", here, *path).p;
    }
    return 0;
}

static bool is_folder(const char *path)
{
    size_t n = strlen(path);
    struct stat st;

    return (n && path[n - 1] == '/') || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A folder stands for the file `name` in it. */
static void name_in_folder(struct options *o, const char **path, const char *name)
{
    size_t n = strlen(*path);

    if (!n || !is_folder(*path))
        return;
    *path = arena_printf(&o->arena, "%s%s%s", *path, (*path)[n - 1] == '/' ? "" : "/", name).p;
}

/* The part before the last slash of an absolute path. */
static struct str folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return (struct str){path, slash && slash > path ? (size_t)(slash - path) : 0};
}

static int complete_store(struct options *o, const struct options_world *world, struct err *e)
{
    const char *state = options_world_get(world, "XDG_STATE_HOME");
    const char *home = options_world_get(world, "HOME");

    if (*o->dbPath)
        return 0;
    if (world->uid == 0)
        o->dbPath = "/var/lib/thalassa";
    else if (state && *state == '/')
        o->dbPath = arena_printf(&o->arena, "%s/thalassa", state).p;
    else if (home && *home == '/')
        o->dbPath = arena_printf(&o->arena, "%s/.local/state/thalassa", home).p;
    else
        return err_set(e, ERR_INVALID, "--dbPath is wanted: there is no HOME to put the store in");
    return 0;
}

static void complete_api_socket(struct options *o, const struct options_world *world, bool off)
{
    if (off)
        o->apiSocket = "";
    else if (!*o->apiSocket && world->uid == 0)
        o->apiSocket = "/run/thalassa/api.sock";
    else if (!*o->apiSocket)
        o->apiSocket = arena_printf(&o->arena, "%s/api.sock", o->dbPath).p;
}

static void complete_haproxy(struct options *o)
{
    struct str folder = folder_of(o->haproxyCfgPath);
    struct stat st;

    if (!*o->haproxyDir)
        set_default(o, &o->haproxyDir,
                    arena_printf(&o->arena, STR_FMT "/thalassa.d", STR_ARG(folder)));
    name_in_folder(o, &o->haproxyPidPath, "haproxy.pid");
    if (*o->haproxyMasterSocketPath)
        return;
    if (strcmp(o->haproxyCfgPath, DEBIAN_CONFIG) == 0 && stat(DEBIAN_MASTER, &st) == 0 &&
        S_ISSOCK(st.st_mode))
        o->haproxyMasterSocketPath = DEBIAN_MASTER;
    else
        o->haproxyMasterSocketPath = arena_printf(&o->arena, "%s/master.sock", o->haproxyDir).p;
}

/* Where templates lie: beside the program in its source tree, installed below the same prefix, or
 * installed at all. The first folder that has `name`, which becomes its path; NULL. */
static const char *find_shipped(struct options *o, const struct options_world *world,
                                const char *name, const char **folder)
{
    const char *program = world->program_folder;
    const char *const folders[] = {
        program ? arena_printf(&o->arena, "%s/../../../templates", program).p : "",
        program ? arena_printf(&o->arena, "%s/../share/thalassa/templates", program).p : "",
        INSTALLED_LOCAL, INSTALLED};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        struct str path = arena_printf(&o->arena, "%s/%s", folders[i], name);
        *folder = folders[i];
        if (*folders[i] && is_file(path.p))
            return path.p;
    }
    return NULL;
}

static int find_template(struct options *o, const struct options_world *world, struct err *e)
{
    const char *name = o->templateFile, *path, *folder;

    if (find_shipped(o, world, "default.haproxycfg.tmpl", &folder))
        o->shippedTemplates = folder;
    if (strchr(name, '/')) {
        if (is_file(name))
            return 0;
        return err_set(e, ERR_NOT_FOUND, "--templateFile: %s: there is no such file", name);
    }
    path = find_shipped(o, world, name, &folder);
    if (!path)
        return err_set(e, ERR_NOT_FOUND,
                       "--templateFile: no template \"%s\" in %s or %s (./%s is one in this "
                       "folder)",
                       name, INSTALLED_LOCAL, INSTALLED, name);
    o->templateFile = path;
    return 0;
}

static bool needs_template(enum command command)
{
    return command == COMMAND_RUN || command == COMMAND_CHECK || command == COMMAND_RENDER;
}

int options_complete(struct options *o, const struct options_world *world, enum command command,
                     struct err *e)
{
    bool no_socket = strcmp(o->apiSocket, "off") == 0;

    if (make_absolute(o, e) || complete_store(o, world, e))
        return -1;
    complete_api_socket(o, world, no_socket);
    complete_haproxy(o);
    name_in_folder(o, &o->persistence, "thalassa.json");
    return needs_template(command) ? find_template(o, world, e) : 0;
}
