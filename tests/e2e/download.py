# SPDX-License-Identifier: Apache-2.0
"""One long answer of an origin (`/slow`), fetched in a thread; a cut one is told from a whole one."""

import http.client
import threading

from rest import Rest


class Download:
    def __init__(self, port, ms, pieces=10):
        self.ms, self.pieces = ms, pieces
        self.status = self.body = self.error = None
        self._rest = Rest(port=port, timeout=ms / 1000 + 20)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            reply = self._rest.get(f"/slow?ms={self.ms}&chunks={self.pieces}")
            self.status, self.body = reply.status, reply.body
        except (OSError, http.client.HTTPException) as error:
            self.error = error

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def is_whole(self, name) -> bool:
        """Waits for its end: did the origin `name` send all of it?"""
        self._thread.join(self.ms / 1000 + 30)
        wanted = "".join(f"{name} {left}\n" for left in reversed(range(self.pieces)))
        return (self.status, self.body) == (200, wanted)
