# SPDX-License-Identifier: Apache-2.0
"""The agent under test: started with real options, spoken to over its REST API."""

import os
import re
import signal
import subprocess
from pathlib import Path

import parts
import ports
import proc
import wait
from haproxy import Haproxy
from rest import Reply, Rest


def words_of(options) -> list[str]:
    """{"port": 1, "insecure": True, "debug": False} -> ["--port", "1", "--insecure"]; None is left out,
    a list repeats the option."""
    words = []
    for name, value in options.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is True:
                words.append(f"--{name}")
            elif one is not None and one is not False:
                words += [f"--{name}", str(one)]
    return words


def environment(**more) -> dict[str, str]:
    """This process's, without options of the agent that somebody has exported."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("THALASSA_")}
    return kept | {"ASAN_OPTIONS": "abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1"} | more


class Agent(Rest):
    """Everything it writes lies in `folder`. Options given win over these defaults; None drops one.

        agent = Agent(folder, "2.6", {"serviceRegPort": consul.port, "addState": "checked"}).start()
        status, headers, body = agent.put("/backends/live", {...}, wait="5s")
    """

    def __init__(self, folder, haproxy_version="2.6", options=None, name="agent", env=None):
        self.folder, self.name = Path(folder), name
        self.binary = parts.built("thalassa")
        self.prefix: list[str] = []  # such as that of another user
        self.options = {
            "host": "127.0.0.1",
            "port": ports.free(),
            "apiSocket": self.folder / "api.sock",
            "dbPath": self.folder / "db",
            "haproxyPath": parts.haproxy(haproxy_version),
            "haproxySocketPath": self.folder / "admin.sock",
            "haproxyMasterSocketPath": self.folder / "master.sock",
            "haproxyPidPath": self.folder / "haproxy.pid",
            "haproxyCfgPath": self.folder / "haproxy.cfg",
            "haproxyDir": self.folder / "thalassa.d",
            "templateFile": "dev.haproxycfg.tmpl",
            "spoeListen": f"127.0.0.1:{ports.free()}",
        } | (options or {})
        self.env = environment(**(env or {}))
        self.child = None
        super().__init__("127.0.0.1", self.options["port"])
        self.haproxy = Haproxy(
            haproxy_version,
            self.folder,
            admin=self.options["haproxySocketPath"],
            master=self.options["haproxyMasterSocketPath"],
        )

    # the process

    def start(self, wait_ready=True, **more) -> "Agent":
        """`more`: options for this and later starts. Returns when /healthz says 200."""
        self.options |= more
        argv = [*self.prefix, self.binary, *words_of(self.options)]
        self.child = proc.Child(self.name, argv, self.folder, env=self.env, cwd=self.folder)
        if wait_ready:
            wait.until(self.healthy, "the agent answers /healthz", timeout=20)
        return self

    def healthy(self) -> bool:
        self.child.must_live()
        return self.get("/healthz").status == 200

    def ready(self) -> bool:
        return self.get("/readyz").status == 200

    def kill(self) -> None:
        """kill -9: HAProxy is left as it is."""
        self.child.kill()

    def stop(self, timeout=10.0) -> None:
        """SIGTERM; what a sanitizer found fails the test."""
        if self.child:
            self.child.stop(timeout)
            found = re.search(r".*(Sanitizer|runtime error):.*", self.log())
            assert not found, found.group(0)

    def restart(self, wait_ready=True, **more) -> "Agent":
        self.stop()
        return self.start(wait_ready, **more)

    def hangup(self) -> None:
        self.child.signal(signal.SIGHUP)

    def exit_status(self, timeout=10.0) -> int:
        """For a start that is expected to end: start(wait_ready=False) first."""
        return self.child.exit_status(timeout)

    def log(self) -> str:
        return self.child.log() if self.child else ""

    def run(self, *words, timeout=30.0) -> subprocess.CompletedProcess:
        """`thalassa WORDS... --apiSocket ...`: a subcommand, with returncode, stdout, stderr."""
        target = ["--apiSocket", str(self.options["apiSocket"])] if self.options["apiSocket"] else []
        return subprocess.run(
            [*self.prefix, self.binary, *[str(word) for word in words], *target],
            capture_output=True, text=True, timeout=timeout, env=self.env, cwd=self.folder, check=False,
        )

    # the API

    def status(self) -> dict:
        reply = self.get("/status")
        assert reply.status == 200, reply
        return reply.body

    def reload_count(self) -> int:
        """By the agent's own count; `self.haproxy.reloads()` is HAProxy's."""
        return self.status()["reloads"]["count"]

    def good(self, reply) -> Reply:
        """The same reply, or a failed test that shows it."""
        assert 200 <= reply.status < 300, f"{reply.status}: {reply.body}"
        return reply

    def wait_applied(self, timeout=15.0) -> dict:
        """Until HAProxy runs what is desired; returns the status."""

        def applied():
            self.child.must_live()
            status = self.status()
            generation = status["generation"]
            assert generation["desired"] == generation["applied"], status
            assert not status["pending"], status["pending"]
            return status

        return wait.until(applied, "desired is applied", timeout)

    def wait_members(self, backend, servers, status="UP", timeout=15.0) -> None:
        """Until HAProxy's backend holds exactly these `host:port`, each in `status`."""
        wanted = {f"{backend}_{one}": status for one in servers}
        wait.equals(lambda: self.haproxy.servers(backend), wanted, f"members of {backend}", timeout)
