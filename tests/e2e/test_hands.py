# SPDX-License-Identifier: Apache-2.0
"""Drain, maint and ready set by hand on HAProxy's socket become an operator's word; what the agent does
itself, or a reload, never does."""

import json
import shutil
import time

import parts
import pytest
import wait
from overrides import OFTEN, by, by_hand, said, say, stands, verbs


@pytest.fixture
def scene(start_scene, haproxy_version):
    return start_scene(haproxy_version, **OFTEN)


@pytest.mark.parametrize("state, status", [("drain", "DRAIN"), ("maint", "MAINT")])
def test_what_is_done_by_hand_becomes_a_word(scene, state, status):
    first, second = scene.addresses
    with scene.no_reload(), scene.load():
        by_hand(scene, first, state)
        wait.equals(lambda: said(scene, first), {"state": state, "weight": None}, "taken over")
        assert by(scene, first) == "haproxy"
        assert verbs(scene, first)[-1] == {"drain": "drained", "maint": "maintenance"}[state]
        stands(scene, of={first: status, second: "UP"})
        say(scene, first, state=None)
        stands(scene, of={first: "UP", second: "UP"})
        wait.stays(lambda: said(scene, first) is None, "not taken over again", 1.2)
        # and ready by hand takes a word back, whoever said it
        for speak in (lambda: by_hand(scene, first, state), lambda: say(scene, first, state=state, weight=4)):
            speak()
            wait.until(lambda: said(scene, first), "said")
            by_hand(scene, first, "ready")
            wait.until(lambda: not (said(scene, first) or {}).get("state"), "taken back")
            stands(scene, of={first: "UP", second: "UP"})
    assert said(scene, first) == {"state": None, "weight": 4}
    assert not [one for one in scene.agent.get("/activity").body if one["verb"] == "drift"]


def test_ready_by_hand_of_a_member_that_the_registry_drains_is_a_word(scene):
    first, second = scene.addresses
    scene.registry.set_check(scene.ids[first], "fail")
    stands(scene, of={first: "DRAIN", second: "UP"})
    by_hand(scene, first, "ready")
    wait.equals(lambda: said(scene, first), {"state": "ready", "weight": None}, "taken over")
    stands(scene, of={first: "UP", second: "UP"})


def test_what_is_done_by_hand_survives_everything(scene):
    first, second = scene.addresses
    by_hand(scene, first, "maint")
    wait.until(lambda: said(scene, first), "taken over")
    scene.put_frontend(natives=["maxconn 400"])  # a reload
    stands(scene, of={first: "MAINT", second: "UP"})
    scene.agent.kill()
    scene.agent.start()
    stands(scene, of={first: "MAINT", second: "UP"})
    scene.haproxy.reload()
    stands(scene, of={first: "MAINT", second: "UP"})
    assert by(scene, first) == "haproxy"


def test_what_is_done_by_hand_while_the_agent_is_away_is_taken_over(scene):
    first, second = scene.addresses
    scene.agent.wait_applied()
    scene.agent.kill()
    by_hand(scene, first, "drain")
    scene.agent.start()
    wait.equals(lambda: said(scene, first), {"state": "drain", "weight": None}, "taken over")
    stands(scene, of={first: "DRAIN", second: "UP"})


def test_what_is_done_by_hand_right_before_a_reload_is_taken_over(start_scene, haproxy_version):
    scene = start_scene(haproxy_version, statsInterval="60s")
    first, second = scene.addresses
    by_hand(scene, first, "maint")
    with scene.reloads(1):
        scene.put_frontend(natives=["maxconn 400"])
    wait.equals(lambda: said(scene, first), {"state": "maint", "weight": None}, "taken over")
    stands(scene, of={first: "MAINT", second: "UP"})


# what is nobody's hand


def nobody_said_anything(scene) -> None:
    wait.stays(lambda: scene.agent.status()["overrides"] == [], "nothing is taken over", 1.5)


def test_our_own_drains_are_nobodys_hand(scene, start_origin):
    """Of a sick member, of one that leaves, of one that is checked first, over kills and reloads."""
    first, second = scene.addresses
    scene.registry.set_check(scene.ids[first], "fail")
    stands(scene, of={first: "DRAIN", second: "UP"})
    scene.agent.kill()
    scene.registry.set_check(scene.ids[first], "pass")
    scene.agent.start()
    stands(scene, of={first: "UP", second: "UP"})
    scene.registry.set_check(scene.ids[first], "fail")
    stands(scene, of={first: "DRAIN", second: "UP"})
    scene.put_frontend(natives=["maxconn 400"])
    scene.registry.set_check(scene.ids[first], "pass")
    stands(scene, of={first: "UP", second: "UP"})
    new = start_origin("new", version="2.0.0")
    scene.register(new)
    wait.until(lambda: "2.0.0" in json.dumps(scene.agent.get("/services/site").body), "it is known")
    scene.put_backend(health={"method": "GET", "uri": "/health", "interval": 200})
    new.fail(port=new.ports[0])
    assert scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="1s").status == 202
    scene.agent.kill()
    scene.agent.start()
    scene.put_frontend(natives=["maxconn 500"], wait="1s")
    nobody_said_anything(scene)
    new.fail(False, port=new.ports[0])
    stands(scene, of={f"127.0.0.1:{new.ports[0]}": "UP"}, timeout=20)
    nobody_said_anything(scene)


def test_kills_at_any_moment_leave_no_word_behind(scene, scaled):
    """Health changes, the agent dies at once, comes back, and what it finds is its own."""
    first, second = scene.addresses
    for i in range(scaled(60)):
        scene.registry.set_check(scene.ids[first], "fail" if i % 2 == 0 else "pass")
        deadline = time.monotonic() + (i % 7) * 0.004
        while time.monotonic() < deadline:
            scene.haproxy.info()
        scene.agent.kill()
        if i % 5 == 4:
            scene.haproxy.reload()
        scene.agent.start()
        assert scene.agent.status()["overrides"] == []
    scene.registry.set_check(scene.ids[first], "pass")
    stands(scene, of={first: "UP", second: "UP"}, timeout=20)
    nobody_said_anything(scene)


def test_a_reload_that_carries_no_state_over_takes_nothing_back(start_scene, work, haproxy_version):
    """Nothing loads it: everybody is ready in the new worker, and that is nobody's hand."""
    shutil.copytree(parts.ROOT / "templates", work / "templates")
    defaults = work / "templates" / "partials" / "thalassa.defaults.tmpl"
    lines = [one for one in defaults.read_text().splitlines() if "load-server-state" not in one]
    defaults.write_text("\n".join(lines) + "\n")
    template = work / "templates" / "dev.haproxycfg.tmpl"
    scene = start_scene(haproxy_version, templateFile=template, **OFTEN)
    assert "load-server-state" not in scene.agent.get("/haproxy/config").body
    first, second = scene.addresses
    say(scene, first, state="maint")
    with scene.reloads(1):
        scene.put_frontend(natives=["maxconn 400"])
    stands(scene, of={first: "MAINT", second: "UP"})
    assert said(scene, first) == {"state": "maint", "weight": None}
    assert by(scene, first) == "127.0.0.1"


def test_a_weight_set_by_hand_is_put_right_and_no_word(scene):
    first = scene.addresses[0]
    say(scene, first, weight=6)
    scene.haproxy.cli(f"set server live/live_{first} weight 77")
    weight = lambda: scene.haproxy.servers_state("live")[f"live_{first}"]["srv_uweight"]
    wait.equals(weight, "6", "as said")
    assert said(scene, first) == {"state": None, "weight": 6}
