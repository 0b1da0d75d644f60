# SPDX-License-Identifier: Apache-2.0
"""Random changes of everything that an operator and a registry change, while the agent is killed again
and again; and what must be true however often it was."""

import random
import signal
import threading

import membership
import wait
from rest import Rest
from scene import NO_WAIT, SERVICE

POOL = 6  # ports of each version
LEAST = 3  # members that a version keeps, so that no loss is a large one
TIMEOUT = 40.0  # of one settling: a sanitized agent is slow on a shared machine
KILLS = 3  # of agents that had made a change: fewer would tell nothing
LIVES = 400  # a bound for those that it takes


HEALTHS = [
    {},
    {"health": {"method": "GET", "uri": "/up", "httpVersion": "HTTP/1.0", "interval": 200}},
    {"health": {"method": "GET", "uri": "/", "httpVersion": "HTTP/1.1", "interval": 200}, "host": "a.example"},
]


def health_of(backend) -> dict:
    """The element of HEALTHS that a stored backend has."""
    return {key: backend[key] for key in ("health", "host") if backend.get(key)}


class Died(Exception):
    """The agent is gone: what was under way may have happened or not."""


class Siege:
    """`begin` starts the next agent, which will be killed or not, and returns at once. `answers`, if there
    is one, is called when it answers."""

    def __init__(self, scene, origins, begin, seed):
        """`origins`: version -> origin with POOL ports, and "static" -> one for the backend `other`.
        The first LEAST ports of each version are registered."""
        self.scene, self.agent, self.origins, self.begin = scene, scene.agent, origins, begin
        self.random = random.Random(seed)
        self.version, self.rules, self.extras, self.health = "1.0.0", [], set(), {}
        self.members = {v: set(o.ports[:LEAST]) for v, o in origins.items() if v != "static"}
        self.unsure: dict[str, tuple] = {}  # "version", "rules", "extras": before and after
        self.changes = self.kills = self.structural = 0
        self.kills_at_work = 0  # those of agents that had made a change, or were just making one
        self.answers = lambda: None

    # changes: each tells the registry, or the agent and notes what it answered

    def change(self, structural) -> None:
        kinds = [self._register, self._deregister, self._rules, self._switch]
        kinds += [self._backend, self._backend, self._profile] if structural else []
        self.changes += 1
        self.random.choice(kinds)()

    def _register(self) -> None:
        version = self.random.choice(sorted(self.members))
        port = self.random.choice(self.origins[version].ports)
        self.scene.registry.register(SERVICE, port, version=version)
        self.members[version].add(port)

    def _deregister(self) -> None:
        version = self.random.choice(sorted(self.members))
        if len(self.members[version]) > LEAST:
            port = self.random.choice(sorted(self.members[version]))
            self.scene.registry.deregister(f"{SERVICE}-{port}")
            self.members[version].discard(port)

    def _rules(self) -> None:
        rules = [
            {"type": "path", "operation": "path_beg", "value": f"/r{self.random.randrange(6)}",
             "backend": self.random.choice(["live", "other"])}
            for _ in range(self.random.randrange(8))
        ]
        body = {"bind": f"127.0.0.1:{self.scene.port}", "backend": "live", "rules": rules}
        self._ask("rules", rules, lambda: self.agent.put("/frontends/web", body))

    def _switch(self) -> None:
        version = self.random.choice(sorted(self.members))
        self._ask(
            "version", version, lambda: self.agent.post("/backends/live", {"version": version})
        )

    def _backend(self) -> None:
        name = f"extra{self.random.randrange(3)}"
        self.structural += 1
        path, port = f"/backends/{name}", self.origins["static"].port
        body = {"type": "static", "members": [{"host": "127.0.0.1", "port": port}]}
        if name in self.extras:
            self._ask("extras", self.extras - {name}, lambda: self.agent.delete(path))
        else:
            self._ask("extras", self.extras | {name}, lambda: self.agent.put(path, body))

    def _profile(self) -> None:
        """Another kind of check for `live`: another profile, of those that run from the start."""
        self.structural += 1
        health = self.random.choice(HEALTHS)
        body = {"type": "dynamic", "name": SERVICE, "version": self.version} | health
        self._ask("health", health, lambda: self.agent.put("/backends/live", body))

    def _ask(self, what, after, ask) -> None:
        before = getattr(self, what)
        try:
            reply = ask()
        except OSError as error:
            self.unsure[what] = (before, after)
            raise Died from error
        assert reply.status in (200, 202), f"{what} -> {after}: {reply}"
        setattr(self, what, after)  # answered: durable

    # what must be true

    def check_store(self) -> None:
        """What was answered is there; what was under way is there as a whole or not at all."""
        backends = {one["key"]: one for one in self._get("/backends")}
        frontends = {one["key"]: one for one in self._get("/frontends")}
        assert set(frontends) == {"web"} and {"live", "other"} <= set(backends)
        told = {
            "rules": [{key: rule[key] for key in ("type", "operation", "value", "backend")}
                      for rule in frontends["web"]["rules"]],
            "version": backends["live"]["version"],
            "health": health_of(backends["live"]),
            "extras": set(backends) - {"live", "other"},
        }
        for what, got in told.items():
            possible = self.unsure.pop(what, (getattr(self, what),))
            assert got in possible, f"{what}: {got} is none of {possible}"
            setattr(self, what, got)

    def check_haproxy(self) -> None:
        """Members, file and routing are what is desired."""
        self.agent.wait_applied(TIMEOUT)
        live = [f"127.0.0.1:{port}" for port in sorted(self.members[self.version])]
        self._wait_members("live", live)
        assert membership.agree(self.agent, timeout=TIMEOUT) == set(live)
        for name in ["other", *sorted(self.extras)]:
            servers = [f"127.0.0.1:{self.origins['static'].port}"]
            self._wait_members(name, servers)
        for path in ["/", *(f"/r{i}/x" for i in range(6))]:
            got = self.scene.answered_by(path)
            assert str(got).split("-")[0] == self.origins[self._route(path)].name, path

    def _wait_members(self, backend, servers) -> None:
        wanted = {f"{backend}_{one}": "UP" for one in servers}

        def the_same():
            self.agent.child.must_live()
            got = self.scene.haproxy.servers(backend)
            assert got == wanted, f"{got} != {wanted}"
            return True

        wait.until(the_same, f"members of {backend}", TIMEOUT)

    def _get(self, path):
        return self.agent.good(self.agent.get(path)).body

    def _route(self, path) -> str:
        hits = [rule["backend"] for rule in self.rules if path.startswith(rule["value"])]
        return "static" if hits and hits[0] == "other" else self.version

    # the whole

    def run(self, changes, structural) -> None:
        """So many changes at least, and KILLS in the middle of them, over as many agents as it takes; the
        last one is left alone, and everything is as it should be."""
        changes, kills = self.changes + changes, self.kills_at_work + KILLS

        def goes_on():
            return self.changes < changes or self.kills_at_work < kills

        for _ in range(LIVES):
            if not goes_on():
                break
            self._one_life(goes_on, structural)
        assert not goes_on(), f"{self.kills_at_work} agents were killed at work, {self.changes} changes made"
        self.begin(False)
        self.check_store()
        self.check_haproxy()

    def _one_life(self, goes_on, structural) -> None:
        before = self.changes
        self.begin(True)
        try:
            wait.until(self.agent.healthy, "the agent answers", TIMEOUT)
            self.answers()
            self.check_store()
            if self.random.random() < 0.5:
                self.check_haproxy()
            while goes_on():
                self.change(structural)
                if self.random.random() < 0.3:
                    self.agent.wait_applied(TIMEOUT)
        except (Died, OSError, AssertionError):
            if not self._is_dead():
                raise
            self.kills += 1
            self.kills_at_work += self.changes > before
        else:
            self.agent.kill()

    def _is_dead(self) -> bool:
        """Its connections end a moment before it does."""
        try:
            self.agent.exit_status(timeout=1.0)
        except wait.TimedOut:
            return False
        return True


class Mortals:
    """Agents that are killed at a random moment: every other one so long after its start, on a busy machine
    before it answers, the others so long after their first answer, when they are at work."""

    def __init__(self, agent, fate, longest):
        """`longest`: seconds"""
        self.agent, self.fate, self.longest, self.timer = agent, fate, longest, None
        fate.answers = self.answers

    def begin(self, doomed) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = None
        if self.agent.child.alive():
            self.agent.kill()
        self.agent.start(wait_ready=not doomed)
        if doomed and self.fate.random.random() < 0.5:
            self._let_die()

    def answers(self) -> None:
        if not self.timer:
            self._let_die()

    def _let_die(self) -> None:
        lifetime = self.fate.random.uniform(0.0, self.longest)
        self.timer = threading.Timer(lifetime, self.agent.child.signal, [signal.SIGKILL])
        self.timer.start()


def build(start_scene, start_origin, registry, haproxy_version, **options):
    """A scene for a siege, and its origins: three of six ports of each version are registered."""
    origins = {
        "1.0.0": start_origin("first", "1.0.0", count=POOL),
        "2.0.0": start_origin("second", "2.0.0", count=POOL),
        "static": start_origin("fixed", "-"),
    }
    options = {"drainTimeout": "1s", "statsInterval": "500ms"} | options
    scene = start_scene(haproxy_version, [], registry, begin=False, **options)
    for version in ("1.0.0", "2.0.0"):
        for port in origins[version].ports[:LEAST]:
            scene.registry.register(SERVICE, port, version=version)
    scene.put_backend(wait=NO_WAIT)
    scene.put_static("other", origins["static"], wait=NO_WAIT)
    scene.put_frontend()
    scene.agent.wait_members("live", [f"127.0.0.1:{port}" for port in origins["1.0.0"].ports[:LEAST]])
    wait.until(lambda: Rest(port=scene.port).get("/").status == 200, "it serves")
    return scene, origins
