/* SPDX-License-Identifier: Apache-2.0 */
#include "haproxy/mark.h"

#include "base/hash.h"

#include <inttypes.h>

#define START "# thalassa: generated, do not edit; generation "
#define CHECKSUM "; checksum "

void mark_write(struct buf *to, uint64_t generation, struct str config)
{
    char hex[17];

    buf_printf(to, START "%" PRIu64 CHECKSUM "%s\n", generation, hash_hex(hash_str(config), hex));
    buf_add_str(to, config);
}

enum mark mark_check(struct str text)
{
    struct str rest = text, line = str_cut(&rest, '\n'), hex;
    char want[17];

    if (!str_starts(line, STR(START)) || line.n < 16 + sizeof CHECKSUM - 1)
        return MARK_FOREIGN;
    hex = (struct str){line.p + line.n - 16, 16};
    if (!str_ends((struct str){line.p, line.n - 16}, STR(CHECKSUM)))
        return MARK_EDITED;
    if (!rest.p)
        rest = STR("");
    return str_eq_z(hex, hash_hex(hash_str(rest), want)) ? MARK_OURS : MARK_EDITED;
}
