# SPDX-License-Identifier: Apache-2.0
"""A real HAProxy of a given version, and what it says on its sockets."""

import csv
import io
import re
import socket
import subprocess
from pathlib import Path

import parts
import proc
import wait

_SEVERITY = re.compile(r"^\[(\d)\]: ", re.MULTILINE)

GLOBAL = """\
global
    maxconn 2000
    stats socket {admin} mode 600 level admin expose-fd listeners
    stats timeout 1h
    hard-stop-after 30s

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout check 1s
    retries 2
    option redispatch 1
    option idle-close-on-response
"""


class HaproxyError(Exception):
    """A command that HAProxy refused, with its words."""


class Cli:
    """One connection to an admin socket. `prompt` and severities make the end and the kind of each
    reply certain on all versions; empty lines lie on 2.6."""

    def __init__(self, path, timeout=10.0):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
            self._exchange("prompt")
            self._exchange("set severity-output number")
        except OSError:
            self.socket.close()
            raise

    def _exchange(self, text) -> str:
        self.socket.sendall(text.encode() + b"\n")
        got = b""
        while not got.endswith(b"\n> "):
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError(f"HAProxy closed its socket in reply to {text!r}")
            got += piece
        return got[: -len(b"\n> ")].decode(errors="replace")

    def run(self, command, payload=None, check=True) -> str:
        """The reply without severities. A refusal raises, unless `check` is false."""
        if payload is None:
            reply = self._exchange(command)
        else:
            reply = self._exchange(f"{command} <<\n{payload.rstrip()}\n")
            reply = re.sub(r"^(\+ )+", "", reply)
        refused = any(int(level) <= 3 for level in _SEVERITY.findall(reply))
        refused = refused or "Unknown command" in reply
        reply = _SEVERITY.sub("", reply).strip("\n")
        if refused and check:
            raise HaproxyError(f"{command}: {reply}")
        return reply

    def close(self) -> None:
        self.socket.close()


class Haproxy:
    """Runs in `folder`: haproxy.cfg, admin.sock, master.sock. One that somebody else starts is looked
    at in the same way: give `admin` and `master`, and do not call `start`."""

    def __init__(self, version, folder, admin=None, master=None, name="haproxy"):
        self.version, self.folder, self.name = version, Path(folder), name
        self.binary = parts.haproxy(version)
        self.config_path = self.folder / "haproxy.cfg"
        self.admin = Path(admin or self.folder / "admin.sock")
        self.master_path = Path(master or self.folder / "master.sock")
        self.child = None

    def start(self, config=None) -> "Haproxy":
        """`config`: a whole text, or the proxies only (GLOBAL is put before them)."""
        if config is not None:
            self.write(config)
        self.child = proc.Child(
            self.name,
            [self.binary, "-W", "-S", self.master_path, "-f", self.config_path],
            self.folder,
        )

        def answers():
            self.child.must_live()
            return self.info()["Pid"] == str(self.worker_pid())

        wait.until(answers, f"HAProxy {self.version} answers")
        return self

    def write(self, config) -> None:
        if "stats socket" not in config:
            config = GLOBAL.format(admin=self.admin) + config
        self.config_path.write_text(config)

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    # the admin socket

    def cli(self, command, payload=None, check=True) -> str:
        connection = Cli(self.admin)
        try:
            return connection.run(command, payload, check)
        finally:
            connection.close()

    def info(self) -> dict[str, str]:
        return _pairs(self.cli("show info"))

    def proxy_of(self, backend) -> str:
        """The proxy that serves the operator's backend: itself where no map leads elsewhere."""
        for path in self.maps():
            if path.endswith("/maps/proxies.map"):
                return dict(self.show_map(path)).get(backend, backend)
        return backend

    def servers_state(self, backend=None) -> dict[str, dict[str, str]]:
        """Server name -> columns of `show servers state`; `proxy/server` without a backend, which is
        the operator's."""
        proxy = self.proxy_of(backend) if backend else ""
        lines = self.cli(f"show servers state {proxy}".strip()).splitlines()
        columns = next(line for line in lines if line.startswith("# ")).lstrip("# ").split()
        rows = [dict(zip(columns, line.split())) for line in lines if line and line[0] not in "#"]
        rows = [row for row in rows if len(row) > 1]
        if backend:
            return {row["srv_name"]: row for row in rows}
        return {f"{row['be_name']}/{row['srv_name']}": row for row in rows}

    def stat(self) -> list[dict[str, str]]:
        """Rows of `show stat`: pxname, svname, status, scur, stot, ..."""
        return list(csv.DictReader(io.StringIO(self.cli("show stat").lstrip("# "))))

    def servers(self, backend) -> dict[str, str]:
        """Server name -> status as in the statistics: UP, DOWN, DRAIN, MAINT, `no check`; an `UP 1/3`
        that has yet to pass more checks serves, too: UP. `backend`: the operator's."""
        proxy = self.proxy_of(backend)
        return {
            row["svname"]: re.sub(r" \d+/\d+$", "", row["status"])
            for row in self.stat()
            if row["pxname"] == proxy and row["svname"] not in ("FRONTEND", "BACKEND")
        }

    def maps(self) -> list[str]:
        """The files of the maps that are loaded."""
        return re.findall(r"^-?\d+ \((\S+)\)", self.cli("show map"), re.MULTILINE)

    def show_map(self, path) -> list[tuple[str, str]]:
        """Key and value of each entry, in order."""
        lines = self.cli(f"show map {path}").splitlines()
        rows = [line.split(" ", 2) for line in lines if line.startswith("0x")]
        return [(row[1], row[2] if len(row) > 2 else "") for row in rows]

    # the master socket

    def master(self, command) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(30.0)
            connection.connect(str(self.master_path))
            connection.sendall(command.encode() + b"\n")
            connection.shutdown(socket.SHUT_WR)
            got = b""
            while piece := connection.recv(65536):
                got += piece
        return got.decode(errors="replace").strip("\n")

    def _ask_master(self, question) -> str:
        """For questions only: asks again while the master runs itself anew and refuses."""
        return wait.until(lambda: self.master(question), f"master answers {question}", timeout=5)

    def _master_line(self) -> list[str]:
        for line in self._ask_master("show proc").splitlines():
            words = line.split()
            if len(words) > 2 and words[1] == "master":
                return words
        raise ConnectionError("show proc names no master")

    def reloads(self) -> int:
        """Reloads since the master's start, by its own count; failed ones are counted, too."""
        return int(self._master_line()[2])

    def master_pid(self) -> int:
        return int(self._master_line()[0])

    def pids(self) -> list[int]:
        """Of the master and of all workers, those that leave too, as the master tells them."""
        lines = [line.split() for line in self._ask_master("show proc").splitlines()]
        return [int(words[0]) for words in lines if words and words[0].isdigit()]

    def worker_pid(self) -> int:
        """The worker that serves now, asked through the master: a reload gives another."""
        return int(_pairs(self._ask_master("@1 show info"))["Pid"])

    def reload(self) -> str:
        """Reloads, and returns when the new worker answers on the admin socket."""
        before = self.worker_pid()
        reply = self.master("reload")  # never twice: an unanswered one may have been taken
        if "Success=0" in reply:
            raise HaproxyError(f"reload: {reply}")

        def replaced():
            worker = self.worker_pid()
            return worker != before and self.info()["Pid"] == str(worker)

        wait.until(replaced, f"a new worker; reload said: {reply}")
        return reply

    def check(self, path=None) -> tuple[int, str]:
        """Exit status and words of `haproxy -c`."""
        done = subprocess.run(
            [self.binary, "-c", "-f", path or self.config_path],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


def _pairs(text) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
