#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Answers per second of an SPOE agent over a plain echo of the same bytes, in pairs on the same machine:
many connections with one question each, as HAProxy asks, and few with many. Each answer is checked.

    tests/bench/spop.py [--rounds 25] [--seconds 0.4] [--port PORT --expect NAME=TEXT]

Without --port the agent is libspop's example. Load and server have a processor of their own, if there
are two. On a busy machine the processor time per answer is the steadier number.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import conftest  # noqa: E402
import parts  # noqa: E402
import ports  # noqa: E402
import proc  # noqa: E402
import spop  # noqa: E402
import wait  # noqa: E402

SHAPES = [(8, 16), (64, 1)]
ARGUMENTS = ["path=/shop/cart", "host=www.example.com", "method=GET", "agent=bench/1.0"]
EXPECTED = "backend=be_shop"


def cpu_seconds(pid) -> float:
    """Of all threads."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def pin(pid, cpu) -> None:
    if os.cpu_count() > 1:
        os.sched_setaffinity(pid, {cpu})


class Server:
    def __init__(self, pid, port, words):
        self.pid, self.port, self.words = pid, port, words

    def run(self, connections, depth, seconds) -> tuple[float, float]:
        """Answers per second; microseconds of the server's processor per answer."""
        words = [parts.built("spop-load"), "-c", connections, "-d", depth, "-s", seconds]
        words += [word for pair in ARGUMENTS for word in ("-a", pair)] + [*self.words, self.port]
        before = cpu_seconds(self.pid) if self.pid else 0
        done = subprocess.run(
            [str(word) for word in words],
            capture_output=True, text=True, check=False, preexec_fn=lambda: pin(0, 0),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        used = (cpu_seconds(self.pid) if self.pid else 0) - before
        found = dict(re.findall(r"(\w+)=([\d.]+)", done.stdout))
        return float(found["per_second"]), used / int(found["answers"]) * 1e6


def spread(values, digits=2) -> str:
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def start_echo(keeper) -> Server:
    port = ports.free()
    child = keeper.keep(proc.Child("spop-echo", [parts.built("spop-echo"), port], keeper.folder))
    wait.until(lambda: "listening" in child.log(), "the echo listens")
    pin(child.pid, 1)
    return Server(child.pid, port, ["-e"])


def start_agent(keeper, args) -> Server:
    if args.port:
        return Server(args.pid, args.port, ["-x", args.expect])
    port = ports.free()
    example = keeper.keep(spop.Example(keeper.folder, f"127.0.0.1:{port}"))
    for task in Path(f"/proc/{example.child.pid}/task").iterdir():
        pin(int(task.name), 1)
    return Server(example.child.pid, port, ["-x", args.expect])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--port", type=int, help="an agent that runs already")
    parser.add_argument("--pid", type=int, help="its process, for its processor time")
    parser.add_argument("--expect", default=EXPECTED, help="the variable that it answers with")
    args = parser.parse_args()
    proc.become_reaper()
    keeper = conftest.Keeper()
    with keeper.stack:
        echo, agent = start_echo(keeper), start_agent(keeper, args)
        for connections, depth in SHAPES:
            ratios, pairs = [], []
            for _ in range(args.rounds):
                pair = [server.run(connections, depth, args.seconds) for server in (echo, agent)]
                pairs.append(pair)
                ratios.append(pair[1][0] / pair[0][0])
            print(
                f"{connections:3} x {depth:2}: agent/echo {spread(ratios)},"
                f" echo {spread([p[0][0] for p in pairs], 0)}/s"
                f" {spread([p[0][1] for p in pairs])} us,"
                f" agent {spread([p[1][0] for p in pairs], 0)}/s"
                f" {spread([p[1][1] for p in pairs])} us",
                flush=True,
            )


if __name__ == "__main__":
    main()
