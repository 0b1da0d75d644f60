#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a decision costs HAProxy: nothing to decide, maps alone, a split, a policy on another frontend
(which must cost nothing), a policy by the SPOE agent, a policy by Lua. Each has a HAProxy of its own; all
run at the same time and are asked in turn.

    tests/bench/decide.py [--policies 10] [--rounds 5] [--seconds 2] [--haproxy 2.6]

CPU is what the worker itself used per request; requests/s is what wrk saw on this machine.
"""

import argparse
import os
import statistics
from pathlib import Path

from stage import folder_of, stage  # first
import load
import ports
import wait
from agent import Agent
from haproxy import GLOBAL, Haproxy
from origin import Origin
from registry import FileRegistry
from rest import Rest

HEADERS = {"X-Tenant": "acme", "Cookie": "session=1; uid=u123", "User-Agent": "bench/1.0", "Accept": "*/*"}


def cpu_us(pid) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6


class Contender:
    def __init__(self, name, haproxy, port, agent=None):
        self.name, self.port, self.pid, self.agent = name, port, haproxy.worker_pid(), agent
        self.cpu_us, self.agent_us, self.per_second = [], [], []

    def run(self, seconds) -> None:
        before, agent_before = cpu_us(self.pid), self._agent_us()
        url = f"http://127.0.0.1:{self.port}/a/b?c=d"
        result = load.wrk(url, seconds=seconds, connections=16, headers=HEADERS)
        assert result.failed == 0 and result.requests, result
        self.cpu_us.append((cpu_us(self.pid) - before) / result.requests)
        self.agent_us.append((self._agent_us() - agent_before) / result.requests)
        self.per_second.append(result.per_second)

    def _agent_us(self) -> float:
        return cpu_us(self.agent.child.pid) if self.agent else 0.0


def plain(keeper, version, origin) -> Contender:
    folder, port = folder_of(keeper, "nothing"), ports.free()
    text = GLOBAL.format(admin=folder / "admin.sock")
    text += f"frontend web\n    bind 127.0.0.1:{port}\n    default_backend live\n"
    text += f"backend live\n    server s 127.0.0.1:{origin.port}\n"
    return Contender("nothing", keeper.keep(Haproxy(version, folder, name="nothing")).start(text), port)


def policies_of(frontend, count) -> list[dict]:
    """The last one holds."""
    return [
        {
            "key": f"p{i:02}", "frontend": frontend,
            "match": {"header": {"x-tenant": "acme" if i == count - 1 else f"tenant{i}"},
                      "path": {"prefix": "/a/"}, "cookie": {"uid": {"prefix": "u"}}},
            "action": {"backend": "staged", "set": {"variant": "b"}},
        }
        for i in range(count)
    ]


def ours(keeper, version, origin, name, splits=(), policies=(), wanted="live", **options) -> Contender:
    port, folder = ports.free(), folder_of(keeper, name)
    agent = keeper.keep(Agent(folder, version, FileRegistry(folder).options | options, name=name).start())
    members = [{"host": "127.0.0.1", "port": origin.port}]
    objects = {
        "frontends": [{"key": key, "bind": f"127.0.0.1:{at}", "backend": "live"}
                      for key, at in (("web", port), ("other", ports.free()))],
        "backends": [{"key": key, "type": "static", "members": members} for key in ("live", "staged")],
        "splits": list(splits),
        "policies": list(policies),
    }
    agent.good(agent.put("/config", objects, wait="30s"))
    if agent.options["spoeListen"] != "off":
        wait.equals(lambda: agent.haproxy.servers("thalassa.agents"), {"agent": "UP"}, "the agent is found")
    assert Rest(port=port).get("/a/b", HEADERS).status == 200
    rows = {row["pxname"]: int(row["stot"]) for row in agent.haproxy.stat() if row["svname"] == "BACKEND"}
    assert rows[wanted] == 1, (name, rows)
    return Contender(name, agent.haproxy, port, agent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--policies", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--haproxy", default="2.6")
    args = parser.parse_args()
    split = {"key": "live", "sticky": "src", "targets": [{"backend": "live", "weight": 0},
                                                         {"backend": "staged", "weight": 10000}]}
    with stage() as keeper:
        origin = keeper.keep(Origin(keeper.folder, "o", "1.0.0"))
        base = (keeper, args.haproxy, origin)
        mine, theirs = policies_of("web", args.policies), policies_of("other", args.policies)
        contenders = [
            plain(*base),
            ours(*base, "maps"),
            ours(*base, "split", splits=[split], wanted="staged"),
            ours(*base, "policy elsewhere", policies=theirs),
            ours(*base, "policy by SPOE", policies=mine, wanted="staged"),
            ours(*base, "policy by Lua", policies=mine, wanted="staged", spoeListen="off"),
        ]
        for _ in range(args.rounds):
            for contender in contenders:
                contender.run(args.seconds)
        report(args, contenders)


def report(args, contenders) -> None:
    print(f"HAProxy {args.haproxy}, {args.policies} policies of which the last holds, "
          f"medians of {args.rounds} rounds; ratios to maps")
    maps_cpu, maps_rate = (statistics.median(what) for what in (contenders[1].cpu_us, contenders[1].per_second))
    for one in contenders:
        cpu, rate = statistics.median(one.cpu_us), statistics.median(one.per_second)
        print(f"{one.name:17} {cpu:7.1f} us of CPU per request ({cpu / maps_cpu:4.2f})"
              f" {rate:9.0f} requests/s ({rate / maps_rate:4.2f})"
              f"  agent {statistics.median(one.agent_us):5.1f} us")


if __name__ == "__main__":
    main()
