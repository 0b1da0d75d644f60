/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy should run, whole: built in one arena from the stored objects, the members known
 * and the settings; then const. plan/ compares it, render/ writes it as files. */
#ifndef THALASSA_MODEL_DESIRED_H
#define THALASSA_MODEL_DESIRED_H

#include "model/backend.h"
#include "model/frontend.h"
#include "model/reason.h"
#include "model/split.h"

struct override_set;

enum server_admin { ADMIN_READY, ADMIN_DRAIN, ADMIN_MAINT };
const char *server_admin_name(enum server_admin a); /* "ready", "drain", "maint" */

struct desired_server {
    struct str name;    /* KEY_HOST:PORT */
    struct str address; /* literal, IPv6 without brackets */
    uint16_t port;
    unsigned weight; /* 0..256 */
    enum server_admin admin;
    bool overridden;   /* `admin` is an operator's word: it waits for nobody */
    struct str host;   /* of the member, as known; empty for one that is leaving */
    bool leaving;      /* not wanted any more; in the list (and in the file) only while it still
                        * has to serve, since its successors do not serve yet */
    struct str source; /* "service@version", or "static": tells a version switch from a loss */
    struct str args;   /* what is behind address and weight, one text for the file's `server` line
                        * and for `add server`: "check inter 2000ms ... maxconn 100" */
    struct str guid;   /* of this server in its proxy; empty where HAProxy has none */
};

/* What belongs to one backend alone: its servers and their texts. Desired states in which it is the
 * same share it. */
struct desired_piece {
    unsigned refs; /* loop thread only */
    struct arena arena;
    struct override_set *overrides; /* that it was built with; referenced, NULL: none */
};

struct desired_backend {
    const struct backend *object;
    struct str proxy;   /* that is to serve it: its own name, a spare, a generation of it */
    struct str guid;    /* of the proxy; empty where HAProxy has none */
    struct str profile; /* its named defaults; empty: its section has lines of its own, so that only
                         * a reload changes it */
    struct str former;  /* the proxy that HAProxy leads to, when it is another one; may be empty */
    struct str former_profile;
    struct str holder;     /* the proxy that serves until `proxy` can; empty: nobody has to */
    bool make;             /* HAProxy does not have the proxy yet: it is to be made at runtime */
    bool settled;          /* HAProxy leads to `proxy`, which is as it should be */
    bool undecided;        /* not known yet which proxy serves it: nothing is done */
    struct reason blocked; /* why only a reload leads on; no object: it is not so */
    struct str source; /* of its members now; servers of another one wait for their successors */
    bool unknown;      /* nobody has said since our start who its members are: nobody leaves */
    struct str
        *kept_out; /* servers that an operator wants in drain or maintenance, members or not */
    size_t kept_out_count;
    struct desired_server *servers; /* sorted by name */
    size_t server_count;
    struct desired_piece *piece; /* owns guid, source, kept_out, servers, and the texts of a settled
                                  * choice; NULL: `desired` does */
};

struct map_entry {
    struct str key, value;
};

/* Content of one map file. `name` is relative to the haproxy folder: "maps/default.map". */
struct map_file {
    struct str name;
    struct map_entry *entries; /* sorted by key, unless `ordered`: then the first match wins */
    size_t count;
    bool ordered;
};

/* The rules of one frontend, compiled (render/rules.h). Kinds carry the name without set and
 * ending: "web.path_beg", "web.hdr_dom.host"; value = rank in decimal, counted from 1. */
struct ruleset {
    struct str frontend;
    struct map_file *kinds; /* all lookups that the frontend's text has, empty ones too */
    size_t kind_count;
    struct map_file ranks; /* "web.rank": rank -> operator's backend name */
};

/* One rank map serves both sets of a frontend's rule maps: ranks of set b are raised by this. */
enum { RULES_SET_B = 500000 };

struct desired {
    struct arena arena;
    unsigned refs;
    uint64_t generation;
    struct frontend **frontends; /* sorted by name; referenced */
    size_t frontend_count;
    struct backend **objects; /* sorted by name; referenced; desired_backend.object points here */
    size_t object_count;
    struct split **splits; /* sorted by backend; referenced */
    size_t split_count;
    struct desired_backend *backends; /* sorted by the object's name */
    size_t backend_count;
    bool profiles_named;             /* as the template has plain sections, or not */
    bool at_rest;                    /* all have settled for the proxies of their own names */
    uint64_t maps_id;                /* another content of `maps`, another number; 0: not known */
    struct desired_backend *holders; /* proxies that serve until another one can: each with the
                                      * object and the servers of one of `backends` */
    size_t holder_count;
    struct ruleset *rulesets; /* http frontends, sorted by frontend name */
    size_t ruleset_count;
    struct map_file policy_names, policy_lines; /* policies.map, policy-lines.map (policy/line.h) */
    struct map_file *maps; /* all but rules: default, proxies, uri, host ... (render/maps.h) */
    size_t map_count;
};

struct desired_piece *desired_piece_new(struct override_set *overrides); /* one reference */
struct desired_piece *desired_piece_ref(struct desired_piece *p);

/* Among backends sorted by the object's name; NULL when absent. */
const struct desired_backend *desired_find(const struct desired_backend *backends, size_t count,
                                           struct str name);

struct desired *desired_ref(struct desired *d); /* loop thread only */
void desired_unref(struct desired *d);

#endif
