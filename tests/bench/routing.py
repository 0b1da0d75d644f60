#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What choosing a backend costs HAProxy: the rules as the agent writes them, in maps, beside the same
rules as acl and use_backend lines, and beside no rules; all three run at the same time and are asked
in turn.

    tests/bench/routing.py [--rules 1000] [--rounds 5] [--seconds 2] [--haproxy 2.6]

CPU is what the worker itself used per request; requests/s is what wrk saw on this machine.
"""

import argparse
import os
import statistics
from pathlib import Path

from stage import folder_of, stage  # first
import load
import ports
import test_rules as routing
from agent import Agent
from haproxy import GLOBAL, Haproxy
from origin import Origin
from registry import FileRegistry

REST = routing.REST


def rule_of(number) -> dict:
    """One of the seven kinds in turn; none is the beginning of another."""
    kind = routing.KINDS[number % len(routing.KINDS)]
    backend = routing.BACKENDS[number % len(routing.BACKENDS)]
    value = {
        "path": f"/path{number}/x", "path_beg": f"/beg{number}/", "path_reg": f"^/reg{number}/[0-9]+$",
        "url": f"/url{number}?a=1", "url_beg": f"/urlbeg{number}?", "url_reg": f"[?&]n{number}=[0-9]+$",
        "hdr_dom": f"host{number}.example",
    }[kind]
    rule = {"operation": kind, "value": value, "backend": backend}
    return rule | ({"type": "header", "header": "host"} if kind == "hdr_dom"
                   else {"type": kind.split("_")[0]})


def cpu_ticks(pid) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


class Contender:
    def __init__(self, name, haproxy, port):
        self.name, self.port, self.pid = name, port, haproxy.worker_pid()
        self.cpu_us = {"hit": [], "miss": []}
        self.per_second = {"hit": [], "miss": []}

    def run(self, what, path, seconds) -> None:
        before = cpu_ticks(self.pid)
        result = load.wrk(f"http://127.0.0.1:{self.port}{path}", seconds=seconds, connections=16)
        used = (cpu_ticks(self.pid) - before) / os.sysconf("SC_CLK_TCK")
        assert result.failed == 0 and result.requests, result
        self.cpu_us[what].append(used / result.requests * 1e6)
        self.per_second[what].append(result.per_second)


def plain(keeper, version, name, rules, backends) -> Contender:
    folder = folder_of(keeper, name)
    port = ports.free()
    text = GLOBAL.format(admin=folder / "admin.sock")
    text += f"frontend web\n    bind 127.0.0.1:{port}\n{routing.plain_lines(rules)}"
    text += f"    default_backend {REST}\n"
    for backend, origin in backends.items():
        text += f"backend {backend}\n    server s 127.0.0.1:{origin.port}\n"
    return Contender(name, keeper.keep(Haproxy(version, folder, name=name)).start(text), port)


def ours(keeper, version, rules, backends) -> Contender:
    port = ports.free()
    options = FileRegistry(keeper.folder).options
    agent = keeper.keep(Agent(keeper.folder, version, options).start())
    objects = {
        "frontends": [{"key": "web", "bind": f"127.0.0.1:{port}", "backend": REST, "rules": rules}],
        "backends": [
            {"key": backend, "type": "static", "members": [{"host": "127.0.0.1", "port": origin.port}]}
            for backend, origin in backends.items()
        ],
    }
    agent.good(agent.put("/config", objects, wait="30s"))
    return Contender("maps", agent.haproxy, port)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--haproxy", default="2.6")
    args = parser.parse_args()
    with stage() as keeper:
        origin = keeper.keep(Origin(keeper.folder, "o", "1.0.0"))
        backends = {name: origin for name in [*routing.BACKENDS, REST]}
        rules = [rule_of(number) for number in range(args.rules)]
        middle = next(n for n in range(args.rules // 2, args.rules)
                      if rules[n]["operation"] == "path_beg")
        paths = {"hit": f"/beg{middle}/x", "miss": "/nothing/of/this"}
        contenders = [
            plain(keeper, args.haproxy, "no rules", [], backends),
            ours(keeper, args.haproxy, rules, backends),
            plain(keeper, args.haproxy, "acl lines", rules, backends),
        ]
        for _ in range(args.rounds):
            for contender in contenders:
                for what, path in paths.items():
                    contender.run(what, path, args.seconds)
        report(args, contenders)


def report(args, contenders) -> None:
    print(f"HAProxy {args.haproxy}, {args.rules} rules of {len(routing.KINDS)} kinds, "
          f"medians of {args.rounds} rounds")
    none = contenders[0]
    for what in ("hit", "miss"):
        base_cpu = statistics.median(none.cpu_us[what])
        base_rate = statistics.median(none.per_second[what])
        for one in contenders:
            cpu, rate = statistics.median(one.cpu_us[what]), statistics.median(one.per_second[what])
            print(f"{what:5} {one.name:10} {cpu:8.1f} us of CPU per request ({cpu / base_cpu:5.2f} of no rules)"
                  f" {rate:9.0f} requests/s ({rate / base_rate:4.2f})")


if __name__ == "__main__":
    main()
