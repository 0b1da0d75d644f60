# SPDX-License-Identifier: Apache-2.0
"""libspop's example program as the agent of real HAProxies."""

import signal

import load
import ports
import pytest
import spop
import wait
from rest import Rest

PROXIES = """
frontend web
    bind 127.0.0.1:{port}
    filter spoe engine example config {folder}/spoe.conf
    http-after-response set-header x-err %[var(txn.e.err)]
    use_backend %[var(txn.e.backend)] if {{ var(txn.e.backend) -m found }}
    default_backend be_default

backend be_default
    http-request return status 200 content-type text/plain string "default"

backend be_shop
    http-request return status 200 content-type text/plain string "shop"

backend agents
    mode tcp
    option spop-check
    timeout connect 100ms
    timeout server 60s
{servers}
"""
SPOE = """
[example]
spoe-agent example
    messages pick
    option var-prefix e
    option set-on-error err
    timeout hello 500ms
    timeout idle 60s
    timeout processing {processing}
    use-backend agents
spoe-message pick
    args path=path host=req.hdr(host) method=method src=src
    event on-frontend-http-request
"""
CHECK = "check inter 200ms fall 2 rise 1"


@pytest.fixture
def start_example(keeper):
    """start_example(address, threads=1, grace_ms=0, name=...) -> spop.Example"""
    return lambda *args, **named: keeper.keep(spop.Example(keeper.folder, *args, **named))


class Routing:
    """A HAProxy that asks agents at these addresses (`HOST:PORT` or unix@PATH)."""

    def __init__(self, start_haproxy, version, folder, agents, check=CHECK, processing="2s"):
        self.port = ports.free()
        folder.mkdir(exist_ok=True)
        (folder / "spoe.conf").write_text(SPOE.format(processing=processing))
        lines = [f"    server a{n} {agent} {check}" for n, agent in enumerate(agents, 1)]
        text = PROXIES.format(port=self.port, folder=folder, servers="\n".join(lines))
        self.haproxy = start_haproxy(version, text)
        wait.until(lambda: set(self.agents().values()) == {"UP"}, "agents pass their checks")

    def agents(self) -> dict[str, str]:
        return self.haproxy.servers("agents")

    def ask(self, path="/shop/cart") -> tuple[str, str]:
        """Who answers, and the filter's error."""
        reply = Rest(port=self.port).get(path)
        assert reply.status == 200
        return reply.body.strip(), reply.headers.get("x-err", "")


@pytest.fixture
def start_routing(start_haproxy, work):
    return lambda version, agents, **named: Routing(start_haproxy, version, work, agents, **named)


def test_spop_agent_decides_where_a_request_goes(haproxy_version, start_example, start_routing):
    address = f"127.0.0.1:{ports.free()}"
    agent = start_example(address)
    routing = start_routing(haproxy_version, [address])
    assert routing.ask("/shop/cart") == ("shop", "")
    assert routing.ask("/nobody") == ("default", "")  # no such backend
    result = load.wrk(f"http://127.0.0.1:{routing.port}/shop/x", seconds=2)
    assert result.failed == 0
    counters = agent.counters()
    assert counters["notifies"] >= result.requests
    assert counters["checks"] > 0
    assert counters["faulty"] == counters["blamed"] == counters["oversized"] == 0
    assert counters["connections"] == counters["accepted"] - counters["closed"] < 100


def test_spop_agent_on_a_unix_socket(haproxy_version, start_example, start_routing, work):
    path = work / "agent.sock"
    agent = start_example(path, threads=2)
    routing = start_routing(haproxy_version, [f"unix@{path}"])
    assert routing.ask() == ("shop", "")
    assert path.stat().st_mode & 0o777 == 0o660
    agent.stop()
    assert not path.exists()
    assert routing.ask()[0] == "default"


def test_spop_agent_killed_and_back_costs_no_request(haproxy_version, start_example, start_routing):
    address = f"127.0.0.1:{ports.free()}"
    agent = start_example(address, threads=2)
    routing = start_routing(haproxy_version, [address], processing="100ms")
    with load.Prober(routing.port, path="/shop/x", keepalive=True) as prober:
        wait.until(lambda: prober.answers[(200, "shop")] > 50, "answers with the agent")
        agent.kill()
        wait.equals(routing.agents, {"a1": "DOWN"}, "HAProxy sees it")
        wait.until(lambda: prober.answers[(200, "default")] > 50, "answers without the agent")
        agent.start()
        wait.equals(routing.agents, {"a1": "UP"}, "HAProxy sees its return")
        before = prober.answers[(200, "shop")]
        wait.until(lambda: prober.answers[(200, "shop")] > before + 50, "answers with it again")
    assert not prober.failures
    assert routing.ask() == ("shop", "")


def test_spop_agent_that_leaves_fails_its_checks_first_and_loses_no_exchange(
    haproxy_version, start_example, start_routing
):
    addresses = [f"127.0.0.1:{ports.free()}" for _ in range(2)]
    leaving = start_example(addresses[0], grace_ms=4000, name="leaving")
    start_example(addresses[1], name="staying")
    routing = start_routing(haproxy_version, addresses)
    with load.Prober(routing.port, path="/shop/x", keepalive=True) as prober:
        wait.until(lambda: prober.answers[(200, "shop")] > 50, "answers by both")
        leaving.child.signal(signal.SIGTERM)
        wait.equals(routing.agents, {"a1": "DOWN", "a2": "UP"}, "checks fail")
        assert leaving.child.alive()
        assert leaving.child.exit_status() == 0
        before = prober.count
        wait.until(lambda: prober.count > before + 50, "answers by the other")
    assert not prober.failures
    assert prober.names() == {"shop"}  # `default` would be an exchange that got lost


def test_two_haproxies_share_a_spop_agent(haproxy_version, start_example, start_haproxy, work):
    address = f"127.0.0.1:{ports.free()}"
    agent = start_example(address)
    folders = [work / "one", work / "two"]

    def start(folder):
        return lambda version, text: start_haproxy(
            version, text, admin=folder / "admin.sock", master=folder / "master.sock", name=folder.name
        )

    for folder in folders:
        folder.mkdir()
    one, two = [Routing(start(folder), haproxy_version, folder, [address]) for folder in folders]
    results = [load.Wrk(f"http://127.0.0.1:{r.port}/shop/x", seconds=1) for r in (one, two)]
    requests = [result.result() for result in results]
    assert sum(result.failed for result in requests) == 0
    assert one.ask() == two.ask() == ("shop", "")
    counters = agent.counters()
    assert counters["notifies"] >= sum(result.requests for result in requests)
    assert counters["faulty"] == counters["blamed"] == 0
