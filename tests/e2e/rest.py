# SPDX-License-Identifier: Apache-2.0
"""A small HTTP client: one connection per request, over TCP or a unix socket."""

import contextlib
import http.client
import json
import socket
from typing import Any, NamedTuple
from urllib.parse import urlencode


class Reply(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: Any  # parsed if it is JSON, else text


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Rest:
    def __init__(self, host="127.0.0.1", port=80, unix=None, headers=None, timeout=30.0):
        self.host, self.port, self.unix = host, port, unix
        self.headers = dict(headers or {})
        self.timeout = timeout

    def request(self, method, path, body=None, headers=None, **params) -> Reply:
        """`body`: an object is sent as JSON, text and bytes as they are. `params`: the query."""
        if params:
            path += ("&" if "?" in path else "?") + urlencode(params)
        sent = {**self.headers, **(headers or {})}
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        if self.unix:
            connection = _UnixConnection(self.unix, self.timeout)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            with contextlib.suppress(BrokenPipeError):  # refused before the end of the body: it says why
                connection.request(method, path, body, sent)
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except http.client.HTTPException as error:
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        finally:
            connection.close()
        return Reply(response.status, response.headers, _parsed(text))

    def get(self, path, headers=None, **params) -> Reply:
        return self.request("GET", path, None, headers, **params)

    def put(self, path, body=None, headers=None, **params) -> Reply:
        return self.request("PUT", path, body, headers, **params)

    def post(self, path, body=None, headers=None, **params) -> Reply:
        return self.request("POST", path, body, headers, **params)

    def delete(self, path, headers=None, **params) -> Reply:
        return self.request("DELETE", path, None, headers, **params)


def _parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text
