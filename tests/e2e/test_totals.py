# SPDX-License-Identifier: Apache-2.0
"""What HAProxy has counted, over all its workers; and the workers that leave."""

import contextlib
import socket

import load
import openmetrics
import pytest
import wait


RELOADS = 10
WITHIN = 0.005  # of what the load generator has sent
OFTEN = {"statsInterval": "500ms"}


@pytest.fixture
def scene(start_scene, haproxy_version):
    return start_scene(haproxy_version, **OFTEN)


def total(scene, what="requests", kind="frontend", name="web", **labels) -> float | None:
    """None while it is not shown."""
    families = openmetrics.parse(scene.agent.get("/metrics").body)
    family = families.get(f"thalassa_haproxy_{kind}_{what}_total")
    wanted = tuple(sorted({kind: name, **labels}.items()))
    return family.samples[wanted] if family and wanted in family.samples else None


def old_workers(scene) -> list[dict]:
    return scene.agent.status()["haproxy"]["oldWorkers"]


def reload_by_change(scene, number) -> None:
    with scene.reloads(1):
        scene.put_frontend(natives=[f"maxconn {1000 + number}"], wait="20s")


def test_totals_go_on_over_reloads_and_are_what_was_sent(scene):
    """On kept and on new connections; neither what a leaving worker serves at last is missing nor is
    what a new one takes over counted twice."""
    seen = []
    began = wait.until(lambda: total(scene) is not None and [total(scene)], "totals are shown")[0]
    with scene.traffic() as results:
        for number in range(RELOADS):
            reload_by_change(scene, number)
            seen.append(total(scene))
    sent = sum(result.requests for result in results)

    def counted():
        told = {
            "frontend": total(scene) - began,
            "backend": total(scene, kind="backend", name="live") - began,
            "2xx": total(scene, "responses", code="2xx") - began,
        }
        wrong = {k: v for k, v in told.items() if abs(v - sent) > sent * WITHIN}
        assert not wrong, f"{wrong}, sent {sent}"
        return True

    wait.until(counted, "the totals are what was sent")
    seen = [one for one in seen if one is not None]
    assert seen == sorted(seen) and len(seen) >= RELOADS - 1, seen


def test_totals_outlive_the_agent_and_a_reload_by_somebody_else(scene):
    for _ in range(50):
        assert scene.get().status == 200
    wait.until(lambda: total(scene) == 50, "50 requests are counted")
    scene.haproxy.reload()
    for _ in range(30):
        assert scene.get().status == 200
    wait.until(lambda: total(scene) == 80, "80 requests are counted")
    scene.agent.kill()
    for _ in range(20):
        assert scene.get().status == 200
    scene.agent.start()
    wait.until(lambda: total(scene) == 100, "100 requests are counted")
    scene.agent.stop()
    scene.haproxy.reload()
    scene.agent.start()
    wait.until(lambda: total(scene) == 100, "what was counted is kept")
    assert scene.get().status == 200
    wait.until(lambda: total(scene) == 101, "and counted on")
    wait.stays(lambda: total(scene) == 101, "nothing is counted twice", 1.5)


def test_totals_are_those_of_the_backend_whatever_proxy_serves_it(scene):
    """Another balance is another proxy: a new one, a spare, or a reload; the next reload gives it the
    backend's own name."""
    counted = 0

    def ask(times):
        nonlocal counted
        for _ in range(times):
            assert scene.get().status == 200
        counted += times
        wait.until(lambda: total(scene, kind="backend", name="live") == counted, f"{counted} requests")
        assert total(scene) == counted

    ask(20)
    for number, balance in enumerate(("leastconn", "first", "roundrobin")):
        scene.put_backend(balance=balance, wait="20s")
        ask(20)
        reload_by_change(scene, number)
        ask(20)
    wait.stays(lambda: total(scene, kind="backend", name="live") == counted, "nothing comes twice", 1.5)
    names = {
        dict(labels)["backend"]
        for labels in openmetrics.parse(scene.agent.get("/metrics").body)[
            "thalassa_haproxy_backend_requests_total"
        ].samples
    }
    assert names == {"live"}


@contextlib.contextmanager
def long_request(scene):
    """A connection with a request that is not yet whole: its worker cannot end."""
    with socket.create_connection(("127.0.0.1", scene.port), 10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        wait.until(lambda: scene.haproxy.info()["CurrConns"] != "0", "HAProxy has the connection")
        yield connection


def test_old_workers_are_shown_and_too_many_make_a_reload_wait(start_scene, haproxy_version):
    scene = start_scene(haproxy_version, maxOldWorkers=2, **OFTEN)
    wait.equals(lambda: old_workers(scene), [], "none yet")
    with contextlib.ExitStack() as clients:
        first = scene.haproxy.worker_pid()
        held = [clients.enter_context(long_request(scene))]
        reload_by_change(scene, 1)
        wait.equals(lambda: [one["pid"] for one in old_workers(scene)], [first], "the first is shown")
        assert 0 <= old_workers(scene)[0]["uptime"] < 300
        held.append(clients.enter_context(long_request(scene)))
        reload_by_change(scene, 2)
        wait.until(lambda: len(old_workers(scene)) == 2, "two are shown")
        with scene.no_reload():
            reply = scene.agent.put(
                "/frontends/web",
                {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "natives": ["maxconn 1900"]},
            )
            scene.agent.good(reply)
            wait.until(lambda: "old workers" in scene.agent.status()["reloads"].get("waits", ""), "it waits")
            assert scene.agent.get("/plan").body["verdict"] == "reload"
            wait.stays(lambda: scene.agent.status()["pending"] == ["reload"], "it waits on", 1.5)
            assert "old workers" in scene.agent.run("status").stdout
            assert len(scene.agent.get("/activity", filter="reloadWaits").body) == 1
        with scene.reloads(1):
            held[0].sendall(b"cd")
            assert load.read_answer(held[0])[0] == 200
            held[0].close()
            scene.agent.wait_applied(timeout=20)
        held[1].sendall(b"cd")
        assert load.read_answer(held[1])[0] == 200
    wait.equals(lambda: old_workers(scene), [], "all have ended")
    assert "waits" not in scene.agent.status()["reloads"]


@pytest.mark.one_version
def test_an_agent_that_is_killed_lets_old_workers_end(scene):
    """It holds a connection to each; a worker ends when its last client is gone all the same."""
    with long_request(scene):
        reload_by_change(scene, 1)
        wait.until(lambda: len(old_workers(scene)) == 1, "one is shown")
        scene.agent.kill()
    wait.until(lambda: len(scene.haproxy.pids()) == 2, "master and one worker")
    scene.agent.start()
    wait.equals(lambda: old_workers(scene), [], "and none is shown")


@pytest.mark.one_version
def test_old_workers_are_known_without_a_master_socket(scene, work):
    """Reloads by a command; HAProxy's master is not reachable for the agent."""
    script = work / "reload.sh"
    script.write_text(f'#!/bin/sh\nkill -USR2 "$(head -n 1 {scene.agent.options["haproxyPidPath"]})"\n')
    script.chmod(0o755)
    scene.agent.restart(haproxyMasterSocketPath=work / "none.sock", haproxyReloadCmd=script)
    scene.agent.wait_applied()
    first = scene.haproxy.worker_pid()
    with long_request(scene):
        reload_by_change(scene, 1)
        wait.equals(lambda: [one["pid"] for one in old_workers(scene)], [first], "it is shown")
        assert 0 <= old_workers(scene)[0]["uptime"] < 300
    wait.equals(lambda: old_workers(scene), [], "and gone with its last client")
