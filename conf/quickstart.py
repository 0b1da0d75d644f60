# SPDX-License-Identifier: Apache-2.0
"""What conf/quickstart runs once the agent is built: THALASSA [--once].

One frontend `web` leads to two services, `site` and (paths below /api/) `api`, each of them there
in versions 1.0.0 and 2.0.0 by two processes. All processes are children of this one, also those
that detach themselves (HAProxy), and are ended with it.
"""

import argparse
import collections
import contextlib
import http.client
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from quickstart_parts import (
    Consul, Failed, Processes, RegistryFile, Service, call, free_port, good, say, wait_for,
)

VERSIONS = "1.0.0", "2.0.0"
SERVICES = {"site": "/", "api": "/api/"}
COPIES = 2
SOCKET_PATH_MAX = 107


class Scene:
    def __init__(self, processes, folder, binary):
        self.processes, self.folder, self.binary = processes, folder, binary
        self.web, self.api = free_port(), free_port()
        self.api_socket = folder / "api.sock"
        self.services = [
            Service(processes, name, version)
            for name in SERVICES for version in VERSIONS for _ in range(COPIES)
        ]
        has_consul = shutil.which("consul") is not None
        self.registry = Consul(processes, folder) if has_consul else RegistryFile(folder)
        for service in self.services:
            self.registry.register(service)
        self._start_agent()
        self._configure()

    def _start_agent(self) -> None:
        options = {
            "port": self.api, "apiSocket": self.api_socket, "dbPath": self.folder / "db",
            "haproxyCfgPath": self.folder / "haproxy.cfg",
            "haproxySocketPath": self.folder / "admin.sock",
            "haproxyMasterSocketPath": self.folder / "master.sock",
            "haproxyPidPath": self.folder / "haproxy.pid",
            "templateFile": "dev.haproxycfg.tmpl", "drainTimeout": "5s",
            "spoeListen": f"127.0.0.1:{free_port()}",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        # an empty file instead of this machine's /etc/thalassa/thalassa.conf
        config = self.folder / "thalassa.conf"
        config.touch()
        self.agent = self.processes.start(
            "agent", self.binary, "--config", config, *words, *self.registry.options
        )
        wait_for("the agent answers", self._is_up)

    def _is_up(self) -> bool:
        if self.agent.poll() is not None:
            raise Failed(f"the agent ended with {self.agent.returncode}")
        return call(self.api, "GET", "/healthz")[0] == 200

    def _configure(self) -> None:
        health = {"method": "GET", "uri": "/", "interval": 1000}
        backends = [
            {"key": name, "type": "dynamic", "name": name, "version": VERSIONS[0], "health": health}
            for name in SERVICES
        ]
        rule = {"type": "path", "operation": "path_beg", "value": SERVICES["api"], "backend": "api"}
        web = {"key": "web", "bind": f"127.0.0.1:{self.web}", "backend": "site", "rules": [rule]}
        self.call("PUT", "/config?wait=20s", {"frontends": [web], "backends": backends})
        for name in SERVICES:
            wait_for(f"{name} serves", lambda name=name: self.has_members(name, VERSIONS[0]))

    def call(self, method, path, body=None):
        return good(call(self.api, method, path, body))

    def has_members(self, name, version) -> bool:
        """HAProxy has exactly the services of this version that live, and all of them are up."""
        wanted = {
            one.address for one in self.services
            if (one.name, one.version) == (name, version) and not one.has_ended()
        }
        return self.members(name) == self.members(name, "UP") == wanted

    def members(self, name, status="") -> set[str]:
        """Those of which HAProxy itself gives this status."""
        return {
            f"{one['host']}:{one['port']}"
            for one in self.call("GET", f"/backends/{name}/members")
            if ((one.get("observed") or {}).get("status") or "").startswith(status)
        }

    def haproxy(self) -> tuple[int, int]:
        """Its worker's process and the reloads so far."""
        status = self.call("GET", "/status")
        return status["haproxy"]["pid"], status["reloads"]["count"]

    def forget_ended(self) -> list[Service]:
        """Takes services that have stopped out of the registry, as they would do themselves."""
        ended = [one for one in self.services if one.has_ended()]
        for service in ended:
            self.services.remove(service)
            self.registry.forget(service)
        return ended


class Load:
    """Requests to the frontend while the block runs, half of them on kept connections. Answers are
    counted by who gave them and by the `stage` that was set when they were asked for."""

    def __init__(self, port, path, clients=4):
        self.port, self.path, self.stage = port, path, "before"
        self.counts, self.failures = collections.Counter(), []
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.threads = [
            threading.Thread(target=self._run, args=(i % 2 == 0,), daemon=True)
            for i in range(clients)
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.flow()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def _run(self, keep) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.ending.is_set():
            stage, failure = self.stage, None
            try:
                connection.request("GET", self.path)
                reply = connection.getresponse()
                text = reply.read().decode(errors="replace").strip()
                if reply.status != 200:
                    failure = f"{reply.status} {text[:60]}"
            except (OSError, http.client.HTTPException) as problem:
                failure = repr(problem)
            with self.lock:
                if failure:
                    self.failures.append(failure)
                else:
                    self.counts[stage, " ".join(text.split()[:2])] += 1
            if failure or not keep:
                connection.close()
        connection.close()

    def flow(self, count=200) -> None:
        """So many requests more."""
        first = self._total()
        wait_for(f"{count} requests on {self.path}", lambda: self._total() >= first + count)

    def _total(self) -> int:
        with self.lock:
            return self.counts.total() + len(self.failures)

    def answers(self, *stages) -> dict[str, int]:
        """Who answered how often; in these stages, or in all."""
        found = collections.Counter()
        with self.lock:
            for (stage, who), count in self.counts.items():
                if not stages or stage in stages:
                    found[who] += count
        return found

    def __str__(self) -> str:
        return f"{show(self.answers())}, {len(self.failures)} failed"


def show(answers) -> str:
    return ", ".join(f"{count} by {who}" for who, count in sorted(answers.items()))


def expect(true, problem) -> None:
    if not true:
        raise Failed(problem)


def once(scene) -> None:
    """The round of --once. Raises Failed at the first thing that is not as it must be."""
    old, new = VERSIONS
    started = scene.haproxy()
    for name, path in SERVICES.items():
        with Load(scene.web, path) as load:
            pass
        say(f"requests to {path}: {load}")
        expect(set(load.answers()) == {f"{name} {old}"}, f"{path} is not served by {name} {old}")
        expect(not load.failures, f"lost requests: {load.failures[:3]}")

    with Load(scene.web, "/") as load:
        load.stage = "while"
        scene.call("POST", "/backends/site?wait=20s", {"version": new})
        load.stage = "after"
        load.flow()
        wait_for(f"{old} is gone", lambda: scene.has_members("site", new))
        load.flow()
    say(f"site switched to {new} under requests: {load}")
    say(f"  asked for before the switch: {show(load.answers('before'))}")
    say(f"  asked for after it was done: {show(load.answers('after'))}")
    expect(f"site {old}" in load.answers("before"), f"{old} must serve before the switch")
    expect(set(load.answers("after")) == {f"site {new}"}, f"only {new} must serve after the switch")
    expect(not load.failures, f"lost requests: {load.failures[:3]}")

    stopped = next(one for one in scene.services if (one.name, one.version) == ("site", new))
    stopped.process.terminate()
    stopped.process.wait(10)
    scene.forget_ended()
    wait_for("the stopped member goes", lambda: scene.has_members("site", new))
    with Load(scene.web, "/") as load:
        pass
    say(f"stopped {stopped}")
    say(f"  left: {', '.join(sorted(scene.members('site')))}; {load}")
    expect(not load.failures, f"lost requests: {load.failures[:3]}")

    ended = scene.haproxy()
    say(f"HAProxy: process {ended[0]}, {ended[1] - started[1]} reloads since the services came")
    expect(ended == started, f"reloaded: process and reloads were {started}, are {ended}")


def invite(scene) -> None:
    web, api = f"http://127.0.0.1:{scene.web}", f"http://127.0.0.1:{scene.api}"
    one = next(s for s in scene.services if (s.name, s.version) == ("site", VERSIONS[1]))
    say(f"""
Everything lies in {scene.folder} and goes with Ctrl-C. The registry is {scene.registry.name}.

To open:
  {api}/        the agent in the browser: what runs, what changes, and switches by a menu
  {web}/        the service site, version {VERSIONS[0]}
  {web}/api/    the service api
  {api}/status    the agent; also /frontends /backends /services /plan /activity /metrics

To try, in another terminal:
  alias t='{scene.binary} --apiSocket {scene.api_socket}'
  t status
  t services site
  t switch site {VERSIONS[1]} --wait 20s    all requests go to version {VERSIONS[1]}, none is lost
  t members site
  kill {one.process.pid}    stops one {one.name} {one.version}: its member goes, no reload
  t activity

The processes:""")
    for service in scene.services:
        say(f"  {service}")
    say(f"  agent (process {scene.agent.pid}), HAProxy (worker {scene.haproxy()[0]})\n")


def stay(scene) -> None:
    """Tells what changes, until a signal comes or the agent ends."""
    shown = {}
    while scene.agent.poll() is None:
        for service in scene.forget_ended():
            say(f"{time.strftime('%T')} stopped, and out of the registry: {service}")
        for name in SERVICES:
            with contextlib.suppress(OSError, http.client.HTTPException, Failed):
                version = scene.call("GET", f"/backends/{name}")["version"]
                members = sorted(scene.members(name, "UP"))
                now = f"{name} {version}: {', '.join(members) or 'nobody'}"
                if shown.get(name) != now:
                    say(f"{time.strftime('%T')} serving {now}")
                shown[name] = now
        time.sleep(0.5)
    raise Failed(f"the agent ended with {scene.agent.returncode}")


def on_signal(number, _) -> None:
    for other in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(other, signal.SIG_IGN)  # the end is not interrupted
    sys.exit(0 if number == signal.SIGINT else 128 + number)


def make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="thalassa-"))
    if len(str(folder / "master.sock.12345678.tmp")) > SOCKET_PATH_MAX:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="thalassa-", dir="/tmp"))
    return folder


def run(binary, only_once) -> int:
    folder = make_folder()
    processes = None
    try:
        processes = Processes(folder)
        scene = Scene(processes, folder, binary)
        say(f"running: two services in two versions, {scene.registry.name}, HAProxy, the agent")
        if only_once:
            once(scene)
            say("all as it should be")
            return 0
        invite(scene)
        stay(scene)
    except (Failed, OSError) as problem:
        print(f"quickstart: {problem}", file=sys.stderr)
        log = folder / "agent.log"
        if log.exists():
            print(f"the agent's last words:\n{log.read_text()[-3000:]}", file=sys.stderr)
    finally:
        if processes:
            processes.end()
        shutil.rmtree(folder, ignore_errors=True)
    return 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--once", action="store_true")
    asked = parser.parse_args()
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, on_signal)
    return run(asked.binary, asked.once)


if __name__ == "__main__":
    sys.exit(main())
