# SPDX-License-Identifier: Apache-2.0
"""Stands between the agent and a socket of HAProxy, and writes down each command that passes: the
proof that nothing was sent. Give it the socket's path while no client is connected; HAProxy's own
socket goes on under `real`."""

import contextlib
import os
import socket
import threading
from pathlib import Path

READING = ("show", "prompt", "get", "help", "wait", "echo", "quit")
READING_SETS = ("set severity-output", "set timeout")


def is_reading(command) -> bool:
    words = command.split()
    if words and words[0].startswith("@"):
        words = words[1:]
    return not words or words[0] in READING or " ".join(words).startswith(READING_SETS)


class Recorder:
    def __init__(self, path):
        self.path = Path(path)
        self.real = self.path.with_name(f"{self.path.name}.real")
        os.rename(self.path, self.real)
        self.commands: list[str] = []
        self._lock, self._open, self._ending = threading.Lock(), set(), False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.path))
        self._listener.listen(16)
        self._spawn(self._accept)

    def changing(self) -> list[str]:
        """Commands so far that can change something."""
        with self._lock:
            return [command for command in self.commands if not is_reading(command)]

    def count(self, command) -> int:
        """How often a command that begins so was sent."""
        with self._lock:
            return sum(one.startswith(command) for one in self.commands)

    def stop(self) -> None:
        """HAProxy's socket gets its name back; may be called again."""
        if self._ending:
            return
        self._ending = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock, contextlib.suppress(OSError):
            for connection in self._open:
                connection.shutdown(socket.SHUT_RDWR)
        if self.real.exists():
            os.replace(self.real, self.path)

    @staticmethod
    def _spawn(run, *words) -> None:
        threading.Thread(target=run, args=words, daemon=True).start()

    def _accept(self) -> None:
        while not self._ending:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            haproxy = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                haproxy.connect(str(self.real))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, haproxy}
            self._spawn(self._pump, client, haproxy, True)
            self._spawn(self._pump, haproxy, client, False)

    def _pump(self, source, target, recorded) -> None:
        rest = b""
        try:
            while piece := source.recv(65536):
                if recorded:
                    *lines, rest = (rest + piece).split(b"\n")
                    self._note(lines)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        if rest:
            self._note([rest])
        if not recorded:  # HAProxy has closed: nothing more can pass either way
            with self._lock:
                self._open -= {source, target}
            source.close()
            target.close()

    def _note(self, lines) -> None:
        with self._lock:
            for line in lines:
                self.commands += [part.strip() for part in line.decode(errors="replace").split(";")]
