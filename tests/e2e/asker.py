# SPDX-License-Identifier: Apache-2.0
"""Many questions to one frontend over one kept connection, by TCP or a unix socket."""

import socket

import load


class Asker:
    def __init__(self, port=None, unix=None, timeout=10.0):
        """`port` of 127.0.0.1, or the path of a socket."""
        self.address = str(unix) if unix else ("127.0.0.1", port)
        self.family = socket.AF_UNIX if unix else socket.AF_INET
        self.timeout = timeout
        self.socket = None

    def ask(self, target="/", headers=None) -> str | int:
        """The first word of a 200, else the status. The target is sent as it is."""
        lines = {"Host": "other.test", **(headers or {})}
        text = f"GET {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        if self.socket is None:
            self.socket = socket.socket(self.family)
            self.socket.settimeout(self.timeout)
            self.socket.connect(self.address)
        self.socket.sendall(text.encode() + b"\r\n")
        status, word, closing = load.read_answer(self.socket)
        if closing:
            self.stop()
        return word if status == 200 else status

    def stop(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None
