# SPDX-License-Identifier: Apache-2.0
"""A backend with a cookie: clients stay with their member over everything that does not take it
away, and members that come at runtime get a cookie of their own."""

import contextlib
import signal

import load
import parts
import pytest
import wait
from test_crash import kill_haproxy
from test_switch import addresses, two_versions


def visit(scene, cookie=None) -> tuple[str, str | None]:
    """Who answered, and the cookie that he set."""
    reply = scene.get(headers={"Cookie": cookie} if cookie else None)
    assert reply.status == 200, reply
    given = reply.headers["Set-Cookie"]
    return reply.body.split()[0], given.split(";")[0] if given else None


def pin(scene, members) -> dict[str, str]:
    """Member -> its cookie, once all members have given one."""
    pins: dict[str, str] = {}

    def all_of_them():
        name, cookie = visit(scene)
        assert cookie and cookie != "SRV=", f"{name} gave {cookie}"
        pins[name] = cookie
        return len(pins) == members

    wait.until(all_of_them, f"{members} members")
    assert len(set(pins.values())) == members, pins
    return pins


def assert_pinned(scene, pins) -> None:
    for name, cookie in pins.items():
        for _ in range(4):
            assert visit(scene, cookie) == (name, None), "its own member, and no other cookie"


@pytest.fixture
def sticky(start_scene, start_origin, haproxy_version, registry):
    origin = start_origin("one", count=2)
    scene = start_scene(haproxy_version, [origin], registry, begin=False, drainTimeout="2s")
    return scene.begin(cookie="SRV")


def test_clients_stay_and_a_new_member_gets_its_own_cookie(sticky, start_origin):
    """A member comes and another leaves, HAProxy is reloaded, the agent is restarted."""
    scene = sticky
    pins = pin(scene, 2)
    with scene.no_reload():
        scene.register(start_origin("later"))
        pins |= pin(scene, 3)
        assert_pinned(scene, pins)
    with scene.reloads(1):
        body = scene.agent.get("/frontends/web").body | {"keepalive": "close"}
        scene.agent.good(scene.agent.put("/frontends/web", body, wait="10s"))
    assert_pinned(scene, pins)
    scene.agent.restart()
    scene.agent.wait_applied()
    assert_pinned(scene, pins)
    gone = f"127.0.0.1:{scene.origins[0].ports[0]}"
    with scene.no_reload():
        scene.deregister(gone)
        wait.until(lambda: f"live_{gone}" not in scene.haproxy.servers("live"), "it left")
        orphan = pins.pop(f"one-{gone.split(':')[1]}")
        assert_pinned(scene, pins)
        name, cookie = visit(scene, orphan)
        assert name in pins and cookie == pins[name], "he who lost his member gets another one"
        scene.ids[gone] = scene.registry.register("site", int(gone.split(":")[1]), version="1.0.0")
        wait.until(lambda: f"live_{gone}" in scene.haproxy.servers("live"), "it returned")
        wait.equals(lambda: visit(scene, orphan), (f"one-{gone.split(':')[1]}", None), "his again")


def test_a_member_that_comes_never_takes_a_cookie_away(sticky, start_origin, scaled):
    """Until its cookie is known an added server of 2.6 would delete the client's."""
    scene = sticky
    extra = start_origin("extra")
    address = f"127.0.0.1:{extra.port}"
    seen = set()
    for _ in range(scaled(100)):
        scene.register(extra)

        def joined():
            name, cookie = visit(scene)
            assert cookie and cookie != "SRV="
            seen.add((name, cookie))
            return name == "extra"

        wait.until(joined, "it serves")
        scene.deregister(address)
        wait.until(lambda: f"live_{address}" not in scene.haproxy.servers("live"), "it left")
    assert len(seen) == 3, "each has one cookie, each time the same"


def test_pinned_clients_move_with_a_switch_and_lose_nothing(
    haproxy_version, start_scene, start_origin, registry
):
    """They keep the old members busy for ever; half of the drain's time on they get new ones, and
    no request is cut at its end."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(cookie="SRV")
    pins = pin(scene, 2)
    cookie = sorted(pins.values())[0]
    with scene.no_reload(), scene.load(headers={"Cookie": cookie}):
        reply = scene.agent.post("/backends/live", {"version": "2.0.0"}, wait="20s")
        assert reply.status == 200, reply
        scene.agent.wait_members("live", addresses(new))
        name, given = visit(scene, cookie)
        assert name.startswith("new") and given not in (None, "SRV=")
        assert_pinned(scene, pin(scene, 2))
    told = scene.agent.get("/activity?filter=drift").body
    assert not [one for one in told if one["verb"] == "drift"], told


def test_an_agent_that_is_late_cuts_no_pinned_client(
    haproxy_version, start_scene, start_origin, registry
):
    """It is stopped from before the time at which pinned clients are sent to others until long after the
    drain's end: at its return nobody who came just now is cut. Each request takes so long that the member is
    never idle."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(cookie="SRV")
    pins = pin(scene, 2)
    member, cookie = sorted(pins.items())[0]
    server = f"live_127.0.0.1:{member.split('-')[1]}"
    busy = load.Wrk(
        f"http://127.0.0.1:{scene.port}/slow?ms=300&chunks=1", seconds=120, connections=16,
        headers={"Cookie": cookie},
    )
    with scene.no_reload(), contextlib.closing(busy):
        assert scene.agent.post("/backends/live", {"version": "2.0.0"}).status in (200, 202)
        wait.until(lambda: scene.haproxy.servers("live")[server] == "DRAIN", "it is drained")
        scene.agent.child.signal(signal.SIGSTOP)
        try:
            wait.stays(lambda: scene.haproxy.servers("live")[server] == "DRAIN", "it drains", 3.0)
        finally:
            scene.agent.child.signal(signal.SIGCONT)
        scene.agent.wait_members("live", addresses(new))
        result = busy.finish()
    assert result.failed == 0 and result.requests >= 100, result
    told = scene.agent.get("/activity?filter=drift").body
    assert not [one for one in told if one["verb"] == "drift"], told


def test_clients_stay_over_an_upgrade_of_haproxy(start_scene, start_origin, registry):
    """From the oldest to the newest: the same key and address give the same cookie."""
    parts.haproxy("3.4")
    origin = start_origin("one", count=2)
    scene = start_scene("2.6", [origin], registry, begin=False)
    scene.begin(cookie="SRV")
    later = start_origin("later")
    scene.register(later)
    pins = pin(scene, 3)
    scene.agent.stop()
    kill_haproxy(scene.haproxy)
    with contextlib.suppress(OSError):
        scene.agent.start(haproxyPath=parts.haproxy("3.4"))
    wait.until(lambda: scene.get().status == 200, "it serves")
    scene.agent.wait_applied()
    assert scene.agent.status()["haproxy"]["version"].startswith("3.4")
    scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{later.port}"])
    assert_pinned(scene, pins)
