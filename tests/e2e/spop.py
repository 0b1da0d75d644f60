# SPDX-License-Identifier: Apache-2.0
"""The Stream Processing Offload Protocol as HAProxy speaks it, for tests of agents; and the library's
example program as an agent."""

import re
import signal
import socket
import struct

import parts
import proc
import wait

HELLO, DISCONNECT, NOTIFY, AGENT_HELLO, AGENT_DISCONNECT, ACK = 1, 2, 3, 101, 102, 103
FIN = 1


def varint(n) -> bytes:
    if n < 240:
        return bytes([n])
    out = [n & 15 | 240]
    n = (n - 240) >> 4
    while n >= 128:
        out.append(n & 127 | 128)
        n = (n - 128) >> 7
    return bytes([*out, n])


def string(text) -> bytes:
    raw = text if isinstance(text, bytes) else text.encode()
    return varint(len(raw)) + raw


def value(v) -> bytes:
    """None, bool, int (INT64), str, or ready bytes with their type."""
    if v is None:
        return b"\0"
    if isinstance(v, bool):
        return b"\x11" if v else b"\x01"
    if isinstance(v, int):
        return b"\x04" + varint(v % 2**64)
    return v if isinstance(v, bytes) else b"\x08" + string(v)


def frame(kind, payload=b"", stream=0, number=0, flags=FIN) -> bytes:
    body = struct.pack(">BI", kind, flags) + varint(stream) + varint(number) + payload
    return struct.pack(">I", len(body)) + body


def hello(size=16380, check=False) -> bytes:
    pairs = string("supported-versions") + value("2.0")
    pairs += string("max-frame-size") + b"\x03" + varint(size)
    pairs += string("capabilities") + value("" if check else "pipelining")
    return frame(HELLO, pairs + (string("healthcheck") + value(True) if check else b""))


def notify(stream, number=1, message="pick", **args) -> bytes:
    payload = string(message) + bytes([len(args)])
    payload += b"".join(string(name) + value(v) for name, v in args.items())
    return frame(NOTIFY, payload, stream, number)


class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def left(self) -> int:
        return len(self.raw) - self.at

    def take(self, n) -> bytes:
        got = self.raw[self.at : self.at + n]
        assert len(got) == n, f"cut: {self.raw!r}"
        self.at += n
        return got

    def varint(self) -> int:
        n = self.take(1)[0]
        shift, more = 4, n >= 240
        while more:
            group = self.take(1)[0]
            n += group << shift
            shift, more = shift + 7, group >= 128
        return n

    def string(self) -> str:
        return self.take(self.varint()).decode()

    def value(self):
        kind = self.take(1)[0]
        if kind & 15 == 0:
            return None
        if kind & 15 == 1:
            return bool(kind & 16)
        return self.varint() if kind & 15 < 6 else self.string()


def actions(payload) -> dict:
    """Variables that an ACK sets, without their scope; None for one that is taken back."""
    reader, found = Reader(payload), {}
    while reader.left():
        action, _, _ = reader.take(3)
        name = reader.string()
        found[name] = reader.value() if action == 1 else None
    return found


def pairs(payload) -> dict:
    reader, found = Reader(payload), {}
    while reader.left():
        name = reader.string()
        found[name] = reader.value()
    return found


class Peer:
    """HAProxy's side of one connection. `port` may be the path of a unix socket."""

    def __init__(self, port, greet=True, timeout=10.0):
        if isinstance(port, int):
            self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(str(port))
        self.got = b""
        if greet:
            self.send(hello())
            assert self.read()[0] == AGENT_HELLO

    @classmethod
    def over(cls, connected) -> "Peer":
        """Of a connection that is there already; nobody is greeted."""
        peer = cls.__new__(cls)
        peer.socket, peer.got = connected, b""
        return peer

    def send(self, raw) -> None:
        self.socket.sendall(raw)

    def read(self) -> tuple[int, int, int, bytes]:
        """Type, stream, number, payload of the next frame; (0, 0, 0, b"") at the end."""
        while len(self.got) < 4 or len(self.got) < 4 + struct.unpack(">I", self.got[:4])[0]:
            piece = self.socket.recv(65536)
            if not piece:
                assert self.got == b"", "cut in a frame"
                return 0, 0, 0, b""
            self.got += piece
        size = 4 + struct.unpack(">I", self.got[:4])[0]
        reader, self.got = Reader(self.got[4:size]), self.got[size:]
        kind, flags = struct.unpack(">BI", reader.take(5))
        assert flags == FIN
        stream, number = reader.varint(), reader.varint()
        return kind, stream, number, reader.take(reader.left())

    def ask(self, stream, path) -> str:
        """The backend that the example program names."""
        self.send(notify(stream, path=path))
        kind, answered, number, payload = self.read()
        assert (kind, answered, number) == (ACK, stream, 1)
        return actions(payload)["backend"]

    def status(self) -> int:
        """Of the DISCONNECT that comes next, and behind which the connection ends."""
        kind, _, _, payload = self.read()
        assert kind == AGENT_DISCONNECT, kind
        assert self.read()[0] == 0
        return pairs(payload)["status-code"]

    def close(self) -> None:
        self.socket.close()

    stop = close

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Example:
    """spop-example on `address` ("127.0.0.1:PORT" or a path): /shop/x goes to be_shop."""

    def __init__(self, folder, address, threads=1, grace_ms=0, name="spop-example", program=None):
        self.folder, self.address, self.name = folder, str(address), name
        self.environment = {"SPOP_THREADS": str(threads), "SPOP_GRACE_MS": str(grace_ms)}
        self.program = program or parts.built("spop-example")
        self.start()

    def start(self) -> None:
        words = [self.program, self.address]
        log = self.folder / f"{self.name}.log"
        known = log.read_text().count("listening") if log.exists() else 0
        self.child = proc.Child(self.name, words, self.folder, env=self.environment)

        def listening():
            self.child.must_live()
            return self.child.log().count("listening") > known

        wait.until(listening, "the example listens")

    def counters(self) -> dict[str, int]:
        """Sums of all threads, as printed on a signal."""
        before = len(self.child.log())
        self.child.signal(signal.SIGUSR1)
        threads = int(self.environment["SPOP_THREADS"])

        def printed():
            self.child.must_live()
            lines = [line for line in self.child.log()[before:].split("\n")[:-1] if "thread=" in line]
            return lines if len(lines) == threads else None

        sums: dict[str, int] = {}
        for line in wait.until(printed, "counters"):
            for name, number in re.findall(r"(\w+)=(\d+)", line):
                sums[name] = sums.get(name, 0) + int(number)
        return sums

    def rss_kb(self) -> int:
        with open(f"/proc/{self.child.pid}/status") as lines:
            return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def kill(self) -> None:
        self.child.kill()

    def stop(self) -> None:
        self.child.stop()
