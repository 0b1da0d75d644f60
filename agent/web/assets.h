/* SPDX-License-Identifier: Apache-2.0 */
/* The web UI's files, embedded at build time (ui/build.mjs), and their answers: index.html for
 * browsers on the UI's paths, the rest below /ui/. Built with THALASSA_UI=OFF there are none. */
#ifndef THALASSA_WEB_ASSETS_H
#define THALASSA_WEB_ASSETS_H

#include "web/exchange.h"

struct asset {
    const char *path; /* below /ui/ */
    const char *media_type;
    struct str bytes;
    const char *etag; /* with its quotes */
    struct str gzip;  /* none when it would not be smaller */
    const char *gzip_etag;
};

const struct asset *assets_table(size_t *count);

/* Of all files together: a path below /ui/REVISION/ never changes what it means. */
struct str assets_revision(void);

/* Is the request for a file of the UI: a GET of a path below /ui/, or one of a page's paths that
 * prefers text/html to JSON? The same paths are the API's for everybody else. */
bool assets_wanted(const struct exchange *x);

/* Answer such a request: the file, 304 or 404. */
void assets_reply(struct exchange *x);

#endif
