/* SPDX-License-Identifier: Apache-2.0 */
/* --serviceReg file:PATH: the catalog out of a JSON file, no Consul needed:
 *
 *   {"web": [ elements of Consul's /v1/health/service/web ], "api": [...]}
 *
 * Its folder is watched, so that replacing the file by rename works as well as writing into it. A
 * file that is missing, unreadable or broken is an error, which removes nobody. It is read at once
 * when it changes, and once more a moment later if it is broken: it may be half written. A loss
 * that needs confirmation is confirmed by reading the file again; it is sound when a service seen
 * before is in it. */
#ifndef THALASSA_REGISTRY_FILE_H
#define THALASSA_REGISTRY_FILE_H

#include "registry/registry.h"

struct file_registry;

struct file_registry *file_registry_start(struct ev_loop *loop, const char *path,
                                          const struct registry_events *events, struct err *e);
void file_registry_watch(struct file_registry *f, const struct catalog_service *services,
                         size_t count);
struct registry_status file_registry_status(const struct file_registry *f);
/* All services in the file, for GET /services: name and reading, in the order of names; false past
 * the end. */
bool file_registry_each(const struct file_registry *f, size_t i, const struct service_read **read);
void file_registry_stop(struct file_registry *f);

#endif
