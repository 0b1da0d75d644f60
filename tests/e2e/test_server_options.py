# SPDX-License-Identifier: Apache-2.0
"""Changed options of a backend's servers: its members are taken out one after the other, as long as
others serve, and added with the new ones; a reload only where there is nobody else."""

import subprocess

import load
import membership
import wait
from download import Download
from test_switch_states import FAST, Serving

SLOW = {"method": "GET", "uri": "/health", "interval": 300}


def three(start_scene, start_origin, haproxy_version, **options):
    origin = start_origin("one", count=3)
    options = {"drainTimeout": "10s"} | options
    scene = start_scene(haproxy_version, [origin], begin=False, **options)
    return scene.begin(health=FAST), origin


def options_of(scene, backend="live") -> dict[str, str]:
    """What HAProxy shows of them: maxconn, and that a check of the new interval has passed."""
    rows = [row for row in scene.haproxy.stat() if row["pxname"] == backend]
    return {row["svname"]: row["slim"] for row in rows if row["svname"].startswith("live_")}


def test_options_change_without_a_reload_and_without_a_lost_request(
    haproxy_version, start_scene, start_origin
):
    """Told beforehand as runtime; at no time more than one of three is away."""
    scene, origin = three(start_scene, start_origin, haproxy_version)
    body = {"type": "dynamic", "name": "site", "version": "1.0.0", "health": FAST}
    with scene.no_reload(), scene.load():
        serving = Serving(scene)
        changed = body | {"server": ["maxconn 77"]}
        plan = scene.agent.good(scene.agent.put("/backends/live", changed, dryRun="true")).body
        assert plan["verdict"] == "runtime" and plan["reasons"] == [], plan
        assert plan["operations"] == [f"set server live/live_{min(scene.addresses)} state drain"]
        assert scene.agent.put("/backends/live", changed, wait="20s").status == 200
        assert set(options_of(scene).values()) == {"77"} and len(options_of(scene)) == 3
        changed |= {"health": SLOW, "server": []}
        assert scene.agent.put("/backends/live", changed, wait="20s").status == 200
        assert set(options_of(scene).values()) == {""}
        assert serving.stop() >= 2
    scene.agent.wait_members("live", scene.addresses)
    written = scene.agent.get("/haproxy/config").body
    wait.until(lambda: "inter 300ms" in scene.agent.get("/haproxy/config").body, written)


def test_the_only_member_gets_its_options_by_a_reload(haproxy_version, start_scene):
    """As `plan` says before; requests do not notice."""
    scene = start_scene(haproxy_version, begin=False)
    scene.deregister(scene.addresses[1])
    scene.put_backend(wait="1ms")
    scene.put_frontend()
    scene.agent.wait_members("live", scene.addresses[:1])
    body = {"type": "dynamic", "name": "site", "version": "1.0.0", "server": ["maxconn 77"]}
    plan = scene.agent.good(scene.agent.put("/backends/live", body, dryRun="true")).body
    assert plan["verdict"] == "reload", plan
    assert [(one["object"], one["field"]) for one in plan["reasons"]] == [("backend/live", "server")]
    assert "no other member serves" in plan["reasons"][0]["why"]
    with scene.reloads(1), load.Prober(scene.port, threads=2) as prober:
        scene.put_backend(server=["maxconn 77"])
        assert set(options_of(scene).values()) == {"77"}
    assert not prober.failures


def test_options_that_the_members_do_not_bear_stop_at_the_first(
    haproxy_version, start_scene, start_origin
):
    """`ssl` towards servers that do not speak it: the first one fails its check and stays out, the
    others serve on as they are; taking the option back ends it."""
    scene, origin = three(start_scene, start_origin, haproxy_version)
    with scene.no_reload(), scene.load():
        serving = Serving(scene)
        body = {"type": "dynamic", "name": "site", "version": "1.0.0", "health": FAST}
        bad = body | {"server": ["ssl", "verify none", "check-ssl"]}
        assert scene.agent.put("/backends/live", bad, wait="2s").status == 202
        first = f"live_{min(scene.addresses)}"

        def failed():
            return scene.haproxy.servers_state("live")[first]["srv_check_result"] == "2"

        wait.until(failed, "its check fails")
        scene.wait_flow()
        up = {name for name, status in scene.haproxy.servers("live").items() if status == "UP"}
        assert up == {f"live_{one}" for one in scene.addresses} - {first}
        assert scene.agent.put("/backends/live", body, wait="20s").status == 200
        assert serving.stop() >= 2
    scene.agent.wait_members("live", scene.addresses)


def test_a_long_answer_ends_before_its_server_is_replaced(
    haproxy_version, start_scene, start_origin
):
    scene, origin = three(start_scene, start_origin, haproxy_version, drainTimeout="20s")
    downloads = [Download(scene.port, ms=2500) for _ in range(3)]
    wait.until(lambda: sum(origin.requests(p) for p in origin.ports) > 3, "the downloads began")
    with scene.no_reload():
        scene.put_backend(health=FAST, server=["maxconn 77"], wait="30s")
    for one in downloads:
        wait.until(lambda one=one: one.ended, "it ended")
        assert (one.status, one.error) == (200, None)
    assert set(options_of(scene).values()) == {"77"}


def test_a_kill_in_the_middle_and_a_new_wish(haproxy_version, start_scene, start_origin, scaled):
    """Killed at any moment, with other options again before the first are everywhere."""
    scene, origin = three(start_scene, start_origin, haproxy_version, statsInterval="300ms")
    with scene.no_reload(), scene.load():
        serving = Serving(scene)
        for i in range(scaled(60)):
            scene.put_backend(health=FAST, server=[f"maxconn {100 + i}"], wait="1ms")
            wait.until(lambda: scene.agent.status()["pending"] == [] or i % 2, "a moment")
            scene.agent.kill()
            scene.agent.start()
            if i % 3 == 2:
                wanted = {str(100 + i)}
                wait.equals(lambda w=wanted: set(options_of(scene).values()), wanted, "all", 20.0)
        scene.agent.wait_applied(30)
        assert serving.stop() >= 2
    scene.agent.wait_members("live", scene.addresses)
    assert membership.agree(scene.agent)


def test_a_server_that_cannot_be_added_at_runtime_comes_by_a_reload(
    haproxy_version, start_scene, start_origin, work
):
    """A CA file that HAProxy has not loaded yet: `add server` refuses it, the file does not."""
    ca = work / "ca.pem"
    make_certificate(ca)
    scene, origin = three(start_scene, start_origin, haproxy_version)
    with scene.reloads(1), load.Prober(scene.port, threads=1) as prober:
        options = ["maxconn 77", f"ca-file {ca}"]
        scene.put_backend(health=FAST, server=options, wait="30s")
    assert not prober.failures
    assert set(options_of(scene).values()) == {"77"}
    scene.agent.wait_members("live", scene.addresses)


def make_certificate(path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x",
         "-keyout", "/dev/null", "-out", str(path)],
        check=True, capture_output=True,
    )
