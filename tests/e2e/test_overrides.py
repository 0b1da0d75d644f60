# SPDX-License-Identifier: Apache-2.0
"""What an operator says of a member, by the API or the command line, wins over the registry until it is
taken back, whatever happens in between."""

import json
import os
import time

import pytest
import wait
from overrides import OFTEN, by, healths, path_of, said, say, stands, verbs


@pytest.fixture
def scene(start_scene, haproxy_version):
    return start_scene(haproxy_version, **OFTEN)


# the API


def test_drain_maint_and_ready_under_load_cost_no_request(scene):
    """Of one of two members, again and again; no reload."""
    first, second = scene.addresses
    with scene.no_reload(), scene.load():
        for _ in range(3):
            for state, status in (("drain", "DRAIN"), ("ready", "UP"), ("maint", "MAINT"), (None, "UP")):
                say(scene, first, state=state)
                stands(scene, of={first: status, second: "UP"})
        say(scene, first, weight=7)
        assert scene.haproxy.servers_state("live")[f"live_{first}"]["srv_uweight"] == "7"
        say(scene, first, weight=None)
        assert scene.haproxy.servers_state("live")[f"live_{first}"]["srv_uweight"] == "1"
    assert said(scene, first) is None
    assert scene.agent.status()["overrides"] == []


def test_a_drained_member_gets_nothing(scene):
    first, second = scene.addresses
    say(scene, first, state="drain")
    names = {f"s1-{second.split(':')[1]}"}
    assert {scene.answered_by() for _ in range(20)} == names
    say(scene, first, state=None)
    wait.until(lambda: len({scene.answered_by() for _ in range(20)}) == 2, "both are asked again")


def test_it_is_shown_with_who_and_when(scene):
    first = scene.addresses[0]
    before = time.time() * 1000
    body = say(scene, first, state="drain", weight=9)
    word = body["override"]
    assert (word["state"], word["weight"], word["by"]) == ("drain", 9, "127.0.0.1")
    assert before - 5 <= word["since"] <= time.time() * 1000 + 5
    everywhere = [
        scene.agent.get(path_of(first)).body["override"],
        *[m["override"] for m in scene.agent.get("/backends/live/members").body if m["override"]],
        *[m["override"] for m in scene.agent.get("/backends/live").body["members"] if m["override"]],
        *[m["override"] for m in scene.agent.get("/backends").body[0]["members"] if m["override"]],
    ]
    assert everywhere == [word] * 4
    assert scene.agent.status()["overrides"] == [{"backend": "live", "member": first, **word}]
    assert "thalassa_overrides 1\n" in scene.agent.get("/metrics").body
    assert verbs(scene, first)[-2:] == ["drained", "weighted"]
    say(scene, first, state=None, weight=None)
    assert verbs(scene, first)[-2:] == ["released", "weighted"]
    # the same again is nothing: neither a generation nor another time
    say(scene, first, state="maint")
    word, generation = scene.agent.get(path_of(first)).body["override"], scene.agent.status()["generation"]
    again = scene.agent.put(path_of(first), {"state": "maint"}, wait="5s")
    assert again.body["override"] == word
    assert scene.agent.status()["generation"] == generation
    # what is absent stays
    say(scene, first, weight=3)
    assert said(scene, first) == {"state": "maint", "weight": 3}
    say(scene, first, state=None)
    assert said(scene, first) == {"state": None, "weight": 3}


def test_a_dry_run_gives_the_commands_and_changes_nothing(scene):
    first = scene.addresses[0]
    body = {"state": "maint", "weight": 5}
    plan = scene.agent.good(scene.agent.put(path_of(first), body, dryRun="true")).body
    assert plan["verdict"] == "runtime"
    assert plan["operations"] == [
        f"set server live/live_{first} weight 5",
        f"set server live/live_{first} state maint",
    ]
    assert said(scene, first) is None
    stands(scene, of=dict.fromkeys(scene.addresses, "UP"))


def test_the_last_member_may_be_taken_out_with_a_warning(scene):
    first, second = scene.addresses
    assert "warnings" not in say(scene, first, state="drain")
    body = say(scene, second, state="maint")
    assert "takes traffic" in body["warnings"][0]
    stands(scene, of={first: "DRAIN", second: "MAINT"})
    assert scene.answered_by() == 503
    assert "warnings" not in say(scene, first, state=None)
    assert scene.answered_by() != 503


@pytest.mark.one_version
def test_what_is_refused(scene):
    agent, first = scene.agent, scene.addresses[0]
    for path, body, status, word in [
        (path_of("10.9.9.9:80"), {"state": "drain"}, 404, "no member 10.9.9.9:80"),
        (path_of(first, "nosuch"), {"state": "drain"}, 404, "no backend"),
        (path_of("10.9.9.9"), {"state": "drain"}, 400, "HOST:PORT"),
        (path_of(first), {}, 400, "required"),
        (path_of(first), {"state": "down"}, 400, "none of ready, drain, maint"),
        (path_of(first), {"weight": 257}, 400, "257"),
        (path_of(first), {"weight": 1, "wait": 1}, 400, "wait"),
        (path_of(first), [], 400, "object"),
    ]:
        reply = agent.put(path, body)
        assert reply.status == status, reply
        assert word in reply.body["error"], reply
    assert agent.put(path_of(first), {"weight": 3}, headers={"If-Match": '"0"'}).status == 412
    assert agent.post(path_of(first), {"state": "drain"}).status == 405
    assert agent.put(path_of(first), {"state": "drain"}, force="true").status == 400
    assert agent.status()["overrides"] == []


@pytest.mark.one_version
def test_members_on_ipv6_by_name_and_of_static_backends(haproxy_version, start_scene, start_origin):
    six, plain = start_origin("six", host="::1"), start_origin("plain")
    scene = start_scene(haproxy_version, **OFTEN)
    members = [{"host": "::1", "port": six.ports[0]}, {"host": "127.0.0.1", "port": plain.ports[0]}]
    scene.agent.good(scene.agent.put("/backends/fixed", {"type": "static", "members": members}, wait="10s"))
    say(scene, f"[::1]:{six.ports[0]}", "fixed", state="drain")
    say(scene, f"127.0.0.1:{plain.ports[0]}", "fixed", weight=9)
    stands(scene, backend="fixed", of={f"::1:{six.ports[0]}": "DRAIN", f"127.0.0.1:{plain.ports[0]}": "UP"})
    assert said(scene, f"[0:0:0::1]:{six.ports[0]}", "fixed") == {"state": "drain", "weight": None}
    # what GET shows can be PUT back, and is no change
    shown = scene.agent.get("/backends/fixed").body
    reply = scene.agent.good(scene.agent.put("/backends/fixed", shown, wait="10s"))
    assert reply.headers["ETag"] == scene.agent.get("/backends/fixed").headers["ETag"]
    assert said(scene, f"[::1]:{six.ports[0]}", "fixed") == {"state": "drain", "weight": None}


# until it is taken back


@pytest.fixture
def drained(scene):
    """One of two members is in maintenance, the other has a weight."""
    say(scene, scene.addresses[0], state="maint")
    say(scene, scene.addresses[1], weight=5)
    return scene


def stands_as_said(scene) -> None:
    first, second = scene.addresses
    stands(scene, of={first: "MAINT", second: "UP"}, timeout=20)
    weight = lambda: scene.haproxy.servers_state("live")[f"live_{second}"]["srv_uweight"]
    wait.equals(weight, "5", "the weight is as said")
    assert said(scene, first) == {"state": "maint", "weight": None}
    assert said(scene, second) == {"state": None, "weight": 5}
    assert [by(scene, one) for one in scene.addresses] == ["127.0.0.1", "127.0.0.1"]


def test_it_survives_a_reload(drained):
    with drained.reloads(1), drained.load():
        drained.put_frontend(natives=["maxconn 400"])
        stands_as_said(drained)
    drained.agent.wait_applied()


def test_it_survives_the_agents_death(drained):
    drained.agent.kill()
    with drained.no_reload():
        drained.agent.start()
        stands_as_said(drained)
        say(drained, drained.addresses[0], state=None)
        stands(drained, of=dict.fromkeys(drained.addresses, "UP"))


def test_it_survives_haproxys_death(drained):
    """The agent starts it again."""
    master, worker = drained.haproxy.master_pid(), drained.haproxy.worker_pid()
    os.kill(master, 9)
    os.kill(worker, 9)
    wait.until(lambda: drained.answered_by() != 503, "served again", timeout=15)
    stands_as_said(drained)


def test_it_survives_a_reload_by_somebody_else(drained):
    drained.haproxy.reload()
    stands_as_said(drained)


def test_a_member_that_comes_back_is_still_as_said(drained):
    first, second = drained.addresses
    with drained.no_reload():
        drained.deregister(first)
        stands(drained, of={second: "UP"})
        gone = drained.agent.get(path_of(first))
        assert gone.status == 200
        assert gone.body["observed"] is None and gone.body["override"]["state"] == "maint"
        drained.registry.register("site", int(first.split(":")[1]), version="1.0.0")
        stands_as_said(drained)


def test_what_is_said_of_a_member_that_is_gone_can_be_taken_back(drained):
    first, second = drained.addresses
    drained.deregister(first)
    stands(drained, of={second: "UP"})
    assert drained.agent.put(path_of(first), {"state": None}).status == 200
    assert drained.agent.get(path_of(first)).status == 404
    assert drained.agent.put(path_of(first), {"state": "drain"}).status == 404


def test_it_goes_with_its_backend(drained):
    drained.agent.good(drained.agent.delete("/backends/live", force="true", wait="10s"))
    assert drained.agent.status()["overrides"] == []
    drained.put_backend()
    stands(drained, of=dict.fromkeys(drained.addresses, "UP"))
    drained.agent.restart()
    assert drained.agent.status()["overrides"] == []


def test_health_does_not_touch_it(drained):
    """Nor a check that fails and passes again, nor maintenance of the registry's."""
    first, second = drained.addresses
    for address in (first, second):
        drained.registry.set_check(drained.ids[address], "fail")
    wait.until(lambda: set(healths(drained).values()) == {"critical"}, "both fail")
    stands_as_said(drained)
    say(drained, first, state="ready")  # whatever the registry says
    stands(drained, of={first: "UP", second: "UP"})
    drained.registry.set_check(drained.ids[second], "pass")
    wait.equals(lambda: healths(drained)[second], "passing", "one of them is well again")
    stands(drained, of={first: "UP", second: "UP"})
    body = say(drained, first, state=None)
    assert "registry" in body["warnings"][0]
    stands(drained, of={first: "DRAIN", second: "UP"})


def test_a_switch_leaves_an_overridden_member_of_the_new_version_alone(scene, start_origin):
    new = start_origin("new", version="2.0.0", count=2)
    out, serving = (f"127.0.0.1:{port}" for port in new.ports)
    scene.register(new)
    services = lambda: scene.agent.get("/services/site").body
    wait.until(lambda: "2.0.0" in json.dumps(services()), "the new version is known")
    # before the switch nobody knows the member: a switch, a word, a way back
    with scene.no_reload(), scene.load():
        scene.put_backend(version="2.0.0", wait="20s")
        say(scene, out, state="maint")
        stands(scene, of={out: "MAINT", serving: "UP"})
        scene.put_backend(version="1.0.0", wait="20s")
        stands(scene, of=dict.fromkeys(scene.addresses, "UP"))
        scene.put_backend(version="2.0.0", wait="20s")
        stands(scene, of={out: "MAINT", serving: "UP"})
    scene.put_backend(version="1.0.0", wait="20s")
    assert scene.agent.put(path_of(serving), {"state": "maint"}).status == 404
    assert said(scene, out) == {"state": "maint", "weight": None}


def test_a_switch_to_members_that_are_all_out_keeps_the_old_ones(scene, start_origin):
    new = start_origin("new", version="2.0.0")
    address = f"127.0.0.1:{new.ports[0]}"
    scene.register(new)
    wait.until(lambda: "2.0.0" in json.dumps(scene.agent.get("/services/site").body), "it is known")
    scene.put_backend(version="2.0.0", wait="20s")
    say(scene, address, state="drain")
    scene.put_backend(version="1.0.0", wait="20s")
    stands(scene, of=dict.fromkeys(scene.addresses, "UP"))
    with scene.no_reload(), scene.load():
        assert scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="1s").status == 202
        stands(scene, of={address: "DRAIN", **dict.fromkeys(scene.addresses, "UP")})
        say(scene, address, state=None)
        stands(scene, of={address: "UP"}, timeout=20)


# the command line


def test_the_command_line_says_it_too(scene):
    first, second = scene.addresses

    def run(*words, status=0):
        done = scene.agent.run(*words)
        assert done.returncode == status, done
        return done.stdout + done.stderr

    assert f"{first} of live" in run("drain", "live", first, "--wait", "10s")
    stands(scene, of={first: "DRAIN", second: "UP"})
    line = next(one for one in run("members", "live").splitlines() if one.startswith(first))
    assert "drain: by uid" in line and "ago" in line
    assert f"live {first}: drain: by uid" in run("status")
    run("maint", "live", first, "--wait", "10s")
    stands(scene, of={first: "MAINT", second: "UP"})
    run("weight", "live", first, "8", "--wait", "10s")
    assert said(scene, first) == {"state": "maint", "weight": 8}
    assert "no member" in run("drain", "live", second, "--wait", "10s")
    run("ready", "live", second)
    assert f"set server live/live_{first} state ready" in run("ready", "live", first, "--dryRun")
    run("ready", "live", first, "--wait", "10s")
    run("weight", "live", first, "--wait", "10s")
    assert said(scene, first) is None
    run("ready", "live", first, "--force", "--wait", "10s")
    assert said(scene, first) == {"state": "ready", "weight": None}
    assert "no member" in run("drain", "live", "10.9.9.9:1", status=1)
    assert "HOST:PORT" in run("drain", "live", "10.9.9.9", status=1)
    assert "256" in run("weight", "live", first, "257", status=2)
    assert "usage" in run("drain", "live", status=2)
