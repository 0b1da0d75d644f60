# SPDX-License-Identifier: Apache-2.0
"""Free ports for servers that want to be told one, safe among parallel test processes.

They lie below the kernel's ephemeral range, so that no outgoing connection takes one between the
choice and the listen; a lock file per port keeps other test processes off, also of other checkouts.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

FIRST, LAST = 20000, 32000

_held: dict[int, object] = {}
_random = random.Random(os.getpid())


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"thalassa-ports-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    return folder


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET6, kind) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("::", port))
            except OSError:
                return False
    return True


def free() -> int:
    """A port nobody listens on, kept for this test process until `release`."""
    for _ in range(10000):
        port = _random.randrange(FIRST, LAST)
        if port in _held:
            continue
        lock = open(_folder() / str(port), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        if _is_free(port):
            _held[port] = lock
            return port
        lock.close()
    raise RuntimeError("no free port")


def release_all() -> None:
    """Gives back every port of this process; called when a test has ended."""
    for lock in _held.values():
        lock.close()
    _held.clear()
