# SPDX-License-Identifier: Apache-2.0
"""A reload: only for what needs one, with its reason, without a lost request, and back if it fails."""

import contextlib
import os
import re
import shutil
import signal
import time
from pathlib import Path

import files
import load
import membership
import pytest
import scene as scenes
import wait

import parts
import ports

# HAProxy reads this block as a master's worker and not with -c: a configuration that passes the
# check and is refused at the reload.
REFUSED_LATE = [".if defined(HAPROXY_MWORKER)", "bogus-at-reload", ".endif"]


def reloads_told(scene) -> dict:
    return scene.agent.status()["reloads"]


def metric(scene, name) -> float:
    """The sum over all labels."""
    found = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", scene.agent.get("/metrics").body, re.MULTILINE)
    assert found, name
    return sum(map(float, found))


def test_a_bind_changes_under_load_and_no_request_is_lost(scene):
    """New and kept connections; the old port stays, another one comes and goes."""
    other = ports.free()
    worker, master = scene.haproxy.worker_pid(), scene.haproxy.master_pid()
    counted = reloads_told(scene)["count"]
    with scene.load(), scene.reloads(2):
        scene.put_frontend(bind=f"127.0.0.1:{scene.port},127.0.0.1:{other}")
        assert scene.answered_by(port=other) in load_names(scene)
        scene.wait_flow()
        told = reloads_told(scene)
        assert "web" in told["reason"] and "bind" in told["reason"], told
        scene.put_frontend()
        wait.until(lambda: not scenes.is_listening(other), "the other port is closed")
    assert scene.haproxy.worker_pid() != worker
    assert scene.haproxy.master_pid() == master
    assert reloads_told(scene)["count"] == counted + 2


def load_names(scene) -> set[str]:
    return {f"{origin.name}-{port}" for origin in scene.origins for port in origin.ports}


def test_an_idle_kept_connection_outlives_the_reload_until_its_next_request(scene, keeper):
    from asker import Asker

    askers = [keeper.keep(Asker(scene.port)) for _ in range(20)]
    assert all(asker.ask() in load_names(scene) for asker in askers)
    with scene.reloads(1):
        scene.put_frontend(natives=["maxconn 777"])
    assert all(asker.ask() in load_names(scene) for asker in askers)


def reload_cases(scene):
    """object, field, method, path, body; each must force one reload, in this order."""
    new = {"bind": f"127.0.0.1:{ports.free()}", "backend": "live"}
    closing = {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "keepalive": "close"}
    fuller = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0", "natives": ["fullconn 900"]}
    return [
        ("frontend/new", "created", "PUT", "/frontends/new", new),
        ("frontend/new", "bind", "PUT", "/frontends/new", new | {"bind": f"127.0.0.1:{ports.free()}"}),
        ("frontend/new", "deleted", "DELETE", "/frontends/new", None),
        ("frontend/web", "keepalive", "PUT", "/frontends/web", closing),
        ("backend/live", "natives", "PUT", "/backends/live", fuller),
    ]


@pytest.mark.one_version
def test_each_reload_is_announced_and_tells_what_forced_it(scene):
    with load.Prober(scene.port) as prober:
        for named, field, method, path, body in reload_cases(scene):
            plan = scene.agent.good(scene.agent.request(method, path, body, dryRun="true")).body
            assert plan["verdict"] == "reload", (path, plan)
            reasons = {(reason["object"], reason["field"]) for reason in plan["reasons"]}
            assert (named, field) in reasons, plan
            assert plan["diff"], plan
            with scene.reloads(1):
                scene.agent.good(scene.agent.request(method, path, body, wait="10s"))
            told = reloads_told(scene)
            assert named.split("/")[1] in told["reason"] and field in told["reason"], told
            assert scene.agent.get("/plan").body["verdict"] == "noop"
    assert not prober.failures
    assert metric(scene, "thalassa_reloads_total") == reloads_told(scene)["count"]


def test_frontends_put_in_a_row_are_all_taken(scene):
    """Nobody waits for the reload of the one before: no address of ours is taken for somebody else's."""
    free = [ports.free() for _ in range(3)]
    with scene.load():
        for port in free:
            body = {"bind": f"127.0.0.1:{port}", "backend": "live"}
            scene.agent.good(scene.agent.put(f"/frontends/f{port}", body))
            # while HAProxy starts to listen there, and before the agent has seen it
            wait.until(lambda port=port: scenes.is_listening(port), "it listens")
        scene.agent.wait_applied(timeout=20)
    assert all(scene.answered_by(port=port) != 503 for port in free)


@pytest.mark.one_version
def test_a_change_right_after_the_start_is_taken(scene):
    """Of the agent, while it has not yet seen what its HAProxy listens on; and of HAProxy."""
    body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live"}
    for maxconn in (100, 200):
        scene.agent.restart()
        scene.agent.good(scene.agent.put("/frontends/web", body | {"natives": [f"maxconn {maxconn}"]}))
        scene.agent.wait_applied()
    for pid in (scene.haproxy.worker_pid(), scene.haproxy.master_pid()):
        os.kill(pid, signal.SIGKILL)
    for maxconn in range(400, 800):
        reply = scene.agent.put("/frontends/web", body | {"natives": [f"maxconn {maxconn}"]})
        if reply.status == 503:  # HAProxy's version is not known while it is down
            continue
        scene.agent.good(reply)
        if scene.agent.status()["haproxy"]["state"] == "up":
            break
    scene.agent.wait_applied(timeout=20)


@pytest.fixture
def varied(start_scene, start_origin, haproxy_version):
    """Members: one as it is, one heavier, one drained and one in maintenance by hand, one down."""
    origins = [start_origin(name) for name in ("plain", "heavy", "drained", "maint", "down")]
    scene = start_scene(haproxy_version, origins=origins, begin=False, version="1.0.0")
    heavy, down = origins[1], origins[4]
    scene.register(heavy, weights=(7, 1))
    health = {"uri": "/health", "interval": 100}
    scene.begin(health=health)
    addresses = scene.addresses
    scene.haproxy.cli(f"set server live/live_{addresses[2]} state drain")
    scene.haproxy.cli(f"set server live/live_{addresses[3]} state maint")
    down.fail()
    wanted = dict(zip(addresses, ["UP", "UP", "DRAIN", "MAINT", "DOWN"]))
    scene.wanted = {f"live_{address}": state for address, state in wanted.items()}
    scene.heavy = f"127.0.0.1:{heavy.port}"
    wait.equals(lambda: scene.haproxy.servers("live"), scene.wanted, "states before")
    wait.until(lambda: membership.weights(scene.haproxy)[scene.heavy] == 7, "weight before")
    return scene


def state_file(scene) -> Path:
    config = Path(scene.agent.options["haproxyCfgPath"]).read_text()
    return Path(re.search(r"^\s*server-state-file (\S+)", config, re.MULTILINE).group(1))


def test_members_weights_and_states_survive_a_reload(varied):
    """From the first answer of the new worker on: nobody is UP who was DOWN or drained before. The
    state file is emptied then: a stale one would win at a later restart of HAProxy."""
    worker = varied.haproxy.worker_pid()
    weights = membership.weights(varied.haproxy)
    answers = []

    def seen():
        if varied.haproxy.info()["Pid"] == str(worker):
            return False
        answers.append(varied.haproxy.servers("live"))
        return len(answers) >= 20

    with load.Prober(varied.port) as prober:
        varied.put_frontend(wait="0ms", bind=f"127.0.0.1:{varied.port},127.0.0.1:{ports.free()}")
        wait.until(seen, "the new worker answers", every=0.005)
        varied.agent.wait_applied()
    for answer in answers:
        assert answer == varied.wanted
    assert membership.weights(varied.haproxy) == weights
    assert not prober.failures
    assert prober.names() == {"plain", "heavy"}
    wait.until(lambda: state_file(varied).read_text() == "1\n", "only the version line is left")
    # a drain or maintenance by hand is somebody's wish, and shown
    for name, state in varied.wanted.items():
        told = membership.of_api(varied.agent)[name.removeprefix("live_")]["observed"]["state"]
        assert told == {"DRAIN": "drain", "MAINT": "maint"}.get(state, "ready"), (name, told)
    for _ in range(20):
        assert varied.haproxy.servers("live") == varied.wanted


def test_a_member_added_just_before_a_reload_is_there_after_it(scene, start_origin):
    extra = start_origin("extra")
    address = f"127.0.0.1:{extra.port}"
    with scene.load(), scene.reloads(1):
        scene.register(extra)
        scene.put_frontend(natives=["maxconn 1500"])
        scene.agent.wait_members("live", [*scene.addresses, address])
    membership.agree(scene.agent)


def test_what_haproxy_refuses_at_the_reload_is_rolled_back_byte_for_byte(scene):
    membership.agree(scene.agent)
    paths = scene.agent.options["haproxyCfgPath"], scene.agent.options["haproxyDir"]
    before = files.unmarked(*paths)
    with scene.load():
        reply = scene.agent.good(
            scene.agent.put(
                "/frontends/web",
                {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "natives": REFUSED_LATE},
            )
        )
        assert reply.body["natives"] == REFUSED_LATE

        def told():
            return scene.agent.status()["failed"]

        failed = wait.until(told, "the failed object is shown", timeout=20)
        assert [one["object"] for one in failed] == ["frontend/web"], failed
        # and the agent goes on with its work
        scene.deregister(scene.addresses[0])
        scene.agent.wait_members("live", scene.addresses[1:])
        scene.registry.register(scenes.SERVICE, scene.origins[0].port, version="1.0.0")
        scene.agent.wait_members("live", scene.addresses)
    membership.agree(scene.agent)
    wait.equals(lambda: files.unmarked(*paths), before, "the files are as before")
    if scene.haproxy.version != "2.6":  # which tells its words on stderr only
        assert "bogus-at-reload" in str(scene.agent.status()["failed"])
    assert scene.haproxy.check()[0] == 0
    assert scene.agent.get("/activity", filter="failed").body
    # From 3.2 on HAProxy's master does not hand the listeners over in the reload after a failed one, and
    # resets what waits to be accepted: seen without the agent, too (1 in some 50,000 requests).
    with scene.load() if scene.haproxy.version < "3.2" else contextlib.nullcontext():
        scene.put_frontend(natives=["maxconn 500"])
    assert scene.agent.status()["failed"] == []


@pytest.mark.one_version
def test_a_reload_that_fails_is_not_tried_for_ever(scene):
    first = scene.haproxy.reloads()
    body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "natives": REFUSED_LATE}
    scene.agent.good(scene.agent.put("/frontends/web", body))
    wait.until(lambda: scene.agent.status()["failed"], "failed", timeout=20)
    tried = scene.haproxy.reloads()
    assert tried - first <= 2  # the try, and one to bring a dead socket back
    wait.stays(lambda: scene.haproxy.reloads() == tried, "no further try", 2)


def test_a_listener_that_cannot_be_opened_is_rolled_back_and_the_socket_comes_back(scene, work):
    """What the check cannot see: a socket in a folder that is not there."""
    membership.agree(scene.agent)
    paths = scene.agent.options["haproxyCfgPath"], scene.agent.options["haproxyDir"]
    before = files.unmarked(*paths)
    with scene.load():
        body = {"bind": f"unix@{work}/no/such.sock", "backend": "live"}
        reply = scene.agent.put("/frontends/new", body)
        if reply.status == 200:
            failed = wait.until(lambda: scene.agent.status()["failed"], "failed", timeout=20)
            assert [one["object"] for one in failed] == ["frontend/new"]
        else:
            assert reply.status in (409, 422), reply
            assert "such.sock" in str(reply.body)
    assert scene.haproxy.info()["Pid"] == str(scene.haproxy.worker_pid())
    wait.equals(lambda: files.unmarked(*paths), before, "the files are as before")


def test_haproxy_reloaded_by_somebody_else_starts_from_the_present(scene, start_origin):
    """Members that came by runtime commands are in the files."""
    extra = start_origin("extra")
    scene.register(extra)
    scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{extra.port}"])
    told = membership.agree(scene.agent)
    count = reloads_told(scene)["count"]
    with scene.load():
        scene.haproxy.reload()
        wait.stays(
            lambda: set(membership.of_haproxy(scene.haproxy).values()) == told, "the members stay", 1
        )
    assert reloads_told(scene)["count"] == count


def test_a_change_of_a_profile_that_runs_needs_no_reload_only_where_haproxy_can(scene):
    """Another balance for a backend: the plan says which way, and HAProxy's count agrees."""
    body = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0", "balance": "leastconn"}
    plan = scene.agent.good(scene.agent.put("/backends/live", body, dryRun="true")).body
    assert plan["verdict"] in ("runtime", "reload")
    with scene.load(), scene.reloads(1 if plan["verdict"] == "reload" else 0):
        scene.put_backend(balance="leastconn")
    config = scene.agent.get("/haproxy/config").body
    assert re.search(r"^\s+balance leastconn$", config, re.MULTILINE)
    membership.agree(scene.agent)


def test_a_template_that_was_changed_is_in_force_after_sighup(start_scene, work, haproxy_version):
    folder = work / "templates"
    shutil.copytree(parts.ROOT / "templates", folder)
    template = folder / "dev.haproxycfg.tmpl"
    scene = start_scene(haproxy_version, templateFile=template)
    template.write_text(template.read_text().replace("global\n", "global\n    maxconn 1234\n", 1))
    with scene.load(), scene.reloads(1):
        scene.agent.hangup()
        wait.equals(lambda: scene.haproxy.info()["Maxconn"], "1234", "the new template is in force")
        scene.agent.wait_applied()
    assert "template" in reloads_told(scene)["reason"] or "global" in reloads_told(scene)["reason"]


def test_an_agent_that_is_ended_during_a_reload_leaves_all_whole(start_scene, haproxy_version):
    """SIGTERM in two of its steps: it ends at once, HAProxy serves, the next start brings what was
    stored."""
    scene = start_scene(haproxy_version, debug=True)
    for i, step in enumerate(("check", "reload")):
        body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "natives": [f"maxconn {500 + i}"]}
        known = scene.agent.log().count(f"reload: {step}")
        with scene.load():
            scene.agent.good(scene.agent.put("/frontends/web", body))
            wait.until(lambda: scene.agent.log().count(f"reload: {step}") > known, f"step {step}", every=0.001)
            began = time.monotonic()
            scene.agent.stop()
            assert time.monotonic() - began < 5
            assert scene.haproxy.check()[0] == 0
            scene.agent.start()
            scene.agent.wait_applied()
        row = next(r for r in scene.haproxy.stat() if (r["pxname"], r["svname"]) == ("web", "FRONTEND"))
        assert row["slim"] == str(500 + i)
