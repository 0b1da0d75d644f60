# SPDX-License-Identifier: Apache-2.0
"""Load and proof: wrk for numbers, a prober that remembers each answer and each failure."""

import collections
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

PACED = Path(__file__).with_name("paced.lua")

class WrkResult(NamedTuple):
    requests: int
    per_second: float
    non_2xx: int  # wrk counts 2xx and 3xx as good
    connect: int
    read: int
    write: int
    timeout: int

    @property
    def failed(self) -> int:
        return self.non_2xx + self.connect + self.read + self.write + self.timeout


def parse_wrk(text) -> WrkResult:
    def number(pattern, kind=int):
        found = re.search(pattern, text)
        return kind(found.group(1)) if found else kind(0)

    assert "requests in" in text, f"wrk said: {text}"
    return WrkResult(
        number(r"(\d+) requests in"),
        number(r"Requests/sec:\s+([\d.]+)", float),
        number(r"Non-2xx or 3xx responses: (\d+)"),
        number(r"Socket errors: connect (\d+)"),
        number(r"Socket errors: .*read (\d+)"),
        number(r"Socket errors: .*write (\d+)"),
        number(r"Socket errors: .*timeout (\d+)"),
    )


class Wrk:
    """Runs in the background from the start; `result` waits for its end, `finish` ends it now. A paced
    one has each connection rest for 10 ms before each request (paced.lua)."""

    def __init__(self, url, seconds=2, connections=32, threads=1, headers=None, paced=False):
        words = [f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
        words += ["-s", str(PACED)] if paced else []
        for name, value in (headers or {}).items():
            words += ["-H", f"{name}: {value}"]
        self.limit = seconds + 30
        self.popen = subprocess.Popen(
            ["wrk", *words, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def result(self) -> WrkResult:
        try:
            return parse_wrk(self.popen.communicate(timeout=self.limit)[0])
        finally:
            self.stop()

    def finish(self) -> WrkResult:
        self.popen.send_signal(signal.SIGINT)
        return self.result()

    def stop(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    close = stop


def wrk(url, **options) -> WrkResult:
    return Wrk(url, **options).result()


class Prober:
    """Asks again and again in `threads` threads until `stop`; nothing is asked twice to hide an error.
    `answers` counts (status, first word of the body); `failures` holds the time and the words of
    whatever was no whole 2xx answer.

        with Prober(port) as prober:
            ...
        assert not prober.failures
    """

    def __init__(
        self, port, path="/", host="127.0.0.1", threads=2, keepalive=False, headers=None,
        timeout=5.0, pause=0.0,
    ):
        self.address, self.keepalive, self.timeout, self.pause = (host, port), keepalive, timeout, pause
        lines = {"Host": f"{host}:{port}", **(headers or {})}
        lines["Connection"] = "keep-alive" if keepalive else "close"
        text = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        self.request = (text + "\r\n").encode()
        self.answers: collections.Counter = collections.Counter()
        self.failures: list[tuple[float, str]] = []
        self.started = time.monotonic()
        self.times: list[float] = []
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    @property
    def count(self) -> int:
        return sum(self.answers.values()) + len(self.failures)

    def names(self) -> set[str]:
        """Who has answered with 2xx."""
        return {name for (status, name), _ in self.answers.items() if 200 <= status < 300}

    def stop(self) -> "Prober":
        self._ending.set()
        for thread in self._threads:
            thread.join(self.timeout + 5)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _run(self) -> None:
        connection = None
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                if connection is None:
                    connection = socket.create_connection(self.address, self.timeout)
                connection.sendall(self.request)
                status, name, closing = read_answer(connection)
                self._note(began, status, name)
                if closing or not self.keepalive:
                    connection.close()
                    connection = None
            except (OSError, ValueError) as error:
                with self._lock:
                    self.failures.append((round(began - self.started, 4), repr(error)))
                if connection:
                    connection.close()
                connection = None
            if self.pause:
                self._ending.wait(self.pause)
        if connection:
            connection.close()

    def _note(self, began, status, name) -> None:
        with self._lock:
            self.answers[(status, name)] += 1
            self.times.append(time.monotonic() - began)
            if not 200 <= status < 300:
                self.failures.append((round(began - self.started, 4), f"{status} {name}"))


def read_answer(connection) -> tuple[int, str, bool]:
    """Status, first word of the body, whether the connection ends; for bodies with a length."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError(f"closed after {len(got)} bytes of the head")
        got += piece
    head, body = got.split(b"\r\n\r\n", 1)
    lower = head.lower()
    status = int(head.split(b" ", 2)[1])
    closing = b"\nconnection: close" in lower
    length = re.search(rb"\ncontent-length: *(\d+)", lower)
    while length is None or len(body) < int(length.group(1)):
        piece = connection.recv(65536)
        if not piece and length is None:
            closing = True
            break
        if not piece:
            raise ConnectionError(f"closed after {len(body)} bytes of the body")
        body += piece
    words = body.split(None, 1)
    return status, words[0].decode(errors="replace") if words else "", closing
