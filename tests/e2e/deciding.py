# SPDX-License-Identifier: Apache-2.0
"""A scene with policies: what is asked through HAProxy, and what the agent's function says."""

import policies
import scene as scenes
import wait
from scene import NO_WAIT

BACKENDS = ("live", "be0", "be1", "be2")
# what HAProxy knows of a decision, on each answer
TOLD = ["policy", "variant", "done", "err"]
NATIVES = [f'http-response set-header x-{name} "%[var(txn.thalassa.{name})]"' for name in TOLD]
LATE = "1"  # x-err when the agent has not answered in time
MARKED = {"X-A": "b"}
MARKED_ONLY = {"header": {"x-a": "b"}}


class Policies:
    """`web` leads to `live`; be0, be1, be2 are there for policies; each answers with its name."""

    def __init__(self, scene, keeper):
        self.scene, self.agent, self.haproxy, self.keeper = scene, scene.agent, scene.haproxy, keeper
        self.asker = None

    def put(self, name="p", match=None, backend="be1", **more):
        body = {"frontend": "web", "match": MARKED_ONLY if match is None else match}
        body["action"] = {"backend": backend, "set": {"variant": name}}
        return self.agent.good(self.agent.put(f"/policies/{name}", body | more, wait="10s"))

    def put_all(self, drawn) -> None:
        body = {"policies": [{"key": name} | policy for name, policy in drawn.items()]}
        self.agent.good(self.agent.put("/config", body, wait="20s"))

    def ask(self, request=None, **headers) -> dict[str, str]:
        """Answer with `body` cut to the backend's name."""
        if request is None:
            pairs = [("Host", "a.example")] + [(k.replace("_", "-"), v) for k, v in headers.items()]
            request = {"method": "GET", "target": "/", "headers": pairs}
        if self.asker is None:
            self.asker = self.keeper.keep(policies.Asker(self.scene.port))
        answer = self.asker.ask(request)
        answer["body"] = answer["body"].split()[0]
        return answer

    def ask_in_time(self, **headers) -> dict[str, str]:
        """On a busy machine the agent may be late; then it is asked again."""
        for _ in range(10):
            answer = self.ask(**headers)
            if answer["x-err"] != LATE:
                break
        return answer

    def decided(self, **headers) -> tuple[str, str]:
        """Backend, and by whom; asked again while the agent is late."""
        answer = self.ask_in_time(**headers)
        return answer["body"], answer["x-done"]

    def wait_agent(self, status="UP") -> None:
        """HAProxy's check of the SPOE agent says so."""
        servers = lambda: self.haproxy.servers("thalassa.agents")  # noqa: E731
        wait.equals(servers, {"agent": status}, "the agent's check")

    def routed(self) -> dict[str, int]:
        """Backend -> requests that HAProxy has sent there."""
        rows = {row["pxname"]: row for row in self.haproxy.stat() if row["svname"] == "BACKEND"}
        return {name: int(rows[self.haproxy.proxy_of(name)]["stot"]) for name in BACKENDS}

    def maint(self, name, state="maint") -> None:
        for server in self.haproxy.servers(name):
            self.haproxy.cli(f"set server {name}/{server} state {state}")


def build(start_scene, start_origin, haproxy_version, keeper, natives=tuple(NATIVES), **options) -> Policies:
    scene = start_scene(haproxy_version, origins=[], begin=False, **options)
    for name in BACKENDS:
        scene.put_static(name, start_origin(name), wait=NO_WAIT)
    scene.put_frontend(natives=list(natives))
    wait.until(lambda: scenes.is_listening(scene.port), "web listens")
    return Policies(scene, keeper)


def wanted_of(answer) -> tuple[str, str, str]:
    if answer["decision"] != "taken":
        return "live", "", ""
    return answer["backend"], answer["policy"], answer["set"]["variant"]


def check_all(scene, drawn, requests, by, key=None) -> int:
    """Every answer is what the function says, also one that Lua gives when the agent is late; returns
    how many met a policy. Late is what HAProxy calls so and Lua has answered; the agent's own answer is
    never excused, and half of all are its own at least."""
    met = late_ones = 0
    for request, said in zip(requests, policies.decide(drawn, requests)["answers"]):
        answer = scene.ask(request)
        late = by == "agent" and answer["x-done"] == "lua"
        assert (answer["x-done"], answer["x-err"] == LATE) == ("lua" if late else by, late), answer
        wanted = wanted_of(said["withoutAgent"] if late else said[key] if key else said)
        got = answer["body"], answer["x-policy"], answer["x-variant"]
        assert got == wanted, (request, drawn, answer, said)
        met += bool(wanted[1])
        late_ones += late
    assert late_ones <= len(requests) / 2, f"{late_ones} of {len(requests)} answers were late"
    return met
