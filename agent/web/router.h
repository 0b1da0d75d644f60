/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the route of a method and a path. Pure; the table is routes.def. */
#ifndef THALASSA_WEB_ROUTER_H
#define THALASSA_WEB_ROUTER_H

#include "web/access.h"
#include "web/exchange.h"

struct call;

struct route {
    enum method method;
    enum right right;
    const char *pattern; /* "/backends/{name}/members": segments in braces are {name} and {member};
                          * {name*} is all that is left of the path */
    const char *params;  /* query parameters it takes, parted by blanks */
    void (*handle)(struct call *call);
};

enum route_found {
    ROUTE_FOUND,
    ROUTE_UNKNOWN, /* 404 */
    ROUTE_METHOD,  /* 405, or 204 for OPTIONS: `allow` says what there is */
    ROUTE_BAD_NAME /* 400: a bad escape or a control character in the name */
};

struct route_match {
    const struct route *route;
    struct str name;   /* the part in braces, decoded: may hold any printable byte, '/' too */
    struct str member; /* the second one */
    unsigned allow;    /* bits 1 << method */
};

/* One slash at the end of `path` is tolerated. Of several routes that fit the first one wins. */
enum route_found router_find(const struct route *table, size_t count, enum method method,
                             struct str path, struct arena *a, struct route_match *out);

/* "GET, HEAD, PUT, OPTIONS" for the header Allow. */
struct str router_allow(struct arena *a, unsigned allow);

#endif
