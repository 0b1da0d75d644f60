#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Does a change cost more the more there is? Backends with static members are created one by one through
the API, each waited for until HAProxy runs it, then one member of one of them is weighted anew again and
again, then they are deleted one by one. For each hundred: the time per change, and the CPU that the agent
and HAProxy spent on it. With --at-once the backends come a hundred at a time by PUT /config, and only
changed weights are measured.

    tests/bench/many.py [--backends 1000] [--members 10] [--step 100] [--haproxy 3.4] [--at-once]
"""

import argparse
import statistics
import time

from stage import agent_without_services, stage  # first
import ports
from apply import cpu_s, resident_mb

WAIT = "20s"
WEIGHTINGS = 50  # measured per hundred


def backend(n, members, weight=1) -> dict:
    """Nobody listens there, and checks are rare: they are not what is measured."""
    return {
        "type": "static",
        "health": {"uri": f"/{n}", "interval": 60000},
        "members": [
            {"host": f"127.{1 + n // 250}.{1 + n % 250}.{1 + m}", "port": 9, "weight": weight if m == 0 else 1}
            for m in range(members)
        ],
    }


class Meter:
    """Times of single changes, and the CPU of both processes over all of them."""

    def __init__(self, agent):
        self.agent, self.ms = agent, []
        self.before = self.cpu()

    def cpu(self) -> tuple[float, float]:
        return cpu_s(self.agent.child.pid), cpu_s(self.agent.haproxy.worker_pid())

    def change(self, send) -> None:
        begin = time.monotonic()
        reply = self.agent.good(send())
        assert reply.status == 200, f"not applied within {WAIT}"
        self.ms.append((time.monotonic() - begin) * 1000)

    def line(self, what) -> None:
        agent, haproxy = (1000 * (b - a) / len(self.ms) for a, b in zip(self.before, self.cpu()))
        ms = sorted(self.ms)
        print(
            f"{what:24} p50 {statistics.median(ms):8.2f}  p90 {ms[len(ms) * 9 // 10]:8.2f}  "
            f"max {ms[-1]:8.2f} ms; CPU per change: agent {agent:7.2f}, HAProxy {haproxy:7.2f} ms; "
            f"agent {resident_mb(self.agent.child.pid):.1f} MB",
            flush=True,
        )


def weigh(agent, number, members, total) -> None:
    meter = Meter(agent)
    for turn in range(WEIGHTINGS):
        body = backend(number, members, weight=10 + turn)
        meter.change(lambda: agent.put(f"/backends/b{number:05}", body, wait=WAIT))
    meter.line(f"weight, of {total} backends")


def each(agent, numbers, step, what, send) -> None:
    for first in range(0, len(numbers), step):
        part, meter = numbers[first : first + step], Meter(agent)
        for n in part:
            meter.change(lambda: send(n))
        meter.line(f"{what} {first + 1} to {first + len(part)}")


def at_once(agent, args) -> None:
    for first in range(0, args.backends, args.step):
        numbers = range(first, min(first + args.step, args.backends))
        objects = [{"key": f"b{n:05}"} | backend(n, args.members) for n in numbers]
        agent.good(agent.put("/config", {"frontends": [], "backends": objects}, wait=WAIT))
        agent.wait_applied(60)
        weigh(agent, first, args.members, numbers[-1] + 1)


def one_by_one(agent, args) -> None:
    numbers = list(range(args.backends))
    each(
        agent, numbers, args.step, "created",
        lambda n: agent.put(f"/backends/b{n:05}", backend(n, args.members), wait=WAIT),
    )  # fmt: skip
    weigh(agent, args.backends // 2, args.members, args.backends)
    each(
        agent, numbers, args.step, "deleted",
        lambda n: agent.delete(f"/backends/b{n:05}", wait=WAIT),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--backends", type=int, default=1000)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--step", type=int, default=100)
    parser.add_argument("--haproxy", default="3.4")
    parser.add_argument("--at-once", action="store_true")
    args = parser.parse_args()
    with stage() as keeper:
        agent = agent_without_services(keeper, "many", args.haproxy)
        first = {"key": "web", "bind": f"127.0.0.1:{ports.free()}", "backend": "none"}
        none = {"key": "none"} | backend(args.backends, 1)
        agent.good(agent.put("/config", {"frontends": [first], "backends": [none]}, wait=WAIT))
        before = agent.reload_count()
        (at_once if args.at_once else one_by_one)(agent, args)
        print(f"reloads: {agent.reload_count() - before}")
        agent.stop()


if __name__ == "__main__":
    main()
