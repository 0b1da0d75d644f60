/* SPDX-License-Identifier: Apache-2.0 */
#include "spoe/notify.h"

bool spop_notify_check(struct spop_bytes payload)
{
    struct spop_cursor c = spop_cursor(payload);

    while (spop_left(&c)) {
        (void)spop_read_string(&c);
        for (unsigned args = spop_read_u8(&c); args > 0; args--) {
            (void)spop_read_string(&c);
            (void)spop_read_value(&c);
        }
    }
    return !c.bad;
}
