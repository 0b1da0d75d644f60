#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long from a registration in Consul to the first request that the new instance answers through
HAProxy, and from its deregistration to its last answer: the agent beside HAProxy's own DNS discovery
on the same machine, in the same run.

    tests/bench/latency.py [--trials 100] [--haproxy 2.6]
"""

import argparse
import http.client
import statistics
import time

from stage import folder_of, stage  # first
import ports
import wait
from agent import Agent
from consul import Consul
from haproxy import Haproxy
from origin import Origin

TRIAL_S = 20.0

DNS = """
resolvers consul
    nameserver c 127.0.0.1:{dns}
    accepted_payload_size 8192
    {more}
    hold nx 0s
    hold obsolete 0s

frontend web
    mode http
    bind 127.0.0.1:{port}
    default_backend live

backend live
    mode http
    balance roundrobin
    server-template s 10 _site._tcp.service.consul resolvers consul resolve-opts allow-dup-ip init-addr none check inter 2s
"""


class Client:
    """Asks through HAProxy as fast as one keep-alive connection allows."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)

    def who(self) -> str:
        try:
            self.connection.request("GET", "/")
            reply = self.connection.getresponse()
            reply.read()
            return reply.getheader("X-Origin", "")
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return ""


def until(client, name, present) -> float:
    """Seconds until `name` answers; or until it has not answered in a whole round of the pool."""
    begin, last = time.monotonic(), time.monotonic()
    missed = 0
    while time.monotonic() - begin < TRIAL_S:
        if client.who() == name:
            last, missed = time.monotonic(), 0
            if present:
                return last - begin
        else:
            missed += 1
            if not present and missed > 40:
                return last - begin
    raise TimeoutError(f"{name}: not {'seen' if present else 'gone'} within {TRIAL_S} s")


def measure(consul, port, origin, trials) -> tuple[list[float], list[float]]:
    client, added, removed = Client(port), [], []
    for trial in range(trials):
        id = f"trial-{trial}"
        begin = time.monotonic()
        consul.register("site", origin.port, id=id, version="1.0.0")
        registered = time.monotonic() - begin
        added.append(until(client, "new", True) + registered)
        begin = time.monotonic()
        consul.deregister(id)
        deregistered = time.monotonic() - begin
        removed.append(max(0.0, until(client, "new", False)) + deregistered)
    return added, removed


def line(name, values) -> str:
    ms = sorted(v * 1000 for v in values)
    pick = lambda q: ms[min(len(ms) - 1, int(len(ms) * q))]  # noqa: E731
    return f"{name:34} p50 {statistics.median(ms):8.1f}  p90 {pick(0.9):8.1f}  p99 {pick(0.99):8.1f} ms"


def bench_agent(keeper, consul, version, origin, trials):
    agent = keeper.keep(Agent(keeper.folder, version, {"serviceRegPort": consul.port}).start())
    port = ports.free()
    agent.good(agent.put("/backends/live", {"type": "dynamic", "name": "site", "version": "1.0.0"}))
    agent.good(agent.put("/frontends/web", {"bind": f"127.0.0.1:{port}", "backend": "live"}, wait="10s"))
    client = Client(port)
    wait.until(lambda: client.who().startswith("old"), "the agent's pool serves", 20)
    results = measure(consul, port, origin, trials)
    agent.stop()
    return results


def bench_dns(keeper, consul, dns, version, origin, trials, more, name):
    folder = folder_of(keeper, name)
    port = ports.free()
    text = DNS.format(dns=dns, port=port, more=more)
    haproxy = keeper.keep(Haproxy(version, folder).start(text))
    client = Client(port)
    wait.until(lambda: client.who().startswith("old"), "the DNS pool serves", 30)
    results = measure(consul, port, origin, trials)
    haproxy.stop()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--dns-trials", type=int, default=30)
    parser.add_argument("--haproxy", default="2.6")
    args = parser.parse_args()
    with stage() as keeper:
        consul = keeper.keep(Consul(keeper.folder))
        consul.config["ports"]["dns"] = dns = ports.free()
        consul.start()
        for n in (1, 2):
            old = keeper.keep(Origin(keeper.folder, f"old{n}", "1.0.0"))
            consul.register("site", old.port, id=f"old{n}", version="1.0.0")
        new = keeper.keep(Origin(keeper.folder, "new", "1.0.0"))
        rows = [("agent", bench_agent(keeper, consul, args.haproxy, new, args.trials))]
        for name, more in (("DNS, resolve 1s", ""), ("DNS, resolve 100ms", "timeout resolve 100ms")):
            folder = "dns" + str(len(rows))
            rows.append((name, bench_dns(keeper, consul, dns, args.haproxy, new, args.dns_trials, more, folder)))
        for name, (added, removed) in rows:
            print(line(f"{name}: register", added))
            print(line(f"{name}: deregister", removed))
        base = statistics.median(rows[0][1][0])
        for name, (added, _) in rows[1:]:
            print(f"{name} / agent, register p50: {statistics.median(added) / base:.1f}")


if __name__ == "__main__":
    main()
