/* SPDX-License-Identifier: Apache-2.0 */
/* Where the registry is: what --serviceReg and --serviceRegPort say. */
#ifndef THALASSA_REGISTRY_ADDRESS_H
#define THALASSA_REGISTRY_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>

struct registry_address {
    bool is_file; /* file:PATH: a JSON file instead of Consul */
    bool tls;     /* https:// was written */
    char host[256];
    unsigned port;
    char path[4096]; /* is_file only */
};

/* HOST, IPv4, IPv6 (bare or bracketed), any of them with :PORT when unambiguous, after http:// or
 * https:// or nothing; or file:PATH. A port in the text wins over `port`. */
int registry_address_parse(const char *text, unsigned port, struct registry_address *out,
                           struct err *e);

#endif
