# SPDX-License-Identifier: Apache-2.0
"""Many questions to one frontend over one kept connection, by TCP or a unix socket."""

import re
import socket

import load

AT_ONCE = 50
_ANSWER = re.compile(rb"HTTP/1\.1 200 .*?\r\ncontent-length: *(\d+)\r\n.*?\r\n\r\n", re.S | re.I)


def _text(target, headers) -> bytes:
    lines = {"Host": "other.test", **(headers or {})}
    text = f"GET {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
    return text.encode() + b"\r\n"


class Asker:
    def __init__(self, port=None, unix=None, timeout=10.0):
        """`port` of 127.0.0.1, or the path of a socket."""
        self.address = str(unix) if unix else ("127.0.0.1", port)
        self.family = socket.AF_UNIX if unix else socket.AF_INET
        self.timeout = timeout
        self.socket = None

    def ask(self, target="/", headers=None) -> str | int:
        """The first word of a 200, else the status. The target is sent as it is."""
        self._connect()
        self.socket.sendall(_text(target, headers))
        status, word, closing = load.read_answer(self.socket)
        if closing:
            self.stop()
        return word if status == 200 else status

    def ask_all(self, each, target="/") -> list[str]:
        """The first words of the answers, 200 and with a length, to requests with these headers: many
        are under way at once."""
        self._connect()
        words, got = [], b""
        for first in range(0, len(each), AT_ONCE):
            batch = each[first : first + AT_ONCE]
            self.socket.sendall(b"".join(_text(target, headers) for headers in batch))
            for _ in batch:
                word, got = self._read(got)
                words.append(word)
        assert got == b"", got
        return words

    def _read(self, got) -> tuple[str, bytes]:
        while not (head := _ANSWER.match(got)) or len(got) < head.end() + int(head.group(1)):
            piece = self.socket.recv(65536)
            assert piece and not re.match(rb"HTTP/1\.1 (?!200)", got), f"instead of an answer: {got!r}"
            got += piece
        end = head.end() + int(head.group(1))
        return got[head.end() : end].split()[0].decode(), got[end:]

    def _connect(self) -> None:
        if self.socket is None:
            self.socket = socket.socket(self.family)
            self.socket.settimeout(self.timeout)
            self.socket.connect(self.address)

    def stop(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None
