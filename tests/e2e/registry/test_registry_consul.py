# SPDX-License-Identifier: Apache-2.0
"""The registry against a real Consul: nobody is lost who should not be."""

import statistics
import subprocess
import time

import parts
import ports
import pytest
import wait
from consul import READ_ALL, Consul

LIVE = "live web 1.0.0"


def ids(*numbers):
    return [f"127.0.0.1:{port}" for port in numbers]


def test_members_follow_the_registry(consul, start_probe):
    probe = start_probe(LIVE, port=consul.port)
    consul.register("web", 8001, version="1.0.0", weights=(10, 3))
    consul.register("web", 8002, tags=["v1.0.0"])
    consul.register("web", 8003, version="2.0.0")
    probe.until_members(*ids(8001, 8002))
    assert [one["weight"] for one in probe.members().values()] == [10, 1]
    consul.set_check("web-8001", "warn")
    wait.until(lambda: probe.members()["127.0.0.1:8001"]["weight"] == 3, "the warning weight")
    consul.set_check("web-8001", "fail")
    wait.until(lambda: probe.members()["127.0.0.1:8001"]["status"] == "critical", "critical")
    consul.maintenance("web-8001")
    wait.until(lambda: probe.members()["127.0.0.1:8001"]["status"] == "maintenance", "maintenance")
    consul.maintenance("web-8001", on=False)
    consul.set_check("web-8001", "pass")
    consul.deregister("web-8002")
    probe.until_members(*ids(8001))
    assert probe.ask("passing web 2.0.0", "passing")["count"] == 1
    assert probe.ask("passing web 7.0.0", "passing")["count"] == 0
    assert probe.ask("passing unheard 1.0.0", "passing")["count"] == -1
    probe.order("sub live web 2.0.0")
    probe.until_members(*ids(8003))


def test_one_of_ten_goes_at_once_and_the_last_with_a_sound_catalog(consul, start_probe):
    numbers = range(8001, 8011)
    for port in numbers:
        consul.register("web", port, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port)
    probe.until_members(*ids(*numbers))
    for port in numbers[:-1]:  # each is seen by itself: two in one reading may be a large loss
        consul.deregister(f"web-{port}")
        probe.until_members(*ids(*range(port + 1, 8011)))
    held = [{one["id"] for one in pool if one["held"]} for pool in probe.pools()]
    assert not any(held), "small losses wait for nobody"
    consul.deregister("web-8010")
    probe.until_members()


def test_nobody_is_lost_when_consul_crashes_and_returns(start_consul, start_probe):
    """A single server with its data: after its return it answers 200 [] for a while."""
    consul = start_consul(dev=False)
    members = ids(8001, 8002, 8003)
    for port in (8001, 8002, 8003):
        consul.register("web", port, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port)
    probe.until_members(*members)
    consul.kill()
    assert "Consul 127.0.0.1" in probe.until_state("down")
    consul.restart(wait_ready=False)
    probe.until_state("ok", timeout=60)
    probe.until_members(*members)
    consul.register("web", 8004, version="1.0.0")
    probe.until_members(*members, *ids(8004))
    consul.deregister("web-8001")
    probe.until_members(*ids(8002, 8003, 8004))
    before = [pool for pool in probe.pools() if ids(8004)[0] not in {one["id"] for one in pool}]
    seen = [{one["id"] for one in pool} for pool in before if pool]
    assert all(set(members) <= now for now in seen[seen.index(set(members)) :])


def test_an_empty_consul_takes_nobody_until_it_is_accepted(consul, start_probe):
    """A dev agent that was restarted: another cluster, lower indexes, another NodeID."""
    for port in (8001, 8002):
        consul.register("web", port, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port)
    probe.until_members(*ids(8001, 8002))
    consul.kill()
    consul.restart()
    probe.until_members(*ids(8001, 8002), held="disturbed", timeout=40)
    consul.register("web", 8002, version="1.0.0")
    wait.until(lambda: probe.members()["127.0.0.1:8002"]["held"] is None, "8002 has returned")
    assert probe.members()["127.0.0.1:8001"]["held"] == "disturbed"
    probe.never_lost(*ids(8001, 8002))
    assert probe.ask("accept live", "accepted")["removed"] == 1
    probe.until_members(*ids(8002))


def test_a_deleted_token_takes_nobody(start_consul, start_probe, work):
    consul = start_consul(acl=True)
    consul.set_policy("watcher", READ_ALL)
    secret, accessor = consul.create_token("watcher")
    (work / "token").write_text(secret + "\n")
    consul.register("web", 8001, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port, token_file=work / "token")
    probe.until_members(*ids(8001))
    consul.delete_token(accessor)
    consul.register("web", 8002, version="1.0.0")  # wakes the query, which is then refused
    error = probe.until_state("down")
    assert "403" in error and "token" in error and secret not in error
    (work / "token").write_text(consul.create_token("watcher")[0])
    probe.until_members(*ids(8001, 8002), timeout=30)
    probe.never_lost(*ids(8001))
    assert secret not in probe.log()


def test_a_policy_that_shows_nothing_takes_nobody(start_consul, start_probe, work):
    """No error at all: Consul answers 200 [] with a higher index."""
    consul = start_consul(acl=True)
    consul.set_policy("watcher", READ_ALL)
    (work / "token").write_text(consul.create_token("watcher")[0])
    for port in (8001, 8002):
        consul.register("web", port, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port, token_file=work / "token")
    probe.until_members(*ids(8001, 8002))
    consul.set_policy("watcher", 'key_prefix "none" { policy = "read" }')
    consul.register("web", 8003, version="1.0.0")
    probe.until_members(*ids(8001, 8002), held="shrink", timeout=30)
    wait.stays(lambda: len(probe.members()) == 2, "held while nothing is shown", 8)
    consul.set_policy("watcher", READ_ALL)
    probe.until_members(*ids(8001, 8002, 8003), timeout=30)
    probe.never_lost(*ids(8001, 8002))


def test_members_survive_a_restart_while_consul_is_away(consul, start_probe, work):
    for port in (8001, 8002):
        consul.register("web", port, version="1.0.0")
    first = start_probe(LIVE, port=consul.port, state=work / "state")
    first.until_members(*ids(8001, 8002))
    first.ask("save", "saved")
    first.kill()
    consul.kill()
    second = start_probe(LIVE, port=consul.port, state=work / "state", name="second")
    second.until_state("down")
    shown = second.ask("show live", "show")
    assert {one["id"] for one in shown["members"]} == set(ids(8001, 8002))
    consul.restart()  # empty
    second.until_members(*ids(8001, 8002), held="disturbed", timeout=40)


def test_a_small_loss_during_the_agents_absence_is_taken(consul, start_probe, work):
    numbers = range(8001, 8006)
    for port in numbers:
        consul.register("web", port, version="1.0.0")
    first = start_probe(LIVE, port=consul.port, state=work / "state")
    first.until_members(*ids(*numbers))
    first.ask("save", "saved")
    first.kill()
    consul.deregister("web-8001")
    second = start_probe(LIVE, port=consul.port, state=work / "state", name="second")
    second.until_members(*ids(*numbers[1:]))


def test_more_services_than_connections(consul, start_probe):
    count = 300
    for i in range(count):
        consul.bulk_register(f"s{i}", [{"node": f"n{i}", "port": 9000 + i, "version": "1.0.0"}])
    probe = start_probe(*[f"b{i} s{i} 1.0.0" for i in range(count)], port=consul.port)
    wait.until(
        lambda: probe.must_live() or all(probe.members(f"b{i}") for i in range(count)),
        "all services are read",
        60,
    )
    assert probe.connections() <= 64
    begun = time.monotonic()
    consul.bulk_register("s299", [{"node": "late", "port": 9999, "version": "1.0.0"}])
    probe.until_members(*ids(9299, 9999), backend="b299", timeout=10)
    print(f"a swept service followed after {time.monotonic() - begun:.3f} s")
    for i in range(1, count):
        probe.order(f"unsub b{i}")
    consul.bulk_register("s0", [{"node": "late", "port": 9998, "version": "1.0.0"}])
    probe.until_members(*ids(9000, 9998), backend="b0", timeout=10)
    assert probe.connections() <= 64


def test_names_that_need_escaping(consul, start_probe):
    name = "x/y%2F?z=1#ä"
    consul.register("x/y", 8001, version="1.0.0")
    consul.register(name, 8002, version="1.0.0")
    probe = start_probe(f"live {name} 1.0.0", port=consul.port)
    probe.until_members(*ids(8002))


def test_host_names_are_resolved_or_say_why_not(consul, start_probe):
    consul.register("web", 8001, version="1.0.0", address="localhost")
    consul.register("web", 70000, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port)
    wait.until(
        lambda: probe.members().get("localhost:8001", {}).get("address") == "127.0.0.1",
        "localhost is resolved",
    )
    assert "70000" in probe.members()["127.0.0.1:0"]["unusable"]


# the registry as a whole


def test_state_is_told_while_there_is_nothing_to_follow(consul, start_probe):
    probe = start_probe(port=consul.port)
    probe.until_state("ok")
    consul.kill()
    probe.until_state("down", timeout=25)
    assert start_probe(port=ports.free(), name="other").until_state("down")


def test_services_with_versions_and_health(consul, start_probe):
    consul.register("web", 8001, version="1.0.0")
    consul.register("web", 8002, version="1.0.0", status="critical")
    consul.register("web", 8003, version="2.0.0")
    consul.register("api", 8004)
    probe = start_probe(LIVE, port=consul.port)
    probe.until_members(*ids(8001, 8002))
    listed = probe.ask("services", "services")["services"]
    assert [one["name"] for one in listed] == ["api", "consul", "web"]
    assert listed[0]["versions"][0]["version"] == ""
    counts = [list(map(one.get, ("version", "instances", "passing", "critical")))
              for one in listed[2]["versions"]]
    assert counts == [["1.0.0", 2, 1, 1], ["2.0.0", 1, 1, 0]]
    consul.kill()
    assert "Consul" in wait.until(
        lambda: probe.ask("services", "services").get("error"), "an error, when the answer is old"
    )


@pytest.mark.parametrize(
    "rules, services, nodes, agent, complaints",
    [
        (READ_ALL + 'agent_prefix "" { policy = "read" }', True, True, True, []),
        (READ_ALL, True, True, False, ["agent_prefix"]),
        ('service_prefix "" { policy = "read" }', True, False, False,
         ["node_prefix", "agent_prefix", "no instance is shown"]),
        ('node_prefix "" { policy = "read" }', False, True, False,
         ["service_prefix", "agent_prefix", "not in the catalog"]),
    ],
)
def test_rights_of_a_token(
    start_consul, start_probe, work, rules, services, nodes, agent, complaints
):
    consul = start_consul(acl=True)
    consul.set_policy("watcher", rules)
    consul.register("web", 8001, version="1.0.0")
    (work / "token").write_text(consul.create_token("watcher")[0])
    probe = start_probe(port=consul.port, token_file=work / "token")
    report = probe.ask("rights web", "rights")
    assert report["error"] is None
    assert (report["services"], report["nodes"], report["agent"]) == (services, nodes, agent)
    assert len(report["lines"]) == len(complaints)
    assert all(word in line for word, line in zip(complaints, report["lines"]))
    (work / "token").write_text("11111111-2222-3333-4444-555555555555")
    wait.until(
        lambda: "403" in (probe.ask("rights", "rights")["error"] or ""), "the token is unknown"
    )


def test_the_agent_registers_itself(consul, start_probe):
    probe = start_probe(port=consul.port)
    probe.order("register 10000")

    def registered():
        found = consul.instances("thalassa")
        return found and found[0]["Checks"][-1]["Status"] == "passing" and found[0]["Service"]

    service = wait.until(registered, "registered and passing")
    meta = service["Meta"]
    assert (service["Port"], meta["label"], meta["location"]) == (10000, "probe", "here")
    consul.kill()
    consul.restart()  # has forgotten it
    wait.until(registered, "registered again", 30)
    assert probe.ask("deregister", "deregistered")["error"] is None
    assert consul.instances("thalassa") == []


# TLS


@pytest.fixture
def tls(keeper, work):
    """A Consul that wants a client certificate: (port, folder of the files)."""
    binary = parts.consul()

    def make(*words, folder=work):
        subprocess.run([binary, "tls", *words], cwd=folder, check=True, capture_output=True)

    make("ca", "create")
    make("cert", "create", "-server", "-dc", "dc1")
    make("cert", "create", "-cli", "-dc", "dc1")
    (work / "other").mkdir()
    make("ca", "create", folder=work / "other")
    consul = Consul(work)
    port = ports.free()
    consul.config["ports"]["https"] = port
    consul.config |= {
        "ca_file": str(work / "consul-agent-ca.pem"),
        "cert_file": str(work / "dc1-server-consul-0.pem"),
        "key_file": str(work / "dc1-server-consul-0-key.pem"),
        "verify_incoming_https": True,
    }
    keeper.keep(consul).start()
    consul.register("web", 8001, version="1.0.0")
    return consul, port


def test_tls_with_a_client_certificate(tls, start_probe, work):
    consul, port = tls
    files = {
        "ca": work / "consul-agent-ca.pem",
        "cert": work / "dc1-cli-consul-0.pem",
        "key": work / "dc1-cli-consul-0-key.pem",
    }
    probe = start_probe(LIVE, port=port, **files)
    probe.until_members(*ids(8001))
    consul.register("web", 8002, version="1.0.0")
    probe.until_members(*ids(8001, 8002))


@pytest.mark.parametrize(
    "ca, cert, scheme, complaint",
    [
        ("consul-agent-ca.pem", None, "https", "client certificate"),
        ("other/consul-agent-ca.pem", "cli", "https", "not trusted"),
        (None, None, "https", "not trusted"),
        ("missing.pem", None, "https", "TLS"),
        (None, None, "http", "it speaks TLS"),
    ],
)
def test_tls_errors_say_what_is_wrong(tls, start_probe, work, ca, cert, scheme, complaint):
    _, port = tls
    files = {"ca": work / ca} if ca else {}
    if cert:
        files |= {"cert": work / "dc1-cli-consul-0.pem", "key": work / "dc1-cli-consul-0-key.pem"}
    probe = start_probe(LIVE, serviceReg=f"{scheme}://127.0.0.1:{port}", **files)
    assert complaint in probe.until_state("down")
    assert not probe.pools()


# figures


def test_latency_of_a_registration(consul, start_probe, scaled):
    consul.register("web", 8000, version="1.0.0")
    probe = start_probe(LIVE, port=consul.port)
    probe.until_members(*ids(8000))
    times = []
    for i in range(scaled(300)):
        want = f"127.0.0.1:{9000 + i}"
        begun = time.monotonic()
        consul.register("web", 9000 + i, version="1.0.0")
        wait.until(lambda: want in probe.members(), "the member", every=0.001)
        at = next(
            event["at"]
            for event in probe.of_kind("pool")
            if any(one["id"] == want for one in event["members"])
        )
        times.append(at - begun)
        consul.deregister(f"web-{9000 + i}")
        wait.until(lambda: want not in probe.members(), "its end", every=0.001)
    p50, worst = statistics.median(times), max(times)
    print(f"register -> event: p50 {p50 * 1e3:.1f} ms, max {worst * 1e3:.1f} ms, n={len(times)}")
    assert p50 < 0.1


def test_idle_watches_cost_next_to_nothing(consul, start_probe, scaled):
    count = 100
    for i in range(count):
        consul.bulk_register(f"s{i}", [{"node": f"n{i}", "port": 9000 + i, "version": "1.0.0"}])
    probe = start_probe(*[f"b{i} s{i} 1.0.0" for i in range(count)], port=consul.port)
    wait.until(lambda: all(probe.members(f"b{i}") for i in range(count)), "all are read", 60)
    seconds = scaled(300)
    wait.stays(lambda: probe.popen.poll() is None, "the first waits are over", 6)
    before = probe.cpu()
    wait.stays(lambda: probe.popen.poll() is None, "idle", seconds)
    share = (probe.cpu() - before) / seconds
    print(f"idle with {count} services: {share * 100:.2f} % of a core")
    assert share < 0.05
