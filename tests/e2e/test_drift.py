# SPDX-License-Identifier: Apache-2.0
"""What others do to HAProxy: what is theirs is left alone, what is ours is put right
(test_drift_by_hand has the rest)."""

import os
import re
import shutil
import time
from pathlib import Path

import membership
import pytest
import wait

import parts
import ports

INTERVAL = 0.5  # seconds between two observations
SLACK = 4.5  # for the repair itself, on a busy machine
OFTEN = {"statsInterval": "500ms"}


@pytest.fixture
def scene(start_scene, haproxy_version):
    return start_scene(haproxy_version, **OFTEN)


def mended(probe, wanted, what):
    """Within one interval."""
    began = time.monotonic()
    wait.equals(probe, wanted, what, timeout=INTERVAL + SLACK)
    return time.monotonic() - began


@pytest.mark.one_version
def test_an_address_set_by_hand_is_set_right(scene):
    wanted = membership.of_haproxy(scene.haproxy)
    with scene.no_reload():
        scene.haproxy.cli(f"set server live/live_{scene.addresses[0]} addr 127.0.0.9 port 9")
        mended(lambda: membership.of_haproxy(scene.haproxy), wanted, "the address is right")


def test_maps_cleared_by_hand_are_filled_again(scene):
    rules = [
        {"type": "path", "operation": "path_beg", "value": f"/r{i}", "backend": "nosuch"} for i in range(20)
    ]
    scene.put_frontend(rules=rules)
    membership.agree(scene.agent)

    def served():
        return [scene.answered_by(path) == 503 for path in ("/", "/r0", "/r19")]

    wanted = [False, True, True]
    assert served() == wanted
    with scene.no_reload():
        for name in scene.haproxy.maps():
            if scene.haproxy.show_map(name):
                scene.haproxy.cli(f"clear map {name}")
        mended(served, wanted, "every map is right")
        path = next(name for name in scene.haproxy.maps() if name.endswith("default.map"))
        scene.haproxy.cli(f"set map {path} web nosuch")
        mended(served, wanted, "a changed entry is right")
        scene.haproxy.cli(f"add map {path} stranger nosuch")
        mended(lambda: ("stranger", "nosuch") in scene.haproxy.show_map(path), False, "an added entry is gone")


def test_a_drain_by_hand_is_a_wish_and_not_drift(scene):
    name = f"live_{scene.addresses[0]}"
    scene.haproxy.cli(f"set server live/{name} state drain")
    with scene.no_reload():
        wait.stays(lambda: scene.haproxy.servers("live")[name] == "DRAIN", "drained", 2 * INTERVAL)
        scene.agent.restart()
        wait.stays(lambda: scene.haproxy.servers("live")[name] == "DRAIN", "drained", 2 * INTERVAL)
        scene.haproxy.cli(f"set server live/{name} state ready")
        wait.stays(lambda: scene.haproxy.servers("live")[name] == "UP", "ready", 2 * INTERVAL)


def test_a_server_with_a_foreign_name_is_left_alone(scene, start_origin):
    """In a backend of ours, added by hand: it serves on, also over changes of members."""
    foreign, extra = start_origin("foreign"), start_origin("extra")
    scene.haproxy.cli(f"add server live/by-hand 127.0.0.1:{foreign.port}")
    scene.haproxy.cli("enable server live/by-hand")
    with scene.no_reload():
        scene.register(extra)
        wait.until(lambda: f"live_127.0.0.1:{extra.port}" in scene.haproxy.servers("live"), "a member more")
        scene.deregister(scene.addresses[0])
        wait.until(lambda: f"live_{scene.addresses[0]}" not in scene.haproxy.servers("live"), "one less")
        scene.agent.restart()
        scene.agent.wait_applied()
        wait.stays(lambda: "by-hand" in scene.haproxy.servers("live"), "the foreign server stays", 4 * INTERVAL)
    assert scene.answered_by() in {"foreign", "extra", f"s1-{scene.origins[0].ports[1]}"}
    served = {scene.answered_by() for _ in range(9)}
    assert "foreign" in served


FOREIGN = """
frontend foreign-web
    bind 127.0.0.1:{port}
    http-request set-var(txn.b) path,map_beg({folder}/foreign.map,foreign-a)
    use_backend %[var(txn.b)]

backend foreign-a
    server a 127.0.0.1:{a} weight 3

backend foreign-b
    server b 127.0.0.1:{b}
"""


@pytest.fixture
def shared(start_scene, start_origin, work, haproxy_version):
    """A HAProxy that the operator's template gives sections of his own."""
    own = [start_origin("own-a"), start_origin("own-b")]
    port = ports.free()
    (work / "foreign.map").write_text("/b foreign-b\n")
    shutil.copytree(parts.ROOT / "templates", work / "templates")
    template = work / "templates" / "dev.haproxycfg.tmpl"
    mine = FOREIGN.format(port=port, folder=work, a=own[0].port, b=own[1].port)
    template.write_text(template.read_text() + mine)
    scene = start_scene(haproxy_version, templateFile=template, **OFTEN)
    scene.foreign_port, scene.own = port, own
    return scene


def test_sections_maps_and_servers_of_the_template_are_left_alone(shared, start_origin):
    """Over drift by hand, a change of members and a restart of the agent."""
    haproxy, port = shared.haproxy, shared.foreign_port
    assert shared.answered_by(port=port) == "own-a"
    assert shared.answered_by("/b", port=port) == "own-b"
    map_name = next(name for name in haproxy.maps() if name.endswith("/foreign.map"))
    haproxy.cli(f"add map {map_name} /c foreign-b")
    haproxy.cli("set server foreign-a/a weight 9")
    extra = start_origin("extra")
    haproxy.cli(f"add server foreign-b/more 127.0.0.1:{extra.port}")

    def foreign():
        names = {name: row["srv_uweight"] for name, row in haproxy.servers_state("foreign-a").items()}
        return names, sorted(haproxy.servers("foreign-b")), haproxy.show_map(map_name)

    wanted = ({"a": "9"}, ["b", "more"], [("/b", "foreign-b"), ("/c", "foreign-b")])
    assert foreign() == wanted
    with shared.no_reload():
        shared.register(extra)
        shared.agent.wait_members("live", [*shared.addresses, f"127.0.0.1:{extra.port}"])
        shared.agent.restart()
        shared.agent.wait_applied()
        wait.stays(lambda: foreign() == wanted, "nothing foreign is touched", 4 * INTERVAL)


def test_a_backend_of_the_template_may_be_used_but_not_taken(shared):
    assert shared.agent.put("/backends/foreign-a", {"type": "static"}).status == 409
    body = {"bind": f"127.0.0.1:{ports.free()}", "backend": "live"}
    assert shared.agent.put("/frontends/foreign-web", body).status == 409


def edited_copies(agent) -> list[Path]:
    path = Path(agent.options["haproxyCfgPath"])
    return sorted(path.parent.glob(path.name + ".edited-*"))


@pytest.mark.one_version
@pytest.mark.parametrize("while_running", [True, False], ids=["running", "stopped"])
def test_a_configuration_edited_by_hand_is_kept_beside(scene, while_running):
    membership.agree(scene.agent)
    path = Path(scene.agent.options["haproxyCfgPath"])
    if not while_running:
        scene.agent.stop()
    edited = path.read_text() + "\n# a note of mine\n"
    path.write_text(edited)
    if not while_running:
        scene.agent.start()
    with scene.load():
        scene.put_frontend(natives=["maxconn 400"])
    copies = wait.until(lambda: edited_copies(scene.agent), "a copy is kept")
    assert [copy.read_text() for copy in copies] == [edited]
    assert "a note of mine" not in path.read_text()
    assert [one for one in scene.agent.get("/activity").body if one["verb"] == "edited"]


@pytest.mark.one_version
def test_a_configuration_that_is_gone_is_written_again(scene):
    membership.agree(scene.agent)
    path = Path(scene.agent.options["haproxyCfgPath"])
    text = path.read_text()
    os.unlink(path)
    shutil.rmtree(scene.agent.options["haproxyDir"])
    with scene.load():
        scene.put_frontend(natives=["maxconn 400"])
    assert path.exists()
    assert re.sub(r"\s+maxconn 400", "", path.read_text()).splitlines()[1:] == text.splitlines()[1:]
    assert scene.haproxy.check()[0] == 0


def test_a_lost_haproxy_comes_back_with_its_members(scene):
    """kill -9 of master and worker; with --haproxyStart auto the agent starts it again."""
    master, worker = scene.haproxy.master_pid(), scene.haproxy.worker_pid()
    told = membership.agree(scene.agent)
    os.kill(master, 9)
    os.kill(worker, 9)
    wait.until(lambda: scene.answered_by() != 503, "served again", timeout=15)
    assert set(membership.of_haproxy(scene.haproxy).values()) == told
    assert scene.haproxy.master_pid() != master
