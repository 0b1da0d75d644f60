/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the HTTP client: one exchange, and how its failures are named. */
#ifndef THALASSA_REGISTRY_HTTP_CALL_H
#define THALASSA_REGISTRY_HTTP_CALL_H

#include "registry/http.h"

#include <curl/curl.h>

struct http_call {
    struct http *http;
    struct http_call *next, **link; /* in the list of running calls */
    CURL *easy;
    struct curl_slist *headers;
    struct http_request request;
    struct http_reply reply;
    char error_text[CURL_ERROR_SIZE];  /* curl's words */
    char status_text[HTTP_TEXT_BYTES]; /* start of the body of a reply that is no 200 */
    size_t status_text_bytes;
    bool body_refused;
};

/* Fills call->reply.error from how the transfer ended; ERR_NONE when all is well. */
void http_name_error(struct http_call *call, CURLcode result);

#endif
