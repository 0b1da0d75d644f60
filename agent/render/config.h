/* SPDX-License-Identifier: Apache-2.0 */
/* Desired state -> the file set that HAProxy starts from: the configuration, by a template, and the
 * maps. Pure: what it needs from outside is in struct render_input. */
#ifndef THALASSA_RENDER_CONFIG_H
#define THALASSA_RENDER_CONFIG_H

#include "model/desired.h"
#include "render/caps.h"
#include "render/maps.h"

enum { RENDER_MAX_CONFIG = 64 * 1024 * 1024 };

/* Absolute paths as HAProxy reads them. */
struct render_paths {
    struct str haproxy_dir; /* maps and the like; no '/' at its end */
    struct str admin_socket;
    struct str master_socket; /* may be empty */
    struct str pid;           /* may be empty */
    struct str state_file;
    struct str stats_file; /* used where the version has it */
};

struct render_input {
    const struct desired *desired;
    struct render_caps caps;
    struct render_paths paths;
    const struct active_set *active; /* frontends absent: set a */
    size_t active_count;
    struct str cookie_key;             /* mixed into sticky cookies; empty: the backend's name */
    unsigned spares;                   /* of each profile; 0 where backends come at runtime */
    struct str_list sticky_cookies;    /* names by which splits know a user */
    struct str spoe_listen;            /* address of the agent that decides; empty: none */
    struct file_text spoe_template;    /* of spoe.conf; wanted with spoe_listen */
    const struct file_text *lua_files; /* "lua/thalassa.lua" ...; without any Lua is not used */
    size_t lua_count;
    struct str stats_bind;            /* address of HAProxy's own statistics page; empty: none */
    struct file_text template;        /* the name is for messages */
    const struct file_text *partials; /* {{> NAME}} */
    size_t partial_count;
};

struct rendered {
    struct arena arena;
    struct str config; /* without the mark line */
    struct file_list files;
    struct str *line_objects; /* of each line of config: "frontend/web", or "template" */
    size_t line_count;
};

/* 0, or -1 with the template's, an object's or a map's fault named. *out needs rendered_free
 * either way. */
int render_config(const struct render_input *in, struct rendered *out, struct err *e);
void rendered_free(struct rendered *r);

/* The object that line `number` (from 1) of the configuration came from. */
struct str rendered_object(const struct rendered *r, size_t number);

#endif
