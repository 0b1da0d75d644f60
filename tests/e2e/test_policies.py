# SPDX-License-Identifier: Apache-2.0
"""Policies through HAProxy as the agent sets it up: what is decided, with every way to ask, and never a
reload. What happens without the agent's answer is in test_policies_agent.py."""

import random
import re
from pathlib import Path

import parts
import policies
import ports
import pytest
from deciding import MARKED, NATIVES, Policies, check_all


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
        answer = scene.ask_in_time(**MARKED)
        assert (answer["body"], answer["x-policy"], answer["x-variant"]) == ("be1", "p", "p")
        assert answer["x-done"] == "agent" and answer["x-err"] == ""
        assert scene.decided() == ("live", "agent")
        scene.agent.good(scene.agent.delete("/policies/p", wait="10s"))
        told = scene.agent.status()["spoe"]
        assert scene.decided(**MARKED) == ("live", "")
    spoe = scene.agent.status()["spoe"]
    assert spoe["state"] == "listening" and spoe["taken"] and spoe["none"], spoe
    assert (spoe["taken"], spoe["none"]) == (told["taken"], told["none"]), "nobody is asked any more"
    decisions = f'thalassa_spoe_decisions_total{{decision="taken"}} {spoe["taken"]}\n'
    assert decisions in scene.agent.get("/metrics").body


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
        answer = scene.ask_in_time(X_Large="x" * size, **MARKED)
        assert (answer["body"], answer["x-policy"], answer["x-done"]) == ("be1", "p", "agent"), size


# The host is asked about beside the headers: this one fits into no question.


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
        (["try", "GET", "/", "nonsense"], 'this is "nonsense"'),
        (["put", "gold", work / "nothing"], "nothing"),
    ):
        done = run("policy", *words)
        assert done.returncode == 2 and said in done.stderr, done
    assert run("policy", "delete", "gold").returncode == 0
    assert "no policies" in run("policies").stdout
