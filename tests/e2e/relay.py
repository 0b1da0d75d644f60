# SPDX-License-Identifier: Apache-2.0
"""A TCP relay in front of a port of this machine, whose connections a test can cut."""

import contextlib
import selectors
import socket
import threading


class Relay:
    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.is_open = True
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client) -> None:
        with contextlib.ExitStack() as closing, contextlib.suppress(OSError):
            closing.callback(client.close)
            with self.lock:
                if not self.is_open:
                    return
                agent = socket.create_connection(("127.0.0.1", self.target))
                closing.callback(agent.close)
                self.pairs.append((client, agent))
            other = {client: agent, agent: client}
            with selectors.DefaultSelector() as ready:
                for one in other:
                    ready.register(one, selectors.EVENT_READ)
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(65536)
                        if not data:
                            return
                        other[key.fileobj].sendall(data)

    def cut(self) -> None:
        """Every connection, now; new ones are closed at once until `mend`."""
        with self.lock:
            self.is_open = False
            for pair in self.pairs:
                for one in pair:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
            self.pairs.clear()

    def mend(self) -> None:
        with self.lock:
            self.is_open = True

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
