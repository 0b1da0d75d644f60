/* SPDX-License-Identifier: Apache-2.0 */
/* The files that HAProxy starts from: the configuration and, in one folder, maps, state and the
 * rest. Plain blocking functions, run on the worker thread. */
#ifndef THALASSA_HAPROXY_FILES_H
#define THALASSA_HAPROXY_FILES_H

#include "base/arena.h"
#include "base/err.h"

enum { FILES_PATH = 4096 };

struct files_item {
    struct str name; /* relative to the folder: "maps/default.map" */
    struct str text;
    bool keep; /* leave what lies there as it is: only a missing one is made */
};

struct file_set {
    const char *config_path; /* --haproxyCfgPath */
    const char *folder;      /* --haproxyDir, without a '/' at its end */
    struct str config;
    const struct files_item *items;
    size_t count;
};

/* Write the set below `scratch` (a new folder of ours, 0700): the configuration as "haproxy.cfg",
 * with `folder` replaced by the scratch folder wherever it stands as a path. */
int files_write_scratch(const struct file_set *set, char scratch[64], struct err *e);
void files_remove_scratch(const char *scratch);

/* What was there before, byte for byte. */
struct files_backup;
void files_backup_free(struct files_backup *b); /* NULL is fine */

/* Put the set in its place: the items first, the configuration's rename last; a file whose bytes
 * are the same is not written. *backup gets the former ones (also after an error), *written counts
 * files. A configuration that was edited by hand is kept beside as ".edited-TIME": `edited` becomes
 * its path, else "". */
int files_install(const struct file_set *set, struct files_backup **backup, size_t *written,
                  char edited[FILES_PATH], struct err *e);

/* When the configuration was last written, in ns since 1970; 0: there is none. */
int64_t files_time_ns(const char *config_path);

/* The same after an install, or FILES_NOT_OURS when the file does not hold what was installed:
 * somebody has written it since. */
enum { FILES_NOT_OURS = 1 };
int64_t files_installed_ns(const struct file_set *set);

/* Put the former files back and remove those that were new. */
int files_restore(const struct files_backup *b, struct err *e);

/* Remove files of FOLDER/maps that the set does not name. */
void files_sweep(const struct file_set *set);

#endif
