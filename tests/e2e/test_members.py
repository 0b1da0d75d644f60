# SPDX-License-Identifier: Apache-2.0
"""Members come and go by the runtime socket: no reload, no failed request, and what the API, HAProxy
and the file tell is the same."""

import contextlib

import load
import membership
import pytest
import wait
from download import Download
from scene import NO_WAIT, SERVICE

BALANCES = ["source", "leastconn", "first", "random", "uri"]


def address_of(origin) -> str:
    return f"{origin.host}:{origin.port}"


def server_of(origin, backend="live") -> str:
    return f"{backend}_{address_of(origin)}"


def consul_scene(start_scene, haproxy_version, consul, origins, **options):
    return start_scene(haproxy_version, origins, consul, **({"drainTimeout": "2s"} | options))


def test_coming_and_going_costs_no_reload_and_no_request(
    haproxy_version, start_scene, consul, start_origin, scaled
):
    """With --full 100 times, else 10: an instance is registered beside two that stay, and deregistered
    again, in a real Consul, under load."""
    staying, coming = start_origin("stays", count=2), start_origin("comes")
    scene = consul_scene(start_scene, haproxy_version, consul, [staying])
    address = address_of(coming)
    with scene.no_reload(), scene.load():
        for _ in range(scaled(100)):
            served = coming.requests()
            scene.register(coming)
            scene.agent.wait_members("live", [*scene.addresses, address])
            wait.until(lambda: coming.requests() > served, "the new member is asked")
            scene.deregister(address)
            scene.agent.wait_members("live", scene.addresses)
        served = coming.requests()
        scene.wait_flow()
        assert coming.requests() == served
    assert membership.agree(scene.agent) == set(scene.addresses)
    assert scene.agent.reload_count() == 0


def test_a_download_from_a_member_that_leaves_ends_whole(
    haproxy_version, start_scene, consul, start_origin, request
):
    """10 s with --full, else 3 s; no new request reaches the member meanwhile."""
    ms = 10000 if request.config.getoption("--full") else 3000
    leaving, staying = start_origin("leaves"), start_origin("stays")
    scene = consul_scene(start_scene, haproxy_version, consul, [leaving], drainTimeout="30s")
    download = Download(scene.port, ms, pieces=20)
    wait.until(lambda: leaving.requests() == 1, "the download began")
    scene.register(staying)
    wait.until(lambda: scene.haproxy.servers("live").get(server_of(staying)) == "UP", "successor")
    scene.deregister(address_of(leaving))
    wait.until(lambda: scene.haproxy.servers("live")[server_of(leaving)] == "DRAIN", "drained")
    with scene.load():
        pass
    assert not download.ended, "it was to be in flight all the time"
    assert leaving.requests() == 1
    assert download.is_whole("leaves")
    scene.agent.wait_members("live", [address_of(staying)])
    assert leaving.requests() == 1


def test_a_session_that_outlives_the_drain_is_cut(
    haproxy_version, start_scene, consul, start_origin
):
    leaving, staying = start_origin("leaves"), start_origin("stays")
    scene = consul_scene(start_scene, haproxy_version, consul, [leaving], drainTimeout="500ms")
    download = Download(scene.port, ms=30000)
    wait.until(leaving.requests, "the download began")
    scene.register(staying)
    scene.deregister(address_of(leaving))
    scene.agent.wait_members("live", [address_of(staying)], timeout=5)
    wait.until(lambda: download.ended, "its client was told")
    assert not download.is_whole("leaves")


def test_a_member_that_returns_during_its_drain_stays(
    haproxy_version, start_scene, consul, start_origin
):
    one, two = start_origin("one"), start_origin("two")
    scene = consul_scene(start_scene, haproxy_version, consul, [one], drainTimeout="30s")
    download = Download(scene.port, ms=2000)
    wait.until(one.requests, "the download began")
    scene.register(two)
    scene.deregister(address_of(one))
    wait.until(lambda: scene.haproxy.servers("live")[server_of(one)] == "DRAIN", "drained")
    scene.register(one)
    scene.agent.wait_members("live", [address_of(one), address_of(two)])
    assert download.is_whole("one")


@pytest.mark.one_version
def test_a_flapping_member_costs_nothing(
    haproxy_version, start_scene, consul, start_origin, scaled
):
    """With --full 500 times, else 50, as fast as Consul takes it: registered, failing, passing, gone;
    what comes last is true."""
    staying, flapping = start_origin("stays", count=2), start_origin("flaps")
    scene = consul_scene(start_scene, haproxy_version, consul, [staying])
    with scene.no_reload(), scene.load():
        for _ in range(scaled(500)):
            scene.register(flapping)
            consul.set_check(scene.ids[address_of(flapping)], "fail")
            consul.set_check(scene.ids[address_of(flapping)], "pass")
            scene.deregister(address_of(flapping))
        scene.register(flapping)
        scene.agent.wait_members("live", [*scene.addresses, address_of(flapping)])
        scene.agent.wait_applied()
    assert membership.agree(scene.agent) == {*scene.addresses, address_of(flapping)}


def test_members_on_ipv6_and_by_host_name(haproxy_version, start_scene, consul, start_origin):
    v6, named = start_origin("v6", host="::1"), start_origin("named")
    scene = consul_scene(start_scene, haproxy_version, consul, [start_origin("v4")])
    with scene.no_reload():
        consul.register(SERVICE, v6.port, address="::1", version="1.0.0")
        consul.register(SERVICE, named.port, address="localhost", version="1.0.0")
        for origin in (v6, named):
            wait.until(lambda: scene.get() and origin.requests(), f"{origin.name} is asked")
        told = membership.agree(scene.agent)
    assert {f"::1:{v6.port}", *scene.addresses} < told
    localhost = next(m for m in membership.of_api(scene.agent).values() if m["host"] == "localhost")
    assert localhost["address"] in ("127.0.0.1", "::1") and localhost["port"] == named.port


@pytest.mark.one_version
def test_a_member_that_cannot_be_used_is_shown_with_its_reason(
    haproxy_version, start_scene, registry, start_origin
):
    """Port 0, a port that is none, a name that nobody knows, two instances at one address."""
    scene = start_scene(haproxy_version)
    unusable = [("127.0.0.1", 0), ("127.0.0.2", 70000), ("no-such-host.invalid", 80)]
    unusable += [("0.0.0.0", 80)]
    for address, port in unusable:
        registry.register(SERVICE, port, id=f"{address}-{port}", address=address, version="1.0.0")
    twice = scene.origins[0].ports[0]
    registry.register(SERVICE, twice, id="twin", version="1.0.0")

    def reasons():
        return membership.unusable(scene.agent)

    wait.until(lambda: len(reasons()) == len(unusable), "shown as unusable")
    wait.until(lambda: "not resolved" not in reasons()["no-such-host.invalid:80"], "the name was tried")
    told = reasons()
    assert "port 0" in told["127.0.0.1:0"]
    assert "port 70000" in told["127.0.0.2:0"], "a port that cannot be is shown as 0"
    assert "host name" in told["no-such-host.invalid:80"]
    assert "unspecified" in told["0.0.0.0:80"]
    assert membership.agree(scene.agent) == set(scene.addresses)


@pytest.mark.one_version
def test_ports_that_consul_takes_and_nobody_has_are_never_used(
    haproxy_version, start_scene, consul, start_origin
):
    scene = consul_scene(start_scene, haproxy_version, consul, [start_origin()])
    consul.register(SERVICE, 0, version="1.0.0")
    consul.register(SERVICE, 70000, address="127.0.0.2", version="1.0.0")
    wait.until(lambda: len(membership.unusable(scene.agent)) == 2, "shown")
    assert "70000" in membership.unusable(scene.agent)["127.0.0.2:0"]
    assert membership.agree(scene.agent) == set(scene.addresses)


def test_a_thousand_members(haproxy_version, start_scene, consul, start_origin, scaled):
    """1,000 with --full, else 100, all at once in Consul; then half of them leave."""
    count = scaled(1000)
    many = start_origin("many", count=count)
    scene = consul_scene(start_scene, haproxy_version, consul, [start_origin("first")])
    nodes = {port: f"node-{port}" for port in many.ports}
    with scene.no_reload(), scene.load():
        consul.bulk_register(
            SERVICE, [{"node": node, "port": port, "version": "1.0.0"} for port, node in nodes.items()]
        )
        everyone = scene.addresses + [f"127.0.0.1:{port}" for port in many.ports]
        scene.agent.wait_members("live", everyone, timeout=60)
        wait.until(lambda: len(scene.haproxy.servers("live")) == count + 1, "all")
        gone = many.ports[: count * 2 // 5]
        consul.bulk_deregister([nodes[port] for port in gone])
        left = [one for one in everyone if int(one.rsplit(":", 1)[1]) not in gone]
        scene.agent.wait_members("live", left, timeout=60)
    assert membership.agree(scene.agent, timeout=20) == set(left)


def test_every_balance_takes_members_at_runtime(haproxy_version, start_scene, start_origin):
    one, two, three = (start_origin(name) for name in ("one", "two", "three"))
    scene = start_scene(haproxy_version, [one, two], begin=False, drainTimeout="2s")
    for name in BALANCES:
        scene.put_backend(name, balance=name, wait=NO_WAIT)
    rules = [
        {"type": "path", "operation": "path_beg", "value": f"/{name}", "backend": name} for name in BALANCES
    ]
    scene.put_frontend(backend="source", rules=rules)
    for name in BALANCES:
        scene.agent.wait_members(name, scene.addresses)
    with contextlib.ExitStack() as running:
        running.enter_context(scene.no_reload())
        probers = [running.enter_context(load.Prober(scene.port, f"/{b}", threads=1)) for b in BALANCES]
        running.enter_context(scene.load("/source"))
        scene.register(three)
        for name in BALANCES:
            scene.agent.wait_members(name, [*scene.addresses, address_of(three)])
        scene.deregister(address_of(one))
        for name in BALANCES:
            scene.agent.wait_members(name, [address_of(two), address_of(three)])
    assert not [prober.failures for prober in probers if prober.failures]
    for name in BALANCES:
        assert membership.agree(scene.agent, name) == {address_of(two), address_of(three)}
    assert len({scene.answered_by(f"/source/{i}") for i in range(20)}) == 1
    assert len({scene.answered_by(f"/first/{i}") for i in range(20)}) == 1
    for name in ("leastconn", "random", "uri"):
        assert {scene.answered_by(f"/{name}/{i}") for i in range(60)} == {"two", "three"}


def test_weights_come_from_consul_and_warnings_lower_them(
    haproxy_version, start_scene, consul, start_origin
):
    one, two = start_origin("one"), start_origin("two")
    scene = consul_scene(start_scene, haproxy_version, consul, [one])
    scene.register(two, weights=(30, 3))
    first, second = address_of(one), address_of(two)

    def weighed(a, b):
        wait.equals(lambda: membership.weights(scene.haproxy), {first: a, second: b}, f"weights {a}, {b}")

    with scene.no_reload(), scene.load():
        weighed(1, 30)
        consul.set_check(scene.ids[second], "warn")
        weighed(1, 3)
        consul.set_check(scene.ids[second], "pass")
        weighed(1, 30)
        scene.register(two, weights=(1000, 500))  # above HAProxy's 256: scaled together

        def scaled_down():
            got = membership.weights(scene.haproxy)
            return got[second] == 256 and got[first] == 1

        wait.until(scaled_down, "weights above 256 are scaled")
    counts = load.wrk(f"http://127.0.0.1:{scene.port}/", seconds=1)
    assert counts.failed == 0
    assert two.requests() > one.requests()
    membership.agree(scene.agent)


def test_maintenance_and_failing_checks_drain_and_come_back(
    haproxy_version, start_scene, consul, start_origin
):
    one, two = start_origin("one"), start_origin("two")
    scene = consul_scene(start_scene, haproxy_version, consul, [one, two])
    first, second = server_of(one), server_of(two)
    id = scene.ids[address_of(one)]

    def stand(state):
        wait.equals(lambda: scene.haproxy.servers("live"), {first: state, second: "UP"}, state)

    with scene.no_reload(), scene.load():
        for down, up in [
            (lambda: consul.maintenance(id), lambda: consul.maintenance(id, False)),
            (lambda: consul.set_check(id, "fail"), lambda: consul.set_check(id, "pass")),
        ]:
            down()
            stand("DRAIN")
            before = one.requests()
            scene.wait_flow()
            assert one.requests() - before <= 20, "a drained member is not asked"
            up()
            stand("UP")
            served = one.requests()
            wait.until(lambda: one.requests() > served, "asked again")
    told = membership.of_api(scene.agent)
    assert {m["health"] for m in told.values()} == {"passing"}
