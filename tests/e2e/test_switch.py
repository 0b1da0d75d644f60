# SPDX-License-Identifier: Apache-2.0
"""The A/B deploy: POST /backends/live moves the traffic to another version, and loses none of it."""

import load
import membership
import wait
from download import Download


def two_versions(start_scene, start_origin, registry, haproxy_version, **options):
    """`live` serves 1.0.0 by two members; two of 2.0.0 are registered, too. -> scene, old, new"""
    old = start_origin("old", "1.0.0", count=2)
    new = start_origin("new", "2.0.0", count=2)
    options = {"drainTimeout": "2s"} | options
    scene = start_scene(haproxy_version, [old], registry, **options)
    scene.register(new)
    wait.until(lambda: "2.0.0" in versions(scene), "the registry knows both versions")
    return scene, old, new


def versions(scene, service="site") -> dict[str, int]:
    """Version -> passing instances."""
    reply = scene.agent.good(scene.agent.get(f"/services/{service}"))
    return {one["version"]: one["passing"] for one in reply.body["versions"]}


def switches(scene) -> list[tuple]:
    """What is under way, and what ended a short while ago."""
    shown = scene.agent.status()["switches"]
    return [(one["backend"], one["from"], one["to"], one["state"]) for one in shown]


def addresses(origin) -> set[str]:
    return {f"{origin.host}:{port}" for port in origin.ports}


def asked(origin) -> int:
    return sum(origin.requests(port) for port in origin.ports)


def test_a_switch_moves_all_requests_and_loses_none(
    haproxy_version, start_scene, start_origin, consul
):
    """Forth and back, in a real Consul, under load; an answer of the old version never follows one
    that was asked for after the switch was done."""
    scene, old, new = two_versions(start_scene, start_origin, consul, haproxy_version)
    with scene.no_reload(), scene.load(), load.Prober(scene.port, threads=1) as prober:
        for version, target, other in [("2.0.0", new, old), ("1.0.0", old, new)]:
            reply = scene.agent.post("/backends/live", {"version": version}, wait="20s")
            assert (reply.status, reply.body["version"]) == (200, version), reply
            scene.agent.wait_members("live", addresses(target))
            served = asked(other)
            scene.wait_flow()
            assert asked(other) == served
            assert membership.agree(scene.agent) == addresses(target)
    assert not prober.failures
    assert scene.agent.reload_count() == 0


def test_a_put_with_another_version_is_a_switch(haproxy_version, start_scene, start_origin, registry):
    scene, _, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    with scene.no_reload(), scene.load():
        scene.put_backend(version="2.0.0", wait="20s")
        scene.agent.wait_members("live", addresses(new))


def test_a_switch_to_what_nobody_serves_is_refused(
    haproxy_version, start_scene, start_origin, registry
):
    """409 for an unknown version and for one whose instances all fail; nothing changes."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    for address in addresses(new):
        registry.set_check(scene.ids[address], "fail")
    wait.until(lambda: versions(scene)["2.0.0"] == 0, "the new ones fail")
    before = scene.agent.get("/backends/live").headers["ETag"]
    with scene.no_reload(), scene.load():
        for version in ("9.9.9", "2.0.0"):
            for reply in (
                scene.agent.post("/backends/live", {"version": version}),
                scene.agent.post("/backends/live", {"version": version, "name": "nobody"}),
                scene.agent.put(
                    "/backends/live", {"type": "dynamic", "name": "site", "version": version}
                ),
            ):
                assert reply.status == 409, reply
                assert version in reply.body["error"], reply
        assert scene.agent.get("/backends/live").headers["ETag"] == before
        assert scene.agent.get("/backends/live").body["version"] == "1.0.0"
        scene.agent.wait_members("live", addresses(old))
    assert scene.agent.post("/backends/nobody", {"version": "1.0.0"}).status == 404
    assert scene.agent.post("/backends/live", {}).status == 400


def test_the_old_version_serves_until_the_new_one_passes_its_check(
    haproxy_version, start_scene, start_origin, registry
):
    """The registry calls the new ones passing, HAProxy's own check does not: they get no request, and
    the old ones stay, until the check passes."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(health={"method": "GET", "uri": "/health", "interval": 200})
    for port in new.ports:
        new.fail(port=port)
    with scene.no_reload(), scene.load():
        reply = scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="1s")
        assert reply.status == 202, "it is stored, and the new ones do not serve"
        servers = {f"live_{address}" for address in addresses(old) | addresses(new)}
        wait.until(lambda: set(scene.haproxy.servers("live")) == servers, "the new ones are added")

        def tried():
            state = scene.haproxy.servers_state("live")
            return all(state[f"live_{one}"]["srv_check_result"] == "2" for one in addresses(new))

        wait.until(tried, "their checks have failed")
        scene.wait_flow()
        up = [name for name, status in scene.haproxy.servers("live").items() if status == "UP"]
        assert set(up) == {f"live_{address}" for address in addresses(old)}
        assert switches(scene) == [("live", "1.0.0", "2.0.0", "warming")]
        for port in new.ports:
            new.fail(False, port=port)
        scene.agent.wait_members("live", addresses(new))


def test_an_instance_in_both_versions_is_never_drained(
    haproxy_version, start_scene, start_origin, registry
):
    """The same host:port is registered in both: it serves through the whole switch."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    both = old.ports[0]
    registry.register("site", both, id="both", version="2.0.0")
    wait.until(lambda: versions(scene)["2.0.0"] == 3, "registered twice")
    name = f"live_127.0.0.1:{both}"
    since = int(scene.haproxy.servers_state("live")[name]["srv_time_since_last_change"])
    with scene.no_reload(), scene.load():
        reply = scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="20s")
        assert reply.status == 200, reply
        scene.agent.wait_members("live", addresses(new) | {f"127.0.0.1:{both}"})
    row = scene.haproxy.servers_state("live")[name]
    assert int(row["srv_time_since_last_change"]) >= since, "it never changed its state"


def test_a_forced_switch_waits_for_its_members(haproxy_version, start_scene, start_origin, registry):
    """?force=true takes a version that is not there yet; the old one serves until it comes."""
    old = start_origin("old", "1.0.0", count=2)
    scene = start_scene(haproxy_version, [old], registry, drainTimeout="2s")
    with scene.no_reload(), scene.load():
        reply = scene.agent.post("/backends/live", {"version": "2.0.0"}, force="true")
        assert reply.status in (200, 202), reply
        scene.wait_flow()
        scene.agent.wait_members("live", addresses(old))
        assert switches(scene) == [("live", "1.0.0", "2.0.0", "waiting")]
        new = start_origin("new", "2.0.0")
        scene.register(new)
        scene.agent.wait_members("live", addresses(new))
        wait.equals(lambda: switches(scene), [("live", "1.0.0", "2.0.0", "done")], "it is done")


def test_a_switch_waits_for_its_members_and_not_for_long_sessions(
    haproxy_version, start_scene, start_origin, registry
):
    """?wait ends when the new members serve; the old one goes when its last answer is sent."""
    old, new = start_origin("old", "1.0.0"), start_origin("new", "2.0.0")
    scene = start_scene(haproxy_version, [old], registry, drainTimeout="30s")
    download = Download(scene.port, ms=5000)
    wait.until(old.requests, "the download began")
    scene.register(new)
    wait.until(lambda: "2.0.0" in versions(scene), "the registry knows it")
    reply = scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="20s")
    assert reply.status == 200, reply
    assert not download.ended
    assert scene.answered_by() == "new"
    assert switches(scene) == [("live", "1.0.0", "2.0.0", "draining")]
    assert download.is_whole("old")
    scene.agent.wait_members("live", addresses(new))
