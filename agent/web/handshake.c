/* SPDX-License-Identifier: Apache-2.0 */
#include "web/handshake.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <string.h>

enum { SHA1_BYTES = 20, KEY_CHARS = 24, KEY_BYTES = 16 };

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* of the RFC, 1.3 */

/* Is `word` one of the elements, parted by commas, of all headers of this name? */
static bool has_token(const struct exchange *x, const char *name, struct str word)
{
    for (size_t i = 0; i < x->headers.count; i++) {
        struct str rest = x->headers.items[i].value;
        while (str_eq_nocase(x->headers.items[i].name, str_z(name)) && rest.p) {
            if (str_eq_nocase(str_trim(str_cut(&rest, ',')), word))
                return true;
        }
    }
    return false;
}

/* base64 of 16 bytes */
static bool is_key(struct str key)
{
    gnutls_datum_t in = {(unsigned char *)(uintptr_t)key.p, (unsigned)key.n}, out = {NULL, 0};
    bool good;

    if (key.n != KEY_CHARS)
        return false;
    good = gnutls_base64_decode2(&in, &out) == 0 && out.size == KEY_BYTES;
    gnutls_free(out.data);
    return good;
}

static int answer_of(struct str key, char accept[HANDSHAKE_ACCEPT_MAX], struct err *e)
{
    char text[KEY_CHARS + sizeof guid];
    unsigned char digest[SHA1_BYTES];
    gnutls_datum_t in = {digest, sizeof digest}, out = {NULL, 0};

    memcpy(text, key.p, KEY_CHARS);
    memcpy(text + KEY_CHARS, guid, sizeof guid);
    if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, sizeof text - 1, digest) ||
        gnutls_base64_encode2(&in, &out))
        return err_set(e, ERR_INTERNAL, "no SHA-1");
    (void)str_copy(accept, HANDSHAKE_ACCEPT_MAX, (struct str){(char *)out.data, out.size});
    gnutls_free(out.data);
    return 0;
}

unsigned handshake_check(const struct exchange *x, char accept[HANDSHAKE_ACCEPT_MAX], struct err *e)
{
    struct str key = exchange_header(x, "Sec-WebSocket-Key");

    if (!str_eq_z(x->method_name, "GET")) {
        err_set(e, ERR_INVALID, "a WebSocket begins with GET");
        return 405;
    }
    if (!has_token(x, "Connection", STR("upgrade")) || !has_token(x, "Upgrade", STR("websocket"))) {
        err_set(e, ERR_INVALID,
                "this is a WebSocket: Connection: Upgrade and Upgrade: websocket "
                "are wanted");
        return 426;
    }
    if (x->http_1_0) {
        err_set(e, ERR_INVALID, "a WebSocket needs HTTP/1.1");
        return 426;
    }
    if (!str_eq_z(exchange_header(x, "Sec-WebSocket-Version"), "13")) {
        err_set(e, ERR_INVALID, "Sec-WebSocket-Version: 13 is wanted");
        return 426;
    }
    if (!is_key(key)) {
        err_set(e, ERR_INVALID, "Sec-WebSocket-Key: 16 bytes in base64 are wanted");
        return 400;
    }
    if (x->body.n) {
        err_set(e, ERR_INVALID, "a body is not wanted");
        return 400;
    }
    return answer_of(key, accept, e) ? 500 : 101;
}
