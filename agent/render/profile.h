/* SPDX-License-Identifier: Apache-2.0 */
/* Profiles: what backends have in common, as a named defaults section, so that a backend's own
 * section is short, a spare can stand for any backend of its profile, and HAProxy 3.4 can create
 * backends from it. Host header and health URI come from maps keyed by the proxy. */
#ifndef THALASSA_RENDER_PROFILE_H
#define THALASSA_RENDER_PROFILE_H

#include "model/desired.h"
#include "render/line.h"

struct profile {
    enum proxy_mode mode;
    enum balance balance;
    bool http_check; /* false: a TCP check */
    enum health_method method;
    bool http_1_1;
};

struct profile_list {
    struct profile *items; /* in a fixed order */
    size_t count;
};

struct profile profile_of(const struct backend *b);
bool profile_equal(struct profile a, struct profile b);

/* "thalassa.http-roundrobin-get11", "thalassa.tcp-leastconn" */
struct str profile_name(struct arena *a, struct profile p);

/* Is it a name that profile_name gives? */
bool profile_is_name(struct str name);

/* The profiles that a configuration has: those of the backends, and those that most backends to
 * come will want. Each once. */
struct profile_list profile_written(struct arena *a, const struct desired *d);

/* Spares: backends without servers that can take the name of any backend of their profile where
 * HAProxy makes none at runtime. "thalassa.tcp-first.1"; `number` is from 1. */
struct str profile_spare(struct arena *a, struct str profile, unsigned number);

/* The profile that a spare's name tells; empty when it is not the name of a spare. */
struct str profile_of_spare(struct str name);

/* mode, balance, check, Host header: the lines of the section, or of a backend without profile. */
void profile_lines(struct line_out *o, struct profile p);

#endif
