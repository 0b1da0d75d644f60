/* SPDX-License-Identifier: Apache-2.0 */
/* Failures of exchanges with Consul in words that say what to do. */
#include "registry/http_call.h"

#include <string.h>

static const char *transfer_hint(CURLcode result)
{
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION: return "TLS: the server's certificate is not trusted";
    case CURLE_SSL_CONNECT_ERROR: return "TLS: no handshake";
    case CURLE_SSL_CERTPROBLEM: return "TLS: the client certificate or its key cannot be used";
    case CURLE_SSL_CACERT_BADFILE: return "TLS: the CA file cannot be used";
    case CURLE_COULDNT_RESOLVE_HOST: return "host name not found";
    case CURLE_COULDNT_CONNECT: return "no connection";
    case CURLE_OPERATION_TIMEDOUT: return "no answer in time";
    case CURLE_GOT_NOTHING: return "connection closed without an answer";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return "connection lost";
    case CURLE_PARTIAL_FILE: return "the answer ended early";
    default: return "transfer failed";
    }
}

/* A server that wants a client certificate just ends the connection after the handshake. */
static const char *certificate_hint(const struct http_call *call, CURLcode result)
{
    char *scheme = NULL;

    curl_easy_getinfo(call->easy, CURLINFO_SCHEME, &scheme);
    if (!scheme || strcasecmp(scheme, "https") != 0)
        return "";
    if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR && result != CURLE_GOT_NOTHING)
        return "";
    return " (it may want a client certificate)";
}

static const char *status_hint(const struct http_call *call)
{
    switch (call->reply.status) {
    case 400:
        return strstr(call->status_text, "HTTPS server") ? " (it speaks TLS: give its CA)" : "";
    case 401:
    case 403: return " (the token is unknown or lacks the right)";
    case 429: return " (too many requests or connections from here)";
    case 500:
    case 503: return strstr(call->status_text, "No cluster leader") ? " (it has no leader)" : "";
    default: return "";
    }
}

static void name_status(struct http_call *call)
{
    struct str text = str_trim((struct str){call->status_text, call->status_text_bytes});
    int status = call->reply.status;
    enum err_kind kind = status == 401 || status == 403 ? ERR_FORBIDDEN : ERR_UNAVAILABLE;

    for (char *c = call->status_text; c < call->status_text + call->status_text_bytes; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    err_set(&call->reply.error, kind, "Consul %s: %d: " STR_FMT "%s", http_server(call->http),
            status, STR_ARG(text), status_hint(call));
}

void http_name_error(struct http_call *call, CURLcode result)
{
    struct err *e = &call->reply.error;

    if (call->body_refused) {
        err_wrap(e, "Consul %s", http_server(call->http));
        return;
    }
    if (result != CURLE_OK) {
        call->reply.status = 0;
        err_set(e, ERR_UNAVAILABLE, "Consul %s: %s%s: %s", http_server(call->http),
                transfer_hint(result), certificate_hint(call, result),
                *call->error_text ? call->error_text : curl_easy_strerror(result));
        return;
    }
    if (call->reply.status != 200)
        name_status(call);
}
