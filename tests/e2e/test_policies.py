# SPDX-License-Identifier: Apache-2.0
"""Policies through HAProxy as the agent sets it up: decided by the agent, by Lua when it does not
answer, and never a reload."""

import random
import re
import shutil
import signal
from pathlib import Path

import load
import parts
import policies
import ports
import pytest
import scene as scenes
import wait
from held import Held
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

    def decided(self, **headers) -> tuple[str, str]:
        """Backend, and by whom. On a busy machine the agent may be late; then it is asked again."""
        for _ in range(10):
            answer = self.ask(**headers)
            if answer["x-err"] != LATE:
                break
        return answer["body"], answer["x-done"]

    def wait_agent(self, status="UP") -> None:
        """HAProxy's check of the SPOE agent says so."""
        servers = lambda: self.haproxy.servers("thalassa.agents")  # noqa: E731
        wait.equals(servers, {"agent": status}, "the agent's check")

    def maint(self, name, state="maint") -> None:
        for server in self.haproxy.servers(name):
            self.haproxy.cli(f"set server {name}/{server} state {state}")


@pytest.fixture
def start_policies(start_scene, start_origin, haproxy_version, keeper):
    def start(natives=tuple(NATIVES), **options) -> Policies:
        scene = start_scene(haproxy_version, origins=[], begin=False, **options)
        for name in BACKENDS:
            scene.put_static(name, start_origin(name), wait=NO_WAIT)
        scene.put_frontend(natives=list(natives))
        wait.until(lambda: scenes.is_listening(scene.port), "web listens")
        return Policies(scene, keeper)

    return start


@pytest.fixture
def scene(start_policies) -> Policies:
    """With an agent that HAProxy has found."""
    started = start_policies()
    started.wait_agent()
    return started


def test_the_first_policy_decides_without_a_reload(scene):
    with scene.scene.no_reload():
        assert scene.decided(**MARKED) == ("live", "")
        scene.put()
        answer = scene.ask(**MARKED)
        assert (answer["body"], answer["x-policy"], answer["x-variant"]) == ("be1", "p", "p")
        assert answer["x-done"] == "agent" and answer["x-err"] == ""
        assert scene.decided() == ("live", "agent")
        scene.agent.good(scene.agent.delete("/policies/p", wait="10s"))
        assert scene.decided(**MARKED) == ("live", "")  # nobody is asked any more
    spoe = scene.agent.status()["spoe"]
    assert (spoe["state"], spoe["taken"], spoe["none"]) == ("listening", 1, 1), spoe
    assert 'thalassa_spoe_decisions_total{decision="taken"} 1' in scene.agent.get("/metrics").body


def wanted_of(answer) -> tuple[str, str, str]:
    if answer["decision"] != "taken":
        return "live", "", ""
    return answer["backend"], answer["policy"], answer["set"]["variant"]


def check_all(scene, drawn, requests, by, key=None) -> int:
    """Every answer is what the function says, also one that Lua gives when the agent is late; returns
    how many met a policy."""
    met = 0
    for request, said in zip(requests, policies.decide(drawn, requests)["answers"]):
        answer = scene.ask(request)
        late = by == "agent" and answer["x-err"] == LATE
        wanted = wanted_of(said["withoutAgent"] if late else said[key] if key else said)
        got = answer["body"], answer["x-policy"], answer["x-variant"]
        assert got == wanted, (request, drawn, answer, said)
        assert answer["x-done"] == ("lua" if late else by), answer
        met += bool(wanted[1])
    return met


def test_random_policies_decide_as_the_function_says(scene, scaled):
    """200 policies, five at a time, each five asked by 200 requests; a tenth of both unless --full."""
    dice = random.Random(11)
    met = asked = 0
    with scene.scene.no_reload():
        for _ in range(scaled(40)):
            drawn = policies.draw_policies(dice, 5)
            requests = [policies.draw_request(dice) for _ in range(scaled(200))]
            scene.put_all(drawn)
            met += check_all(scene, drawn, requests, "agent")
            asked += len(requests)
    assert 0.2 * asked < met < 0.95 * asked


def test_lua_decides_the_same_when_the_agent_is_dead(scene, scaled):
    dice = random.Random(12)
    drawn = policies.draw_policies(dice, 6)
    scene.put_all(drawn)
    scene.agent.kill()
    scene.ask()  # the one that finds the agent dead
    scene.wait_agent("DOWN")
    requests = [policies.draw_request(dice) for _ in range(scaled(2000))]
    assert check_all(scene, drawn, requests, "lua", key="withoutAgent")


def test_a_policy_counts_with_the_answer_to_its_change(scene, scaled):
    """After the answer to the PUT no request is decided by the old one; no reload under load."""
    with scene.scene.no_reload(), scene.scene.load(headers=MARKED):
        for change in range(scaled(200)):
            backend = f"be{change % 3}"
            scene.put(backend=backend)
            assert {scene.ask(**MARKED)["body"] for _ in range(20)} == {backend}, change
            if change % 5 == 4:
                scene.agent.good(scene.agent.delete("/policies/p", wait="10s"))
                assert {scene.ask(**MARKED)["body"] for _ in range(20)} == {"live"}, change


def test_killing_the_agent_under_load_fails_no_request(scene):
    """Lua goes on with the same decisions; an agent that is started again is asked again."""
    scene.put()
    with scene.scene.no_reload(), load.Prober(scene.scene.port, headers=MARKED) as prober:
        with scene.scene.load(headers=MARKED):
            scene.scene.wait_flow()
            scene.agent.kill()
            scene.wait_agent("DOWN")
            scene.scene.wait_flow()
            assert scene.decided(**MARKED) == ("be1", "lua")
            scene.agent.start()
            scene.wait_agent()
            scene.scene.wait_flow()
            assert scene.decided(**MARKED) == ("be1", "agent")
    assert prober.names() == {"be1"} and not prober.failures


def test_a_stopped_agent_costs_no_more_than_the_timeout_and_is_taken_out(scene):
    """SIGSTOP: its port still takes connections. Each request waits for `timeout processing` at most,
    until the check finds out; then none does."""
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    scene.agent.child.signal(signal.SIGSTOP)
    try:
        with load.Prober(scene.scene.port, headers=MARKED, timeout=2.0) as prober:
            scene.wait_agent("DOWN")
            assert scene.decided(**MARKED) == ("be1", "lua")
    finally:
        scene.agent.child.signal(signal.SIGCONT)
    assert prober.names() == {"be1"} and not prober.failures
    assert max(prober.times) < 1.0  # bounded, of 20 ms and a busy machine
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
    assert {answer["x-err"] for answer in answers} == {""}
    assert {answer["x-done"] for answer in answers} == {"agent", "lua"}


def test_a_policy_for_a_backend_that_cannot_serve_leaves_the_route(scene):
    scene.put()
    scene.maint("be1")
    answer = scene.ask(**MARKED)
    assert (answer["body"], answer["x-policy"]) == ("live", "p")
    scene.maint("be1", "ready")
    assert scene.decided(**MARKED) == ("be1", "agent")
    assert scene.agent.put("/policies/p", {"frontend": "web", "match": {}, "action": {"backend": "x"}},
                           wait="10s").body["warnings"]
    assert scene.decided(**MARKED) == ("live", "agent")


def test_a_policy_wins_over_rules_splits_and_native_routes(start_policies):
    """And each of them is in variables, for a log format."""
    natives = [*NATIVES, "use_backend be2 if { path_beg /native }"]
    natives += ['http-response set-header x-rule "%[var(txn.r),mod(500000)]"',
                'http-response set-header x-split "%[var(txn.split)]"']
    scene = start_policies(natives=natives)
    scene.wait_agent()
    rule = {"type": "path", "operation": "path_beg", "value": "/rule", "backend": "be0"}
    targets = [{"backend": "live", "weight": 0}, {"backend": "be2", "weight": 10000}]
    for rules, number in (([rule], "1"), ([rule | {"value": "/x"}, rule], "2")):  # set a, set b
        scene.scene.put_frontend(natives=natives, rules=rules)
        scene.put()
        for target, without, by in (("/", "live", "499999"), ("/rule", "be0", number),
                                    ("/native", "be2", "499999")):
            request = {"method": "GET", "target": target, "headers": [("Host", "a")]}
            answer = scene.ask(request)
            assert (answer["body"], answer["x-rule"], answer["x-split"]) == (without, by, "")
            request["headers"].append(("X-A", "b"))
            assert scene.ask(request)["body"] == "be1"
    body = {"targets": targets, "sticky": "src"}
    scene.agent.good(scene.agent.put("/splits/live", body, wait="10s"))
    assert (scene.ask()["body"], scene.ask()["x-split"]) == ("be2", "10000/be2/src")
    assert scene.decided(**MARKED) == ("be1", "agent")


def test_headers_that_fill_haproxys_buffer_are_decided_alike(scene):
    scene.put()
    for size in (4000, 12000, 14500):
        answer = scene.ask(X_Large="x" * size, **MARKED)
        assert (answer["body"], answer["x-policy"], answer["x-done"]) == ("be1", "p", "agent"), size


def test_a_question_that_fits_into_no_frame_is_decided_by_lua(scene):
    """The host is asked about beside the headers; so large a one is nobody's, but must not fail."""
    scene.put()
    pairs = [("Host", "h" * 7500), ("X-Large", "x" * 6500), ("X-A", "b")]
    answer = scene.ask({"method": "GET", "target": "/", "headers": pairs})
    assert (answer["body"], answer["x-policy"], answer["x-done"]) == ("be1", "p", "lua"), answer
    assert answer["x-err"]
    told = scene.haproxy.cli("show thalassa counters")
    assert told.splitlines() == ["decided by Lua: 1", f"after error {answer['x-err']} of the agent: 1"]
    assert scene.decided(**MARKED) == ("be1", "agent")


@pytest.mark.parametrize("threads", [1, 4])
def test_the_agent_may_listen_on_a_unix_socket(start_policies, work, threads):
    scene = start_policies(spoeListen=work / "spoe.sock", spoeThreads=threads)
    scene.wait_agent()
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    assert len(scene.agent.status()["spoe"]["threads"]) == threads


def test_without_an_agent_lua_decides_alone(start_policies):
    scene = start_policies(spoeListen="off")
    assert "spoe" not in Path(scene.agent.options["haproxyCfgPath"]).read_text()
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "lua")
    assert scene.agent.status()["spoe"]["state"] == "off"
    with scene.scene.reloads(1):  # a filter is new
        scene.agent.restart(spoeListen=f"127.0.0.1:{ports.free()}")
        scene.wait_agent()
    scene.asker = None  # its connection was the old worker's
    assert scene.decided(**MARKED) == ("be1", "agent")


def test_a_haproxy_without_lua_has_the_agent_alone(start_policies, work, haproxy_version):
    program = work / "haproxy-without-lua"
    real = parts.haproxy(haproxy_version)
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = -vv ]; then {real} -vv | grep -v Lua; else exec {real} "$@"; fi\n'
    )
    program.chmod(0o755)
    scene = start_policies(haproxyPath=program)
    assert "lua" not in Path(scene.agent.options["haproxyCfgPath"]).read_text()
    scene.wait_agent()
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    assert scene.agent.status()["spoe"]["lua"] is False
    scene.agent.kill()
    scene.ask()
    scene.wait_agent("DOWN")
    assert scene.decided(**MARKED) == ("live", "")


def test_a_template_of_ones_own_asks_as_well(start_policies, work):
    """It knows frontendHelper alone."""
    template = work / "own.tmpl"
    template.write_text((parts.ROOT / "tests" / "golden" / "render" / "predecessor.tmpl").read_text()
                        .replace("8009", str(ports.free())))
    scene = start_policies(templateFile=template)
    scene.wait_agent()
    scene.put()
    assert scene.decided(**MARKED) == ("be1", "agent")
    scene.agent.kill()
    scene.ask()
    scene.wait_agent("DOWN")
    assert scene.decided(**MARKED) == ("be1", "lua")


@pytest.mark.one_version
def test_an_address_that_is_taken_is_told(start_agent, start_origin, haproxy_version):
    taken = f"127.0.0.1:{start_origin().port}"
    agent = start_agent(haproxy_version, wait_ready=False, spoeListen=taken)
    assert agent.exit_status() == 2
    assert re.search(rf"--spoeListen: {taken}.*in use", agent.log()), agent.log()


def test_the_command_line_puts_shows_tries_and_deletes(scene, work):
    run = scene.agent.run
    policy = work / "gold.json"
    policy.write_text(
        '{"frontend":"web","match":{"header":{"x-a":{"regex":"^b"}},"path":{"prefix":"/"}},'
        '"action":{"backend":"be1","set":{"variant":"b"}}}'
    )
    assert "no policies" in run("policies").stdout
    done = run("policy", "put", "gold", policy, "--wait", "10s")
    assert done.returncode == 0 and "gold is stored" in done.stdout, done
    assert scene.decided(X_A="bb") == ("be1", "agent")
    for words in (["policies"], ["policy", "list"]):
        assert re.search(r"gold +web +100 +yes +be1 +variant=b", run(*words).stdout), run(*words)
    for words in (["policies", "gold"], ["policy", "show", "gold"]):
        assert '"regex":"^b"' in run(*words).stdout, run(*words)
    tried = run("policy", "try", "GET", "http://a.example/x", "X-A: bc", "src=10.0.0.1").stdout
    assert "taken by gold: backend be1, sets variant=b" in tried, tried
    assert re.search(r"by Lua +undecided", tried) and "seen: bc" in tried, tried
    assert "none" in run("policy", "try", "GET", "/", "X-A:c", "frontend=web").stdout
    done = run("policy", "try", "GET", "/", "X-A:c", "frontend=wbe")
    assert done.returncode == 1 and 'none called "wbe"' in done.stderr, done
    policy.write_text('{"frontend":"web","match":{"colour":"red"}}')
    done = run("policy", "put", "gold", policy)
    assert done.returncode == 1 and "colour" in done.stderr, done
    for words, said in (
        (["put", "gold"], "usage: thalassa policy put NAME FILE"),
        (["paint"], "list, show, put, delete or try wanted"),
        (["try", "GET", "/", "nonsense"], "not understood"),
        (["put", "gold", work / "nothing"], "nothing"),
    ):
        done = run("policy", *words)
        assert done.returncode == 2 and said in done.stderr, done
    assert run("policy", "delete", "gold").returncode == 0
    assert "no policies" in run("policies").stdout
