/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders of the agent. */
#include "command_check.h"

#include "haproxy/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTION = 256 };

bool check_may_write(const char *path)
{
    struct stat st;
    int mode = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? W_OK | X_OK : W_OK;

    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

void check_describe(char *out, size_t size, const char *path)
{
    const struct passwd *owner;
    const struct group *group;
    struct stat st;

    if (stat(path, &st)) {
        (void)snprintf(out, size, "%s: %s", path, strerror(errno));
        return;
    }
    owner = getpwuid(st.st_uid);
    group = getgrgid(st.st_gid);
    (void)snprintf(out, size, "%s is of %s:%s, mode %04o", path, owner ? owner->pw_name : "?",
                   group ? group->gr_name : "?", (unsigned)(st.st_mode & 07777));
}

static void folder_of(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash || slash == path)
        (void)snprintf(out, PATH_MAX, "/");
    else
        (void)snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* --- files that options name --- */

static void check_readable(struct check *c, const char *option, const char *path)
{
    char description[DESCRIPTION];

    if (!*path)
        return;
    if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0) {
        findings_add(&c->findings, FINDING_OK, "options", "%s: %s can be read", option, path);
        return;
    }
    check_describe(description, sizeof description, path);
    findings_add(&c->findings, FINDING_MISSING, "options", "%s: %s may not read it: %s", option,
                 c->user, description);
}

void check_option_files(struct check *c)
{
    const struct options *o = c->options;

    findings_add(&c->findings, FINDING_OK, "options", "looked at with the rights of %s%s%s",
                 c->user, *o->config ? ", options of " : "", o->config);
    check_readable(c, "--serviceRegTokenFile", o->serviceRegTokenFile);
    check_readable(c, "--serviceRegCa", o->serviceRegCa);
    check_readable(c, "--serviceRegCert", o->serviceRegCert);
    check_readable(c, "--serviceRegKey", o->serviceRegKey);
}

/* --- folders that are written to --- */

static void say_unwritable(struct check *c, const char *subject, const char *path)
{
    char description[DESCRIPTION];

    check_describe(description, sizeof description, path);
    findings_add(&c->findings, FINDING_MISSING, subject, "%s may not write there: %s", c->user,
                 description);
}

/* The nearest folder above that is there decides whether `path` can be made. */
static void check_folder(struct check *c, const char *subject, const char *path)
{
    char parent[PATH_MAX], next[PATH_MAX];
    struct stat st;

    if (stat(path, &st) == 0) {
        if (!S_ISDIR(st.st_mode)) {
            findings_add(&c->findings, FINDING_MISSING, subject, "%s is no folder", path);
        } else if (check_may_write(path)) {
            findings_add(&c->findings, FINDING_OK, subject, "%s can be written to", path);
        } else {
            say_unwritable(c, subject, path);
            findings_hint(&c->findings, "chown -R %s %s", c->user, path);
        }
        return;
    }
    folder_of(parent, path);
    while (stat(parent, &st) && strcmp(parent, "/") != 0) {
        folder_of(next, parent);
        memcpy(parent, next, sizeof parent);
    }
    if (check_may_write(parent)) {
        findings_add(&c->findings, FINDING_OK, subject, "%s is not there yet and will be made",
                     path);
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, subject,
                 "%s is not there, and %s may not make it in %s", path, c->user, parent);
    findings_hint(&c->findings, "install -d -o %s %s", c->user, path);
}

void check_haproxy_dir(struct check *c)
{
    check_folder(c, "haproxyDir", c->options->haproxyDir);
}

/* --- the configuration --- */

static void say_owner(struct check *c, enum mark mark)
{
    const char *path = c->options->haproxyCfgPath;

    switch (mark) {
    case MARK_OURS:
        findings_add(&c->findings, FINDING_OK, "haproxyCfgPath", "%s was written by Thalassa",
                     path);
        break;
    case MARK_EDITED:
        findings_add(&c->findings, FINDING_WARNING, "haproxyCfgPath",
                     "%s was written by Thalassa and edited by hand since: it will be kept beside "
                     "as .edited-TIME",
                     path);
        break;
    case MARK_FOREIGN:
        findings_add(&c->findings, c->options->adopt ? FINDING_OK : FINDING_MISSING,
                     "haproxyCfgPath", "%s was not written by Thalassa%s", path,
                     c->options->adopt ? "; --adopt takes it over and keeps a copy" : "");
        if (!c->options->adopt)
            findings_hint(&c->findings, "--adopt takes it over and keeps a copy as "
                                        ".before-thalassa; or name another file with "
                                        "--haproxyCfgPath");
        break;
    }
}

/* The file is replaced, so the right to write into its folder is what counts. */
static bool has_config_folder(struct check *c)
{
    char folder[PATH_MAX];
    struct stat st;

    folder_of(folder, c->options->haproxyCfgPath);
    if (stat(folder, &st)) {
        findings_add(&c->findings, FINDING_MISSING, "haproxyCfgPath", "%s: %s", folder,
                     strerror(errno));
        findings_hint(&c->findings, "install -d -o %s %s", c->user, folder);
        return false;
    }
    if (!check_may_write(folder)) {
        say_unwritable(c, "haproxyCfgPath", folder);
        findings_hint(&c->findings, "the file is replaced by a rename, so the folder must be "
                                    "writable: chgrp and chmod g+w, or a folder of its own");
    }
    return true;
}

void check_config(struct check *c)
{
    const char *path = c->options->haproxyCfgPath;
    struct buf text;
    struct err e;

    if (!has_config_folder(c))
        return;
    buf_init(&text, RENDER_MAX_CONFIG + 4096);
    if (file_read(path, &text, &e) == 0 && str_trim(buf_str(&text)).n)
        say_owner(c, mark_check(buf_str(&text)));
    else if (text.n == 0 && (access(path, F_OK) || access(path, R_OK) == 0))
        findings_add(&c->findings, FINDING_OK, "haproxyCfgPath", "%s will be written", path);
    else
        findings_add(&c->findings, FINDING_MISSING, "haproxyCfgPath", "%s", e.text);
    buf_free(&text);
}

/* --- the store --- */

/* Process that holds the store, into `pid`; false when nobody does. */
static bool is_held(const char *folder, char pid[32])
{
    char path[PATH_MAX];
    ssize_t n;
    bool held;
    int fd;

    (void)snprintf(path, sizeof path, "%s/lock", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    held = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    n = pread(fd, pid, 31, 0);
    pid[n > 0 ? n : 0] = 0;
    pid[strcspn(pid, "\n")] = 0;
    (void)close(fd);
    return held;
}

void check_store(struct check *c)
{
    const char *folder = c->options->dbPath;
    char pid[32];

    check_folder(c, "dbPath", folder);
    if (!is_held(folder, pid))
        return;
    if (c->agent_answers) {
        findings_add(&c->findings, FINDING_OK, "dbPath", "the running agent has it (process %s)",
                     pid);
        return;
    }
    findings_add(&c->findings, FINDING_MISSING, "dbPath",
                 "an agent has it (process %s) that does not answer where it was looked for", pid);
    findings_hint(&c->findings, "give that agent's --apiSocket or --port, or another --dbPath");
}
