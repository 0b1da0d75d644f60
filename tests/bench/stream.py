#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What viewers of the stream cost. An agent with N backends in a running HAProxy:

- CPU of the agent while nothing changes, with 0, 10 and 100 viewers that subscribe to all statistics of
  backends, and the bytes per second that one of them gets;
- then 1,000 viewers, 50 of whom never read, while backends change: does anybody who reads miss a change,
  how much memory does the agent take, how late is its loop at worst (thalassa_loop_late_seconds), how long
  does GET /healthz take?

    tests/bench/stream.py [--backends 100] [--members 10] [--viewers 1000] [--silent 50] [--seconds 15]
"""

import argparse
import itertools
import json
import subprocess
import threading
import time

from stage import agent_without_services, stage  # first
import parts
import ports
from apply import cpu_s, resident_mb
from many import WAIT, backend

BIG = 400  # members of the backend whose changes fill the silent ones' backlog


class Viewers:
    def __init__(self, agent, reading, silent=0, topic=None):
        words = [parts.built("stream-load"), agent.options["port"], reading, silent] + ([topic] if topic else [])
        self.process = subprocess.Popen(
            list(map(str, words)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.first = json.loads(self.process.stdout.readline())

    def report(self) -> dict:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)


def metric(agent, name) -> float:
    lines = agent.get("/metrics").body.splitlines()
    return float(next((line.split()[-1] for line in lines if line.split()[0] == name), "nan"))


class Health:
    """The slowest GET /healthz, asked every 20 ms."""

    def __init__(self, agent):
        self.agent, self.ms, self.ending = agent, [], threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.ending.is_set():
            begin = time.monotonic()
            assert self.agent.get("/healthz").status == 200
            self.ms.append((time.monotonic() - begin) * 1000)
            self.ending.wait(0.02)

    def stop(self) -> str:
        self.ending.set()
        self.thread.join(10)
        ms = sorted(self.ms)
        return f"GET /healthz p50 {ms[len(ms) // 2]:.1f}  p99 {ms[len(ms) * 99 // 100]:.1f}  max {ms[-1]:.1f} ms"


def forget_lateness() -> None:
    """The metric looks back for 20 s at most."""
    time.sleep(21)


def idle(agent, seconds) -> None:
    for count in (0, 10, 100):
        viewers = Viewers(agent, count, topic="stat/backend/*") if count else None
        time.sleep(3)
        if viewers:
            viewers.report()
        before, begin = cpu_s(agent.child.pid), time.monotonic()
        time.sleep(seconds)
        taken = time.monotonic() - begin
        cpu = 100 * (cpu_s(agent.child.pid) - before) / taken
        line = f"at rest, {count:4} viewers: CPU of the agent {cpu:5.2f} %"
        if viewers:
            got = viewers.report()
            line += f"; to each {got['bytes'] / count / taken:8.0f} bytes/s, {got['stats'] / count / taken:6.1f} statistics/s"
            viewers.stop()
        print(line, flush=True)


def crowd(agent, args) -> None:
    before = resident_mb(agent.child.pid)
    begin = time.monotonic()
    viewers = Viewers(agent, args.viewers - args.silent, args.silent)
    came = time.monotonic() - begin
    print(
        f"{args.viewers} viewers ({args.silent} silent) greeted in {came:.2f} s; "
        f"agent {before:.1f} -> {resident_mb(agent.child.pid):.1f} MB",
        flush=True,
    )
    forget_lateness()
    late = metric(agent, "thalassa_loop_late_seconds") * 1000
    print(f"at rest with all of them: loop late by {late:.1f} ms at worst", flush=True)
    viewers.report()
    health, cpu = Health(agent), cpu_s(agent.child.pid)
    begin, most, members = time.monotonic(), 0, [{"host": f"10.9.{i // 250}.{1 + i % 250}", "port": 9} for i in range(BIG)]
    for turn in itertools.count():
        if time.monotonic() - begin > args.seconds:
            break
        agent.good(agent.put("/backends/b00000", backend(0, args.members, weight=1 + turn % 250)))
        if turn % 4 == 0:  # unused by any frontend, and large
            body = {"type": "static", "members": members, "balance": ["source", "first"][turn // 4 % 2]}
            agent.good(agent.put("/backends/big", body))
        most = max(most, resident_mb(agent.child.pid))
        time.sleep(0.1)
    taken = time.monotonic() - begin
    cpu = 100 * (cpu_s(agent.child.pid) - cpu) / taken
    late = metric(agent, "thalassa_loop_late_seconds") * 1000
    healthy = health.stop()
    agent.wait_applied(30)
    time.sleep(2)
    got = viewers.report()
    readers = args.viewers - args.silent
    print(
        f"{taken:.0f} s of changes: {got['changes'] / readers:.0f} to each, {got['bytes'] / 1e6 / taken:.1f} MB/s in all; "
        f"gaps {got['gaps']}, readers dropped {got['closed']}, behind {got['behind']}, "
        f"silent dropped {metric(agent, 'thalassa_stream_lost_total'):.0f} of {args.silent}\n"
        f"  CPU of the agent {cpu:.1f} %, memory at most {most:.1f} MB, loop late by {late:.1f} ms at worst, {healthy}",
        flush=True,
    )
    viewers.stop()
    assert got["gaps"] == 0 and got["closed"] == 0 and got["behind"] == 0, got
    print(f"all have gone: {resident_mb(agent.child.pid):.1f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--backends", type=int, default=100)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--silent", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--haproxy", default="3.4")
    args = parser.parse_args()
    with stage() as keeper:
        agent = agent_without_services(keeper, "stream", args.haproxy)
        web = {"key": "web", "bind": f"127.0.0.1:{ports.free()}", "backend": "b00000"}
        objects = [{"key": f"b{n:05}"} | backend(n, args.members) for n in range(args.backends)]
        agent.good(agent.put("/config", {"frontends": [web], "backends": objects}, wait=WAIT))
        agent.wait_applied(60)
        print(f"{args.backends} backends, {args.backends * args.members} members: agent {resident_mb(agent.child.pid):.1f} MB")
        idle(agent, args.seconds)
        crowd(agent, args)
        agent.stop()


if __name__ == "__main__":
    main()
