# SPDX-License-Identifier: Apache-2.0
"""Policies while the agent is killed, stopped, stuck, or ends, and for requests that it cannot be asked
about: no request fails, and Lua takes the same decisions."""

import random
import signal
import statistics
import time

import files
import load
import parts
import policies
import pytest
import wait
from deciding import LATE, MARKED, Policies, check_all
from held import Held
from scene import LEAST_PER_SECOND


@pytest.fixture
def scene(start_policies) -> Policies:
    """With an agent that HAProxy has found."""
    started = start_policies()
    started.wait_agent()
    return started


def test_lua_decides_the_same_when_the_agent_is_dead(scene, scaled):
    dice = random.Random(12)
    drawn = policies.draw_policies(dice, 6)
    scene.put_all(drawn)
    scene.agent.kill()
    scene.ask()  # the one that finds the agent dead
    scene.wait_agent("DOWN")
    requests = [policies.draw_request(dice) for _ in range(scaled(2000))]
    assert check_all(scene, drawn, requests, "lua", key="withoutAgent")


LEAST_PER_STAGE = LEAST_PER_SECOND


class Pace:
    """Requests per second of the frontend while the block runs, shown by `pytest -s -p no:xdist`. A busy
    machine has to manage the floor of every load (scene.load)."""

    def __init__(self, scene, stage):
        self.scene, self.stage = scene, stage

    def __enter__(self):
        self.requests, self.began = self.scene.requests(), time.monotonic()

    def __exit__(self, kind, *_):
        if kind is None:
            self.scene.wait_flow(3000)
            took = time.monotonic() - self.began
            rate = (self.scene.requests() - self.requests) / took
            print(f"HAProxy {self.scene.haproxy.version}, {self.stage}: {rate:.0f} requests/s in {took:.1f} s")
            assert rate >= LEAST_PER_STAGE, (self.stage, rate)


def test_killing_the_agent_under_load_fails_no_request(scene):
    """Lua takes the same decision for each of them; an agent that is started again is asked again. No
    reload. More than 5,000 requests a second on two cores that do nothing else."""
    scene.put()
    routed = scene.routed()
    with scene.scene.no_reload(), load.Prober(scene.scene.port, headers=MARKED, pause=0.01) as prober:
        with scene.scene.load(headers=MARKED, connections=40):
            with Pace(scene.scene, "the agent decides"):
                scene.wait_agent()
            with Pace(scene.scene, "it is killed"):
                scene.agent.kill()
                scene.wait_agent("DOWN")
            with Pace(scene.scene, "Lua decides"):
                assert scene.decided(**MARKED) == ("be1", "lua")
            with Pace(scene.scene, "it is back"):
                scene.agent.start()
                scene.wait_agent()
            assert scene.decided(**MARKED) == ("be1", "agent")
    assert prober.names() == {"be1"} and not prober.failures
    by_name = scene.routed()
    assert by_name.pop("be1") > routed.pop("be1") + 10000
    assert by_name == routed, "each request went where the policy says"


def test_a_stopped_agent_costs_no_more_than_the_timeout_and_is_taken_out(scene):
    """SIGSTOP: its port still takes connections. Each request waits for `timeout processing` at most,
    until the check finds out; then none does."""
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    scene.agent.child.signal(signal.SIGSTOP)
    waited = []

    def is_out():
        began = time.monotonic()
        answer = scene.ask(**MARKED)
        if answer["x-err"] == LATE:
            waited.append(time.monotonic() - began)
        assert (answer["body"], answer["x-done"]) == ("be1", "lua"), answer
        return scene.haproxy.servers("thalassa.agents") == {"agent": "DOWN"}

    try:
        with load.Prober(scene.scene.port, headers=MARKED, timeout=2.0) as prober:
            wait.until(is_out, "its check has taken it out")
            answers = [scene.ask(**MARKED) for _ in range(20)]
    finally:
        scene.agent.child.signal(signal.SIGCONT)
    assert prober.names() == {"be1"} and not prober.failures
    assert max(prober.times) < 1.0  # bounded, of 20 ms and a busy machine
    assert waited and 0.015 < statistics.median(waited) < 0.1, waited
    assert {(answer["body"], answer["x-done"], answer["x-err"] == LATE) for answer in answers} == {
        ("be1", "lua", False)
    }, "nobody waits any more"
    scene.wait_agent()
    wait.equals(lambda: scene.decided(**MARKED), ("be1", "agent"), "it is asked again")


def test_a_stuck_thread_is_closed_and_opened_again(scene):
    """Its questions are answered by Lua at once; the rest of the agent goes on and tells of it."""
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")

    def state():
        return scene.agent.status()["spoe"]["state"]

    with load.Prober(scene.scene.port, headers=MARKED) as prober:
        with Held(scene.agent.child.pid, "spop"):
            wait.equals(state, "stuck", "the watchdog has seen it")
            scene.wait_agent("DOWN")
            assert scene.decided(**MARKED) == ("be1", "lua")
            assert scene.ask(**MARKED)["x-err"] == ""  # nobody waits for it
            assert "thalassa_spoe_stuck 1" in scene.agent.get("/metrics").body
        wait.equals(state, "listening", "it turns again")
        scene.wait_agent()
        assert scene.decided(**MARKED) == ("be1", "agent")
    assert prober.names() == {"be1"} and not prober.failures
    verbs = [entry["verb"] for entry in scene.agent.get("/activity?filter=spoe").body]
    assert verbs == ["returned", "stuck"], verbs


def test_an_agent_that_ends_keeps_no_request_waiting(scene):
    """Its health checks fail first: nobody asks when it goes."""
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    scene.agent.child.signal(signal.SIGTERM)
    answers = []

    def ended():
        answers.append(scene.ask(**MARKED))
        return not scene.agent.child.alive()

    wait.until(ended, "the agent has ended", every=0.001)
    answers += [scene.ask(**MARKED) for _ in range(20)]
    assert {answer["body"] for answer in answers} == {"be1"}
    late = sum(answer["x-err"] == LATE for answer in answers)  # as on any busy machine
    assert {answer["x-err"] for answer in answers} <= {"", LATE} and late <= len(answers) / 10
    assert {answer["x-done"] for answer in answers} == {"agent", "lua"}


TOO_LARGE = [("Host", "h" * 7500), ("X-Large", "x" * 6500), ("X-A", "b")]


def test_headers_that_fit_into_no_frame_keep_the_route_and_are_counted(scene):
    """At once, on all versions, and nobody else notices."""
    scene.put()
    asked = {"method": "GET", "target": "/", "headers": TOO_LARGE}
    connections = scene.agent.status()["spoe"]["connections"]
    for _ in range(5):
        answer = scene.ask(asked)
        assert (answer["body"], answer["x-policy"], answer["x-done"]) == ("live", "", "maps"), answer
        assert answer["x-err"] == "3"
        assert scene.decided(**MARKED) == ("be1", "agent")
    told = scene.haproxy.cli("show thalassa counters").splitlines()
    assert "too large for the agent, routed by the maps: 5" in told, told
    wait.equals(lambda: scene.agent.status()["spoe"]["tooLarge"], 5, "the agent has read it")
    assert "thalassa_spoe_too_large_total 5" in scene.agent.get("/metrics").body
    assert scene.agent.status()["spoe"]["connections"] <= connections + 2
    files.wait_still(scene.agent.options["haproxyDir"])
    scene.haproxy.reload()
    scene.asker = None  # its connection is the old worker's
    scene.wait_agent()  # before that nobody asks it, and Lua decides
    assert scene.ask(asked)["x-done"] == "maps"
    wait.equals(lambda: scene.agent.status()["spoe"]["tooLarge"], 6, "over workers")


def test_buffers_larger_than_the_agents_frames_are_no_trouble(start_policies, work):
    """The agent takes frames of 16 kB, whatever HAProxy would send."""
    shipped = (parts.ROOT / "templates" / "dev.haproxycfg.tmpl").read_text()
    template = work / "large.tmpl"
    template.write_text(shipped.replace("global\n", "global\n    tune.bufsize 32768\n", 1))
    scene = start_policies(templateFile=template)
    for name in ("live", "be1"):  # their members take no such header
        body = scene.agent.get(f"/backends/{name}").body | {"natives": ["http-request del-header x-large"]}
        scene.agent.good(scene.agent.put(f"/backends/{name}", body, wait="10s"))
    scene.wait_agent()
    scene.put()
    for size, decided in ((12000, ("be1", "agent")), (20000, ("live", "maps")), (12000, ("be1", "agent"))):
        assert scene.decided(X_Large="x" * size, **MARKED) == decided, size
    assert "routed by the maps: 1" in scene.haproxy.cli("show thalassa counters")
