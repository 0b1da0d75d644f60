/* SPDX-License-Identifier: Apache-2.0 */
/* Instead of the table of ui/build.mjs, with THALASSA_UI=OFF. */
#include "web/assets.h"

const struct asset *assets_table(size_t *count)
{
    *count = 0;
    return NULL;
}

struct str assets_revision(void)
{
    return STR_NONE;
}
