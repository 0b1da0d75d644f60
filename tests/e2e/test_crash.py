# SPDX-License-Identifier: Apache-2.0
"""HAProxy dies, the agent dies, at any moment: afterwards HAProxy runs what is desired, the store is
whole, and nothing was reloaded without a reason."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import files
import load
import membership
import parts
import ports
import pytest
import siege
import wait
from download import Download
from scene import NO_WAIT


SEED = int(os.environ.get("THALASSA_SEED", "6"))  # of the sieges; another one to hunt for more


def kill_haproxy(haproxy) -> None:
    """Master and all workers, old ones too."""
    for pid in haproxy.pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def runs(haproxy) -> bool:
    try:
        return "worker" in haproxy.master("show proc")
    except OSError:
        return False


def start_by_hand(agent, program=None) -> None:
    """As an operator would, from the files that are there."""
    options = agent.options
    words = ["-W", "-D", "-S", options["haproxyMasterSocketPath"], "-p", options["haproxyPidPath"]]
    subprocess.run(
        [program or options["haproxyPath"], *map(str, words), "-f", str(options["haproxyCfgPath"])],
        check=True, capture_output=True, timeout=20,
    )


RULES = [{"type": "path", "operation": "path_beg", "value": "/other", "backend": "other"}]


def scene_of_two(start_scene, start_origin, haproxy_version, registry, **options):
    """`live` with `one` (weight 10) and `two`, `other` with `fixed` behind a rule. -> scene, origins"""
    one, two, fixed = (start_origin(name) for name in ("one", "two", "fixed"))
    options = {"drainTimeout": "1s", "begin": False} | options
    scene = start_scene(haproxy_version, [two], registry, **options)
    scene.register(one, weights=(10, 1))
    scene.put_static("other", fixed, wait=NO_WAIT)
    scene.put_backend(wait=NO_WAIT)
    scene.put_frontend(rules=RULES)
    scene.agent.wait_members("live", [f"127.0.0.1:{o.port}" for o in (one, two)])
    return scene, one, two


def test_haproxy_restarted_without_the_agent_serves_the_present(
    haproxy_version, start_scene, start_origin, registry
):
    """Both are killed; HAProxy alone returns: members and rules that were only ever set at runtime are
    in its files."""
    scene, one, two = scene_of_two(start_scene, start_origin, haproxy_version, registry)
    told = membership.agree(scene.agent)
    files.wait_still(scene.agent.options["haproxyDir"])
    weights = membership.weights(scene.haproxy)
    assert weights[f"127.0.0.1:{one.port}"] == 10
    scene.agent.kill()
    kill_haproxy(scene.haproxy)
    start_by_hand(scene.agent)
    wait.until(lambda: scene.get().status == 200, "it serves")
    assert set(membership.of_haproxy(scene.haproxy).values()) == told
    assert membership.weights(scene.haproxy) == weights
    assert scene.answered_by("/other") == "fixed"
    assert {scene.answered_by() for _ in range(40)} == {"one", "two"}


def test_haproxy_restarted_by_hand_is_put_right(haproxy_version, start_scene, start_origin, registry):
    """While it is dead a member comes, one leaves and a rule changes. Put right within one
    statsInterval (2 s, and as much for a busy machine), without a reload."""
    scene, one, two = scene_of_two(start_scene, start_origin, haproxy_version, registry)
    agent = scene.agent.restart(haproxyStart="never")
    agent.wait_applied()
    kill_haproxy(scene.haproxy)
    wait.until(lambda: agent.status()["haproxy"]["state"] == "down", "the agent knows")
    three = start_origin("three")
    scene.register(three, weights=(7, 1))
    scene.deregister(f"127.0.0.1:{two.port}")
    rules = [RULES[0] | {"value": "/changed"}]
    body = agent.get("/frontends/web").body | {"rules": rules}
    assert agent.put("/frontends/web", body).status in (200, 202)
    start_by_hand(agent)
    wanted = {f"127.0.0.1:{one.port}": 10, f"127.0.0.1:{three.port}": 7}
    wait.equals(lambda: membership.weights(scene.haproxy), wanted, "put right", timeout=4.0)
    wait.equals(lambda: scene.answered_by("/changed"), "fixed", "the rule", timeout=4.0)
    assert scene.answered_by("/other") in ("one", "three")
    assert scene.haproxy.reloads() == 0
    membership.agree(agent)


def test_a_killed_haproxy_is_started_again(haproxy_version, start_scene, start_origin, registry):
    scene, one, two = scene_of_two(start_scene, start_origin, haproxy_version, registry)
    kill_haproxy(scene.haproxy)
    wait.until(lambda: scene.get().status == 200, "it serves again", timeout=5.0)
    scene.agent.wait_members("live", [f"127.0.0.1:{o.port}" for o in (one, two)])
    assert membership.weights(scene.haproxy)[f"127.0.0.1:{one.port}"] == 10
    assert scene.answered_by("/other") == "fixed"


DAEMON = """#!/bin/sh
case " $* " in
*" -D "*)
    echo >>{folder}/begun
    until [ -e {folder}/go ]; do sleep 0.05; done
    [ ! -e {folder}/fail ] || exit 1
esac
exec {haproxy} "$@"
"""


def scene_of_daemon(start_scene, start_origin, haproxy_version, registry, work):
    """A scene whose HAProxy is started when `go` exists, and not while `fail` does: files in `work`, where
    `begun` has a line for each start. -> scene, its agent stopped, HAProxy dead"""
    program = work / "program"
    program.write_text(DAEMON.format(folder=work, haproxy=parts.haproxy(haproxy_version)))
    program.chmod(0o755)
    (work / "go").touch()
    scene, _, _ = scene_of_two(
        start_scene, start_origin, haproxy_version, registry, haproxyPath=program
    )
    membership.agree(scene.agent)
    files.wait_still(scene.agent.options["haproxyDir"])
    scene.agent.stop()
    kill_haproxy(scene.haproxy)
    (work / "begun").unlink()
    return scene


def test_a_start_that_a_killed_agent_began_is_waited_for(
    haproxy_version, start_scene, start_origin, registry, work
):
    """A start takes its time, on a busy machine or with many servers. A second HAProxy would take the first
    one's sockets away before it fails, and nobody could speak to the one that serves."""
    scene = scene_of_daemon(start_scene, start_origin, haproxy_version, registry, work)
    agent, begun = scene.agent, work / "begun"
    (work / "go").unlink()
    agent.start()
    for _ in range(2):
        wait.until(lambda: begun.read_text() == "\n", "HAProxy is being started")
        agent.kill()
        agent.start()
        wait.until(lambda: agent.status()["registry"]["state"] == "ok", "it knows all")
        wait.stays(lambda: begun.read_text() == "\n", "it waits", 1.0)
    (work / "go").touch()
    wait.until(lambda: scene.get().status == 200, "it serves", timeout=15)
    agent.wait_applied()
    membership.agree(agent)
    assert begun.read_text() == "\n", "started once"
    assert scene.haproxy.reloads() == 0


def failures(agent) -> int:
    """Starts that were told to have failed."""
    return [one["verb"] for one in agent.get("/activity").body].count("startFailed")


def test_what_failed_at_a_start_is_tried_again_when_others_start_haproxy(
    haproxy_version, start_scene, start_origin, registry, work
):
    """The reload that is due since then is made once HAProxy runs, whoever started it."""
    scene = scene_of_daemon(start_scene, start_origin, haproxy_version, registry, work)
    (work / "fail").touch()
    agent = scene.agent.start(haproxyStats=f"127.0.0.1:{ports.free()}")
    wait.until(lambda: failures(agent) >= 2, "it cannot be started", timeout=15)
    start_by_hand(agent, parts.haproxy(haproxy_version))
    agent.wait_applied()
    wait.equals(scene.haproxy.reloads, 1, "what is desired runs")
    assert agent.get("/plan").body["verdict"] == "noop"


def test_a_port_that_is_taken_at_the_start_serves_as_soon_as_it_is_free(
    haproxy_version, start_scene, start_origin, registry, work
):
    """Its frontend is set aside meanwhile, so that others serve, and nobody has to do anything."""
    scene = scene_of_daemon(start_scene, start_origin, haproxy_version, registry, work)
    second, address = ports.free(), ("127.0.0.1", scene.port)
    with wait.until(lambda: socket.create_server(address), "the port of the dead one is free"):
        agent = scene.agent.start()
        wait.until(lambda: agent.status()["failed"], "it is told", timeout=15)
        assert [one["object"] for one in agent.status()["failed"]] == ["frontend/web"]
        body = {"bind": f"127.0.0.1:{second}", "backend": "other"}
        agent.good(agent.put("/frontends/second", body))
        wait.until(lambda: scene.get(port=second).status == 200, "others serve", timeout=15)
    wait.until(lambda: scene.get().status == 200, "it serves", timeout=30)
    wait.equals(lambda: agent.status()["failed"], [], "nothing is told any more")
    agent.wait_applied()
    assert scene.haproxy.reloads() == 1


def test_a_killed_agent_costs_no_request(haproxy_version, start_scene, start_origin, registry):
    """What happened meanwhile is applied at its return, without a reload."""
    scene, one, two = scene_of_two(start_scene, start_origin, haproxy_version, registry)
    with scene.no_reload(), scene.load():
        scene.agent.kill()
        three = start_origin("three")
        scene.register(three)
        scene.deregister(f"127.0.0.1:{two.port}")
        scene.wait_flow()
        scene.agent.start()
        scene.agent.wait_members("live", [f"127.0.0.1:{o.port}" for o in (one, three)])
    membership.agree(scene.agent)


def test_a_drain_goes_on_after_a_kill_of_the_agent(
    haproxy_version, start_scene, start_origin, registry
):
    """A member that was being drained is removed when its session ends, not before and not never."""
    leaving, staying = start_origin("leaves"), start_origin("stays")
    scene = start_scene(haproxy_version, [leaving], registry, drainTimeout="30s")
    name = f"live_127.0.0.1:{leaving.port}"
    download = Download(scene.port, ms=4000)
    wait.until(leaving.requests, "the download began")
    scene.register(staying)
    scene.deregister(f"127.0.0.1:{leaving.port}")
    wait.until(lambda: scene.haproxy.servers("live")[name] == "DRAIN", "drained")
    scene.agent.kill()
    scene.agent.start()
    wait.until(lambda: scene.agent.status()["haproxy"]["state"] == "up", "it looks at HAProxy")
    wait.stays(lambda: scene.haproxy.servers("live").get(name) == "DRAIN", "it drains on", 1.0)
    assert not download.ended
    assert download.is_whole("leaves")
    scene.agent.wait_members("live", [f"127.0.0.1:{staying.port}"], timeout=5)


def test_kills_at_any_time_leave_everything_whole(
    haproxy_version, start_scene, start_origin, consul, scaled
):
    """With --full 400 random changes, else 40, in the second half new and deleted backends, too; each
    agent lives for less than a second after its start, or after its first answer."""
    scene, origins = siege.build(start_scene, start_origin, consul, haproxy_version)
    fate = siege.Siege(scene, origins, lambda doomed: mortals.begin(doomed), SEED)
    mortals = siege.Mortals(scene.agent, fate, longest=0.4)
    lay_siege(scene, fate, scaled(400), haproxy_version)


def test_kills_at_every_write_leave_everything_whole(
    haproxy_version, start_scene, start_origin, consul, scaled
):
    """The same, killed at a write, fsync, rename or send, by the build that has the fault hook."""
    try:
        binary = parts.built("thalassa", "asan")
    except AssertionError as error:
        pytest.skip(str(error))
    scene, origins = siege.build(start_scene, start_origin, consul, haproxy_version)
    agent, environment = scene.agent, dict(scene.agent.env)
    agent.stop()
    agent.binary = binary

    def begin(doomed):
        if agent.child.alive():
            agent.kill()
        point = int(fate.random.expovariate(1 / 40)) + 1
        agent.env = environment | ({"THALASSA_FAULT": f"kill:{point}"} if doomed else {})
        agent.start(wait_ready=not doomed)

    fate = siege.Siege(scene, origins, begin, SEED)
    lay_siege(scene, fate, scaled(400), haproxy_version)
    places = set(re.findall(r"fault: killed at (\S+)", agent.log()))
    assert len(places) >= 3, places
    agent.stop()


def test_kills_of_both_leave_everything_whole(
    haproxy_version, start_scene, start_origin, consul, scaled
):
    """The same, and before every third start of the agent HAProxy is killed, too, if it runs: many an agent
    dies before it has started one. They live longer for that."""
    scene, origins = siege.build(start_scene, start_origin, consul, haproxy_version)
    killed = 0

    def begin(doomed):
        nonlocal killed
        scene.agent.kill()
        if doomed and fate.random.random() < 0.33 and runs(scene.haproxy):
            kill_haproxy(scene.haproxy)
            killed += 1
        mortals.begin(doomed)

    fate = siege.Siege(scene, origins, begin, SEED)
    mortals = siege.Mortals(scene.agent, fate, longest=1.5)
    fate.run(scaled(400), structural=True)
    while killed < 3:
        fate.run(1, structural=True)


def lay_siege(scene, fate, changes, haproxy_version) -> None:
    """New and deleted backends, and other profiles, are a reload each at most, where spares are used up
    too fast; none where HAProxy makes backends at runtime."""
    reloads = scene.haproxy.reloads()
    with load.Prober(scene.port, threads=1, pause=0.002) as prober:
        fate.run(changes // 2, structural=False)
        assert scene.haproxy.reloads() == reloads, "nothing of this needs a reload"
        fate.run(changes - changes // 2, structural=True)
    assert not prober.failures, "a kill of the agent costs no request"
    allowed = 0 if haproxy_version == "3.4" else fate.structural
    assert scene.haproxy.reloads() - reloads <= allowed
