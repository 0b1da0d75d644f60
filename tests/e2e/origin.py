# SPDX-License-Identifier: Apache-2.0
"""test-origin: answers `NAME VERSION HOST TARGET`. With several ports each is NAME-PORT."""

import parts
import proc
import wait
from rest import Rest


class Origin:
    def __init__(self, folder, name="s1", version="1.0.0", count=1, port=0, host="127.0.0.1"):
        """`count` ports that the kernel chooses, or the one `port`."""
        self.name, self.version, self.host = name, version, host
        self.folder, self.wanted = folder, [port] * count
        self.ports: list[int] = []
        self.start()

    def start(self) -> None:
        words = [word for port in self.wanted for word in ("--port", port)]
        known = self.child.log().count("listening ") if self.ports else 0
        self.child = proc.Child(
            f"origin-{self.name}-{self.version}",
            [parts.built("test-origin"), "--name", self.name, "--version", self.version]
            + ["--host", self.host, *words],
            self.folder,
        )

        def listening():
            self.child.must_live()
            found = [line for line in self.child.log().splitlines() if line.startswith("listening ")]
            return found[known:] if len(found) == known + len(self.wanted) else None

        self.ports = [int(line.split()[1]) for line in wait.until(listening, "origin listens")]

    @property
    def port(self) -> int:
        return self.ports[0]

    def rest(self, port=None) -> Rest:
        return Rest(self.host, port or self.port)

    def fail(self, on=True, port=None) -> None:
        """500 to everything, health checks too, until `fail(False)`."""
        assert self.rest(port).get(f"/control?fail={int(on)}").status == 200

    def requests(self, port=None) -> int:
        """How many requests it has answered, health checks included."""
        return int(self.rest(port).get("/control").body.rsplit("requests=", 1)[1])

    def kill(self) -> None:
        self.child.kill()

    def restart(self) -> None:
        """Again on the same ports."""
        self.child.stop()
        self.wanted = self.ports
        self.start()

    def stop(self) -> None:
        self.child.stop()
