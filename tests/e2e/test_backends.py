# SPDX-License-Identifier: Apache-2.0
"""Backends come, go and change their profile while HAProxy runs: no reload where none is needed, no lost
request anywhere, and nobody but HAProxy sees another name than the operator's."""

import download
import membership
import pytest
import wait
from scene import SERVICE

ADDS = {"3.4"}  # versions that make backends at runtime; the others have spares
TEMPLATES = {"thalassa.agents"}  # backends of the template's own
GET = {"method": "GET", "uri": "/health", "interval": 200}


def proxies(scene) -> dict[str, str]:
    """The map of proxies as HAProxy has it: backend -> proxy."""
    return dict(scene.haproxy.show_map(f"{scene.agent.options['haproxyDir']}/maps/proxies.map"))


def running(scene) -> set[str]:
    """Names of HAProxy's backends."""
    return set(scene.haproxy.cli("show backend").split()[2:]) - TEMPLATES


def used(scene) -> set[str]:
    """Those of them that have servers."""
    return {row.split("/")[0] for row in scene.haproxy.servers_state()} - TEMPLATES


def settled(scene) -> None:
    """Every backend has one proxy, which nobody shares; no other has servers."""

    def clean():
        led = proxies(scene)
        assert used(scene) <= set(led.values()), f"{used(scene)}, led to {led}"
        assert len(set(led.values())) == len(led), led
        return True

    wait.until(clean, "one proxy for each backend", 15.0)


def test_a_backend_comes_and_goes_without_a_reload(scene, start_origin):
    other = start_origin("other")
    before = running(scene)
    with scene.load(), scene.no_reload():
        for _ in range(5):
            scene.put_static("extra", other)
            scene.put_frontend(
                rules=[{"type": "path", "operation": "path", "value": "/x", "backend": "extra"}]
            )
            assert scene.answered_by("/x").startswith("other")
            scene.put_frontend()
            scene.agent.good(scene.agent.delete("/backends/extra", wait="10s"))
            assert "extra" not in proxies(scene)
        wait.equals(lambda: running(scene), before, "it is gone")
        settled(scene)


def test_what_is_left_of_a_backend_is_nobodys_drift(start_scene, start_origin, haproxy_version):
    """Its entries in the maps of hosts and URIs go last, when all seems settled: our own work, which is
    not reported as somebody's hand and, with `--drift report`, not kept back either."""
    scene = start_scene(haproxy_version, drift="report", drainTimeout="1s", statsInterval="300ms")
    other, body = start_origin("other"), {"host": "h.example", "health": {"uri": "/here"}}
    folder = f"{scene.agent.options['haproxyDir']}/maps"

    def entries() -> int:
        return sum(len(scene.haproxy.show_map(f"{folder}/{name}.map")) for name in ("host", "uri"))

    with scene.no_reload():
        for _ in range(3):
            scene.put_static("extra", other, **body)
            assert entries() == 2
            scene.agent.good(scene.agent.delete("/backends/extra", wait="10s"))
            wait.equals(entries, 0, "nothing is left", timeout=15)
    scene.agent.wait_applied()
    told = scene.agent.get("/activity?filter=drift").body
    assert not [one for one in told if one["verb"] == "drift"], told


@pytest.mark.parametrize(
    "change",
    [{"balance": "leastconn"}, {"health": GET}, {"health": GET | {"method": "HEAD"}},
     {"health": GET | {"httpVersion": "HTTP/1.1"}, "host": "a.example"}],
    ids=["balance", "check", "method", "http-version"],
)
def test_another_profile_loses_no_request(scene, haproxy_version, change):
    """There, and back again. A profile that nobody uses does not run from the start: there it is a
    reload, and the plan says so before."""
    body = {"type": "dynamic", "name": SERVICE, "version": "1.0.0"} | change
    plan = scene.agent.good(scene.agent.put("/backends/live", body, dryRun="true")).body
    reloads = int(plan["verdict"] == "reload")
    if reloads:
        assert [(r["object"], r["field"]) for r in plan["reasons"]] == [("backend/live", "profile")]
    with scene.load(), scene.reloads(reloads):
        scene.put_backend(**change)
        scene.wait_flow()
        scene.put_backend()
        scene.wait_flow()
        settled(scene)
    assert membership.agree(scene.agent) == set(scene.addresses)


def test_a_reload_gives_backends_their_own_names(scene, start_origin, haproxy_version):
    """State and counters go with them; spares are free again."""
    other = start_origin("other", count=2)
    scene.put_static("extra", other)
    scene.put_backend(health=GET)  # another proxy for `live`
    servers = {f"extra_127.0.0.1:{port}" for port in other.ports}
    drained = sorted(servers)[0]
    scene.haproxy.cli(f"set server {proxies(scene)['extra']}/{drained} state drain")
    others = {name: proxy for name, proxy in proxies(scene).items() if name != proxy}
    assert "live" in others
    counted = total(scene, proxies(scene)["live"])
    before = scene.haproxy.servers_state("live")
    with scene.load(), scene.reloads(1):
        scene.put_frontend(natives=["maxconn 777"])
        assert proxies(scene) == {"live": "live", "extra": "extra"}
        assert set(scene.haproxy.servers("extra")) == servers
        assert scene.haproxy.servers("extra")[drained] == "DRAIN"
        state = scene.haproxy.servers_state("live")
        assert {n: r["srv_check_result"] for n, r in state.items()} == {
            n: r["srv_check_result"] for n, r in before.items()
        }
        settled(scene)
        if haproxy_version != "2.6":
            assert total(scene, "live") >= counted
    assert membership.agree(scene.agent) == set(scene.addresses)
    assert scene.agent.good(scene.agent.get("/plan")).body["verdict"] == "noop"


def column(scene, proxy, name) -> int:
    rows = scene.haproxy.stat()
    return next(int(r[name]) for r in rows if (r["pxname"], r["svname"]) == (proxy, "BACKEND"))


def total(scene, proxy) -> int:
    """Sessions that the proxy has had."""
    return column(scene, proxy, "stot")


def sessions(scene, proxy) -> int:
    """Those that it has now."""
    return column(scene, proxy, "scur")


def test_spares_used_up_are_one_reload_with_its_reason(
    start_scene, start_origin, haproxy_version
):
    if haproxy_version in ADDS:
        pytest.skip("it makes backends at runtime")
    scene = start_scene(haproxy_version, spareBackends=2)
    other = start_origin("other")
    with scene.load():
        with scene.no_reload():
            scene.put_static("one", other)
            scene.put_static("two", other)
        body = {"type": "static", "members": [{"host": other.host, "port": other.port}]}
        plan = scene.agent.good(scene.agent.put("/backends/three", body, dryRun="true")).body
        assert plan["verdict"] == "reload"
        assert "no spare backend" in plan["reasons"][0]["why"], plan["reasons"]
        with scene.reloads(1):
            scene.put_static("three", other)
            assert proxies(scene) == {name: name for name in ("live", "one", "two", "three")}
        assert "no spare backend" in scene.agent.status()["reloads"]["reason"]
        with scene.no_reload():  # and there are spares again
            scene.put_static("four", other)
    for name in ("one", "two", "three", "four"):
        scene.agent.wait_members(name, [f"127.0.0.1:{other.port}"])


def test_many_backends_at_once(scene, start_origin, haproxy_version):
    """One PUT /config: on 3.4 no reload, else at most one; pruned at once, too."""
    other = start_origin("other")
    member = {"host": other.host, "port": other.port}
    live = {"key": "live", "type": "dynamic", "name": SERVICE, "version": "1.0.0"}
    many = [{"key": f"m{i}", "type": "static", "members": [member]} for i in range(40)]
    rules = [
        {"type": "path", "operation": "path", "value": f"/{one['key']}", "backend": one["key"]}
        for one in many
    ]
    web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "live"}
    with scene.load():
        with scene.reloads(0 if haproxy_version in ADDS else 1):
            body = {"frontends": [web | {"rules": rules}], "backends": [live, *many]}
            scene.agent.good(scene.agent.put("/config", body, wait="10s"))
            for one in many:
                assert scene.answered_by(f"/{one['key']}").startswith("other")
        with scene.no_reload():
            body = {"frontends": [web], "backends": [live]}
            scene.agent.good(scene.agent.put("/config", body, prune="true", wait="10s"))
            wait.equals(lambda: used(scene), {proxies(scene)["live"]}, "their servers are gone")
            if haproxy_version in ADDS:
                wait.equals(lambda: running(scene), {"live"}, "they are gone")


def test_a_long_download_outlives_its_backend_until_the_drain_ends(
    start_scene, start_origin, haproxy_version
):
    scene = start_scene(haproxy_version, drainTimeout="20s")
    other = start_origin("other")
    scene.put_static("big", other)
    scene.put_frontend(rules=[{"type": "path", "operation": "path_beg", "value": "/slow", "backend": "big"}])
    with scene.no_reload():
        one = download.Download(scene.port, 3000)
        wait.until(lambda: sessions(scene, proxies(scene)["big"]), "it has begun")
        scene.put_frontend()
        scene.agent.good(scene.agent.delete("/backends/big", wait="10s"))
        assert not one.ended
        assert one.is_whole("other")
        wait.until(lambda: used(scene) == {"live"}, "its servers are gone", 15.0)


def test_the_agent_comes_back_to_backends_under_other_names(scene, start_origin, haproxy_version):
    """Nothing is sent, nothing is reloaded; then all goes on."""
    other = start_origin("other")
    scene.put_static("extra", other)
    scene.put_backend(health=GET)
    settled(scene)
    led = proxies(scene)
    assert led["live"] != "live"
    with scene.load(), scene.no_reload():
        scene.agent.kill()
        scene.agent.start()
        scene.agent.wait_applied()
        assert proxies(scene) == led
        scene.agent.wait_members("live", scene.addresses)
        scene.put_backend()
        scene.agent.good(scene.agent.delete("/backends/extra", wait="10s"))
        settled(scene)


def test_haproxy_restarted_by_hand_begins_with_own_names(scene, start_origin, haproxy_version):
    other = start_origin("other")
    scene.put_static("extra", other)
    scene.put_backend(health=GET)
    membership.agree(scene.agent)
    scene.haproxy.reload()
    wait.equals(lambda: proxies(scene), {"live": "live", "extra": "extra"}, "own names")
    membership.agree(scene.agent)
    with scene.load(), scene.no_reload():
        scene.put_backend()
        scene.agent.good(scene.agent.delete("/backends/extra", wait="10s"))
        settled(scene)


def test_nobody_sees_the_names_of_proxies(scene, start_origin):
    scene.put_backend(health=GET)
    assert proxies(scene)["live"] != "live"
    scene.agent.wait_members("live", scene.addresses)
    shown = scene.agent.good(scene.agent.get("/backends/live")).body
    assert all(member["observed"]["status"] == "UP" for member in shown["members"])
    for path in ("/backends", "/status", "/metrics", "/activity"):
        text = str(scene.agent.good(scene.agent.get(path)).body)
        assert proxies(scene)["live"] not in text, path


def test_a_backend_deleted_by_hand_comes_back(scene, start_origin, haproxy_version):
    if haproxy_version not in ADDS:
        pytest.skip("backends cannot be deleted")
    other = start_origin("other")
    scene.put_static("extra", other)
    server = f"extra/extra_127.0.0.1:{other.port}"
    with scene.no_reload():
        for command in (f"set server {server} state maint", f"del server {server}",
                        "unpublish backend extra", "del backend extra"):
            scene.haproxy.cli(command)
        scene.agent.wait_members("extra", [f"127.0.0.1:{other.port}"])
        scene.haproxy.cli("unpublish backend extra")

        def published():
            row = next(r for r in scene.haproxy.stat() if (r["pxname"], r["svname"]) == ("extra", "BACKEND"))
            return "UNPUB" not in row["status"]

        wait.until(published, "it is published again")


def test_a_frontend_led_to_a_new_backend_loses_no_request(start_scene, start_origin, consul, haproxy_version):
    """One PUT /config makes a backend of a service that nobody has asked for yet, and leads the frontend
    and a rule to it: the registry has to tell its members first."""
    scene = start_scene(haproxy_version, registry=consul)
    other = start_origin("other")
    scene.register(other, service="another")
    live = {"key": "live", "type": "dynamic", "name": SERVICE, "version": "1.0.0"}
    web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "live"}
    with scene.load(), scene.no_reload():
        for number in range(3):
            new = {"key": f"new{number}", "type": "dynamic", "name": "another", "version": "1.0.0"}
            rule = {"type": "path", "operation": "path", "value": "/x", "backend": new["key"]}
            body = {"frontends": [web | {"backend": new["key"], "rules": [rule]}], "backends": [live, new]}
            scene.agent.good(scene.agent.put("/config", body, wait="10s"))
            assert scene.answered_by().startswith("other")
            assert scene.answered_by("/x").startswith("other")
            body = {"frontends": [web], "backends": [live]}
            scene.agent.good(scene.agent.put("/config", body, prune="true", wait="10s"))
        settled(scene)


def test_an_operators_name_that_a_proxy_has_taken(scene, start_origin, haproxy_version):
    """HAProxy 3.4 calls the second proxy of `live` `live.2`, as the operator may call a backend. Each
    serves its own, while both move on and after a reload has given the names back."""
    second = start_origin("second")
    scene.put_backend(health=GET)
    assert haproxy_version not in ADDS or proxies(scene)["live"] == "live.2"

    def apart():
        assert scene.answered_by("/").startswith("s1")
        assert scene.answered_by("/x") == "second"
        members = scene.agent.good(scene.agent.get("/backends/live.2/members")).body
        assert [(m["host"], m["port"]) for m in members] == [("127.0.0.1", second.ports[0])]
        settled(scene)
        assert membership.agree(scene.agent) == set(scene.addresses)

    with scene.load():
        with scene.no_reload():
            scene.put_static("live.2", second)
            rule = {"type": "path", "operation": "path", "value": "/x", "backend": "live.2"}
            scene.put_frontend(rules=[rule])
            apart()
            scene.put_static("live.2", second, health=GET)
            apart()
            scene.put_backend()
            apart()
        with scene.reloads(1):
            scene.put_frontend(rules=[rule], natives=["maxconn 777"])
        apart()
        assert proxies(scene) == {"live": "live", "live.2": "live.2"}
        with scene.no_reload():
            scene.agent.good(scene.agent.delete("/backends/live.2", wait="10s", force="true"))
            assert scene.answered_by("/x") == 503 and scene.answered_by("/").startswith("s1")


def test_members_that_fail_the_new_check_do_not_serve(scene):
    """Another profile whose check fails everywhere: the backend serves as before and says so, until the
    check passes."""
    failing = [(origin, port) for origin in scene.origins for port in origin.ports]
    for origin, port in failing:
        origin.fail(port=port)
    with scene.no_reload():
        body = {"type": "dynamic", "name": SERVICE, "version": "1.0.0", "health": GET}
        assert scene.agent.put("/backends/live", body, wait="2s").status == 202
        assert any("serves as before" in one for one in scene.agent.status()["pending"])
        assert scene.answered_by() == 500, "the origin answers; 503 would be HAProxy"
        for origin, port in failing:
            origin.fail(False, port=port)
        scene.agent.wait_applied()
        settled(scene)
    assert not scene.agent.status()["pending"]
    scene.agent.wait_members("live", scene.addresses)
