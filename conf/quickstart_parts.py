# SPDX-License-Identifier: Apache-2.0
"""What the quick start is made of: processes, small web services, registries. Knows nothing of the
agent, and decides nothing."""

import collections
import contextlib
import ctypes
import http.client
import http.server
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


class Failed(Exception):
    """The round did not go as it must."""


def say(text="") -> None:
    print(text, flush=True)


def wait_for(what, probe, seconds=20.0):
    """The first true answer of `probe`; a refused connection is no answer yet."""
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if found := probe():
                return found
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)


def free_port() -> int:
    """Below the range that outgoing connections take their ports from."""
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise Failed("no free port")


def call(port, method, path, body=None, seconds=30.0):
    """Status and body, parsed if it is JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace")
        is_json = reply.headers.get_content_type() == "application/json"
        return reply.status, json.loads(text) if is_json and text else text


def good(reply):
    status, body = reply
    if status != 200:
        raise Failed(f"{status}: {body}")
    return body


class Hello(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write per answer: HAProxy's check resets a server that answers in pieces
    timeout = 60
    greeting = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(self.greeting)))
        self.end_headers()
        self.wfile.write(self.greeting)

    def log_message(self, *_):
        pass


def serve(name, version) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    Hello.greeting = f"{name} {version} {server.server_port}\n".encode()
    print(server.server_port, flush=True)
    server.serve_forever()


class Processes:
    """Ends every process that descends from this one, and no other."""

    def __init__(self, folder):
        self.folder = folder
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
            raise Failed("prctl: " + os.strerror(ctypes.get_errno()))

    def start(self, name, *words, stdout=None) -> subprocess.Popen:
        """In a session of its own, so that Ctrl-C reaches this process only."""
        with open(self.log(name), "ab") as log:
            return subprocess.Popen(
                [str(word) for word in words], cwd=self.folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("THALASSA_")},
            )

    def log(self, name) -> Path:
        return self.folder / f"{name}.log"

    @staticmethod
    def _children() -> list[int]:
        text = "".join(p.read_text() for p in Path("/proc/self/task").glob("*/children"))
        return [int(word) for word in text.split()]

    def end(self) -> None:
        """Asks, and after five seconds insists; what a child leaves falls to us and goes, too."""
        insist_at = time.monotonic() + 5.0
        while children := self._children():
            for pid in children:
                insist = time.monotonic() > insist_at
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if insist else signal.SIGTERM)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)


class Service:
    """One process of one version of a service."""

    def __init__(self, processes, name, version):
        self.name, self.version = name, version
        words = sys.executable, __file__, name, version
        self.process = processes.start("services", *words, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline() or 0)
        if not self.port:
            raise Failed("a web service does not start: see services.log")
        self.id = f"{name}-{self.port}"
        self.address = f"127.0.0.1:{self.port}"

    def __str__(self) -> str:
        return f"{self.name} {self.version} on {self.address} (process {self.process.pid})"

    def has_ended(self) -> bool:
        return self.process.poll() is not None


class Consul:
    def __init__(self, processes, folder):
        self.port, *others = (free_port() for _ in range(4))
        ports = dict(zip(("server", "serf_lan", "serf_wan"), others))
        config = folder / "consul.json"
        config.write_text(json.dumps({
            "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1", "disable_update_check": True,
            "ports": ports | {"http": self.port, "dns": -1, "grpc": -1},
        }))
        processes.start("consul", "consul", "agent", "-dev", "-config-file", config)
        wait_for("Consul has a leader", self._is_ready, 60)
        self.name = f"Consul on 127.0.0.1:{self.port}"
        self.options = "--serviceReg", "127.0.0.1", "--serviceRegPort", self.port

    def _is_ready(self) -> bool:
        status, nodes = call(self.port, "GET", "/v1/catalog/nodes?consistent")
        return status == 200 and bool(nodes)

    def register(self, service) -> None:
        good(call(self.port, "PUT", "/v1/agent/service/register", {
            "Name": service.name, "ID": service.id, "Address": "127.0.0.1", "Port": service.port,
            "Meta": {"version": service.version},
            "Check": {"TCP": service.address, "Interval": "1s", "Status": "passing"},
        }))

    def forget(self, service) -> None:
        good(call(self.port, "PUT", f"/v1/agent/service/deregister/{service.id}"))


class RegistryFile:
    def __init__(self, folder):
        self.path, self.services = folder / "services.json", []
        self.name = f"the file {self.path} (no Consul on PATH)"
        self.options = "--serviceReg", f"file:{self.path}"
        self._write()

    def _write(self) -> None:
        text = collections.defaultdict(list)
        for one in self.services:
            text[one.name].append({
                "Node": {"Node": "quickstart", "Address": "127.0.0.1"},
                "Service": {
                    "ID": one.id, "Service": one.name, "Address": "127.0.0.1", "Port": one.port,
                    "Meta": {"version": one.version},
                },
                "Checks": [{"CheckID": f"{one.id}-up", "Status": "passing", "ServiceID": one.id}],
            })
        candidate = self.path.with_suffix(".new")
        candidate.write_text(json.dumps(text, indent=1))
        candidate.replace(self.path)

    def register(self, service) -> None:
        self.services.append(service)
        self._write()

    def forget(self, service) -> None:
        self.services.remove(service)
        self._write()


if __name__ == "__main__":
    serve(*sys.argv[1:])
