/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy says that it runs, as values: parsers of its replies (facts/haproxy.md 5). Pure. The
 * parsers fill one `struct have`; after an error it is thrown away, never used in part. Texts are
 * replies without the final prompt; everything is copied into the arena. A line that does not read
 * gives ERR_UNAVAILABLE and `show X: line 3: ...: "..."`. */
#ifndef THALASSA_PLAN_OBSERVED_H
#define THALASSA_PLAN_OBSERVED_H

#include "base/arena.h"
#include "base/err.h"
#include "model/desired.h"

/* More than this of anything is refused: the memory that a reply may cost is bounded. */
enum { HAVE_MAX_BACKENDS = 50000, HAVE_MAX_SERVERS = 500000, HAVE_MAX_MAP_ENTRIES = 1000000 };

/* srv_op_state, srv_admin_state, srv_check_result and srv_check_state of `show servers state`. */
enum have_op { HAVE_STOPPED = 0, HAVE_STARTING = 1, HAVE_RUNNING = 2, HAVE_STOPPING = 3 };
enum have_admin {
    HAVE_MAINT = 0x01,         /* forced by a command */
    HAVE_MAINT_TRACKED = 0x02, /* inherited from a tracked server */
    HAVE_MAINT_CONFIG = 0x04,  /* `disabled` */
    HAVE_DRAIN = 0x08,
    HAVE_DRAIN_TRACKED = 0x10,
    HAVE_MAINT_NAME = 0x20 /* its name does not resolve */
};
enum { HAVE_ANY_MAINT = HAVE_MAINT | HAVE_MAINT_TRACKED | HAVE_MAINT_CONFIG | HAVE_MAINT_NAME };
enum have_check {
    HAVE_CHECK_UNKNOWN = 0,
    HAVE_CHECK_NEUTRAL,
    HAVE_CHECK_FAILED,
    HAVE_CHECK_PASSED
};
enum { HAVE_CHECK_CONFIGURED = 0x01, HAVE_CHECK_ENABLED = 0x02, HAVE_CHECK_PAUSED = 0x08 };

struct have_server {
    struct str name;
    struct str address; /* literal, IPv6 without brackets; empty if HAProxy shows none ("-") */
    struct str fqdn;    /* empty if none */
    uint16_t port;
    unsigned op;    /* enum have_op */
    unsigned admin; /* bits of enum have_admin */
    unsigned uweight, iweight;
    unsigned check_status;
    unsigned check_result; /* enum have_check */
    unsigned check_health, check_state;
    unsigned used_conn, idle_conn; /* `show servers conn`: 0 unless that was read */
    unsigned sessions;             /* `show stat`: scur, 0 unless that was read */
};

struct have_backend {
    struct str name;
    bool unpublished;            /* HAProxy >= 3.4, known once `show stat` was read */
    bool stat_read;              /* it was */
    struct have_server *servers; /* sorted by name */
    size_t count;
};

/* What HAProxy counts of a frontend or a backend. */
enum counter {
#define COUNTER(id, column, of, metric, label, help) COUNTER_##id,
#include "plan/counters.def"
#undef COUNTER
    COUNTER_COUNT
};

/* What it tells of the moment. */
enum gauge {
#define GAUGE(id, column, kind) GAUGE_##id,
#include "plan/gauges.def"
#undef GAUGE
    GAUGE_COUNT
};

enum have_proxy_state {
    PROXY_OPEN,
    PROXY_PAUSED, /* a frontend: `disable frontend`, and `enable frontend` opens it again */
    PROXY_STOPPED /* a frontend: `shutdown frontend`, for ever; or its worker leaves */
};
struct have_proxy {
    struct str name;
    bool frontend;
    enum have_proxy_state state; /* of a frontend */
    uint64_t counters[COUNTER_COUNT];
    uint64_t gauges[GAUGE_COUNT];
};

/* A server, as `show stat` has it. */
struct have_member {
    struct str proxy, name;
    uint64_t counters[COUNTER_COUNT];
    uint64_t gauges[GAUGE_COUNT];
};

struct have_map {
    struct str path; /* as HAProxy names it */
    size_t entry_count;
    bool read;                 /* entries and count are valid */
    struct map_entry *entries; /* in HAProxy's order: the first match wins in lists */
    size_t count;
    const struct map_entry *by_key; /* the same, sorted; of a map_cache only */
    uint64_t version; /* another content, another number; of a map_cache only, else 0 */
};

/* `show thalassa counters`: what Lua has done in this worker. */
struct have_lua {
    bool read;
    uint64_t decided;   /* decisions in place of the agent */
    uint64_t too_large; /* requests that fit into no question to the agent */
};

struct have {
    struct arena arena, map_arena; /* all but the maps and members; the maps */
    struct str version;            /* "2.6.12-1+deb12u4" */
    struct str help;               /* reply of `help`; empty unless asked */
    int64_t pid, start_time_s, uptime_s;
    bool stopping;
    int64_t connections;           /* of clients, now */
    struct have_backend *backends; /* sorted by name; without servers too once read */
    size_t backend_count;
    size_t server_count;        /* of all backends */
    struct have_proxy *proxies; /* in HAProxy's order; NULL unless `show stat -1 3 -1` was read */
    size_t proxy_count;
    struct have_lua lua;
    struct arena member_arena;
    struct have_member *members; /* in HAProxy's order, those of a proxy together; NULL unless
                                  * `show stat -1 7 -1` was read */
    size_t member_count;
    bool members_read;     /* it was */
    struct have_map *maps; /* sorted by path */
    size_t map_count;
    bool part;               /* only these backends were asked about: */
    const struct str *asked; /* with or without an answer */
    size_t asked_count;
    size_t merged_servers; /* taken from parts since all were read */
};

struct have *have_new(void);
void have_free(struct have *h); /* NULL is fine */

/* `show info`: version, pid, start time, uptime, stopping, connections. */
int have_parse_info(struct have *h, struct str text, struct err *e);

/* A whole observation with a part of the same worker that was made later: what the part was asked
 * about is as the part says, or gone. Takes both, gives one, without maps. */
struct have *have_merge(struct have *whole, struct have *part);
void have_drop_maps(struct have *h); /* once a map_cache knows them */
void have_drop_members(struct have *h);
bool have_same_worker(const struct have *a, const struct have *b);

/* `show servers state B` was answered: there is such a backend, though it may have no servers. */
int have_note_backend(struct have *h, struct str name, struct err *e);

/* `show backend`: adds those that are not known yet. */
int have_parse_backends(struct have *h, struct str text, struct err *e);

/* `show servers state [B]`: adds; a server that is already there is an error. */
int have_parse_servers_state(struct have *h, struct str text, struct err *e);

/* `show thalassa counters`; another answer (nobody has loaded lua/thalassa.lua) leaves h->lua
 * unread. */
void have_parse_lua_counters(struct have *h, struct str text);

/* `show servers conn [B]`, by the names of its header; rows of unknown servers are skipped, since a
 * server may be added between the two replies. */
int have_parse_servers_conn(struct have *h, struct str text, struct err *e);

/* `show stat B 6 -1` (CSV, columns by header): sessions of servers, `unpublished` of backends.
 * Unknown rows are skipped. */
int have_parse_stat_sessions(struct have *h, struct str text, struct err *e);

/* `show stat -1 3 -1`: state, counters and gauges of all frontends and backends; `unpublished` of
 * the backends that are known. With 7 for 3 the servers, too. An empty column is 0. */
int have_parse_stat_proxies(struct have *h, struct str text, struct err *e);

/* What `show stat` told of a backend, where it was not read again. */
void have_keep_stat(struct have_backend *b, const struct have_backend *before);

/* What `show stat` told `before` of the same worker, where `h` has not read it. */
void have_keep_proxies(struct have *h, const struct have *before);

/* Index of the counter that has this column; COUNTER_COUNT when there is none. */
enum counter counter_of_column(struct str column);

/* `show map`: the list of maps with their counts. */
int have_parse_maps(struct have *h, struct str text, struct err *e);

/* `show map PATH`: entries of one map, which must be in the list (ERR_NOT_FOUND). A key with a
 * blank in it cannot be told from key and value: the first blank parts them. */
int have_parse_map(struct have *h, struct str path, struct str text, struct err *e);

/* By name; NULL when absent. */
struct have_backend *have_find_backend(const struct have *h, struct str name);
struct have_server *have_find_server(const struct have_backend *b, struct str name);
struct have_map *have_find_map(const struct have *h, struct str path);

/* `show proc` of the master. */
enum have_proc_kind { PROC_MASTER, PROC_WORKER, PROC_OLD_WORKER, PROC_PROGRAM };
struct have_proc {
    enum have_proc_kind kind;
    int64_t pid;
    unsigned reloads;
    unsigned failed; /* reloads failed since the last good one; of the master */
    int64_t uptime_s;
    struct str version;
};
struct have_procs {
    struct have_proc *items; /* in the order of the text */
    size_t count;
};
int have_parse_proc(struct arena *a, struct str text, struct have_procs *out, struct err *e);

/* The worker that serves: the first under `# workers`; NULL when there is none (HAProxy >= 3.2
 * lists it among the old ones after a failed reload). */
const struct have_proc *have_proc_worker(const struct have_procs *procs);
const struct have_proc *have_proc_master(const struct have_procs *procs);

#endif
