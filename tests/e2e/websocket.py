# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client (RFC 6455) that can also break the rules: frames are built by hand."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The handshake was answered with another status than 101."""

    def __init__(self, status, headers, body):
        super().__init__(f"{status}: {body}")
        self.status, self.headers, self.body = status, headers, body


class Closed(Exception):
    """The connection is over. `code`: of the frame that closed it; None: there was none."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed: {code} {reason}")
        self.code, self.reason = code, reason


def frame(opcode, payload=b"", fin=True, masked=True, reserved=0) -> bytes:
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class WebSocket:
    def __init__(self, port=None, path="/stream", unix=None, headers=None, timeout=10.0, receive_buffer=None, key=None):
        self.buffer = b""
        self.pongs = True  # pings are answered
        self.received = 0  # bytes
        self.key = key or base64.b64encode(os.urandom(16)).decode()
        self.socket = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(unix) if unix else ("127.0.0.1", port))
            self._shake_hands(port, path, headers or {})
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _shake_hands(self, port, path, headers):
        sent = {
            "Host": f"127.0.0.1:{port}" if port else "localhost",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self.key,
            "Sec-WebSocket-Version": "13",
        } | headers
        lines = [f"GET {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in sent.items() if value is not None]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        status = int(first.split()[1])
        got = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if status != 101:
            while len(self.buffer) < int(got.get("content-length", 0)):
                self._receive()
            raise Refused(status, got, self.buffer.decode())
        wanted = base64.b64encode(hashlib.sha1((self.key + GUID).encode()).digest()).decode()
        assert got["sec-websocket-accept"] == wanted, got

    def _receive(self):
        piece = self.socket.recv(262144)
        if not piece:
            raise Closed(None)
        self.received += len(piece)
        self.buffer += piece

    def _take(self, count) -> bytes:
        while len(self.buffer) < count:
            self._receive()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def frame(self) -> tuple[int, bytes]:
        """The next frame: (opcode, payload). TimeoutError, Closed without a code."""
        first, second = self._take(2)
        assert first & 0x70 == 0 and not second & 0x80, "a server's frames have no mask and no reserved bits"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        assert first & 0x80, "one frame per message"
        return first & 0x0F, self._take(length)

    def step(self) -> str | None:
        """The text of the next frame; None: it was another one. Pings are answered, a close is
        answered and raised."""
        opcode, payload = self.frame()
        if opcode == TEXT:
            return payload.decode()
        if opcode == PING and self.pongs:
            self.send_frame(PONG, payload)
        elif opcode == CLOSE:
            self.socket.sendall(frame(CLOSE, payload[:2]))
            code = struct.unpack(">H", payload[:2])[0] if payload else None
            raise Closed(code, payload[2:].decode())
        return None

    def text(self) -> str:
        while (text := self.step()) is None:
            pass
        return text

    def has_more(self, seconds=0.0) -> bool:
        return bool(self.buffer or select.select([self.socket], [], [], seconds)[0])

    def message(self) -> dict:
        return json.loads(self.text())

    def messages_for(self, seconds) -> list[dict]:
        """Whatever comes in this time."""
        deadline = time.monotonic() + seconds
        got = []
        while (left := deadline - time.monotonic()) > 0:
            if self.has_more(left) and (text := self.step()):
                got.append(json.loads(text))
        return got

    def send_frame(self, opcode, payload=b"", **how):
        self.socket.sendall(frame(opcode, payload, **how))

    def send(self, value):
        """Text as it is, anything else as JSON."""
        text = value if isinstance(value, str) else json.dumps(value)
        self.send_frame(TEXT, text.encode())

    def close_code(self) -> int | None:
        """What the server closes with; what comes before is thrown away."""
        try:
            while True:
                self.text()
        except Closed as closed:
            return closed.code
        except ConnectionError:
            return None
