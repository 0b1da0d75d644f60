#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Answers per second of an SPOE agent over a plain echo of the same bytes, in pairs on the same machine:
few connections with many questions each, and many with one, as HAProxy asks. Each answer is checked.

    tests/bench/spop.py [--rounds 25] [--seconds 0.4] [--haproxy 2.6] [--only agent|example]

`agent` is asked what HAProxy asks it for a browser's request (question.py writes it down) and has ten
policies that look at everything, of which the last holds; `example` is libspop's, and is asked four
arguments. Load and server have a processor of their own, if there are two.

What the ratio of answers means: whichever of load and server is the slower waits for nothing, the other
one sleeps in between, and on a busy machine both wait for a processor. The ratio of the server's processor
time per answer is the steadier number; the load's own time is told, too.

Is the echo fair? It sends back all 485 bytes where the agent's answer has 74. An echo that cuts each frame
to 74 bytes takes as long, as does one that looks for the frames' ends: it is system calls that cost, and
there are as many: one recv and one send per read, one epoll_wait per wakeup, no clock. But the load, which
takes longer than the echo, never sleeps before it (0.3 times per 1,000 answers at 8 x 16), and does 30 times
before the agent, and the processor time of waking somebody is the sender's: 0.41 us of the agent's 1.03 are
its own code, 0.6 the kernel's, where the echo has 0.45. With a load that never sleeps, CPU is 1.6 of the
echo's instead of 2.3, and answers are as many.

The echo decides nothing. With one question per read the system calls are nearly all of it, for both.
With sixteen per read they are shared, and what is left of the agent's time is the decision: 6,470
instructions for these ten policies, of which callgrind says: headers, cookies and query by name 1,930,
conditions 1,900, PCRE2 1,070, the protocol 1,370 (980 of them check and read the question), the hash 130;
counters and clock less than 20. Before names were looked up in one pass it was 10,930.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import conftest  # noqa: E402
import parts  # noqa: E402
import ports  # noqa: E402
import proc  # noqa: E402
import question  # noqa: E402
import spop  # noqa: E402
import wait  # noqa: E402
from agent import Agent  # noqa: E402
from registry import FileRegistry  # noqa: E402

SHAPES = [(8, 16), (64, 1)]
ARGUMENTS = ["path=/shop/cart", "host=www.example.com", "method=GET", "agent=bench/1.0"]
EXAMPLE_SAYS = ["-x", "backend=be_shop"]
# none but the last holds, and each is looked at until its last condition or its first that fails
MATCHES = [
    {"host": "beta.example.com"},
    {"host": {"suffix": ".example.com"}, "path": {"prefix": "/admin/"}},
    {"src": ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"]},
    {"method": ["PUT", "DELETE"], "path": {"prefix": "/shop/"}},
    {"header": {"user-agent": {"regex": "(?i)bot|crawl|spider"}}},
    {"cookie": {"lang": {"in": ["de", "fr", "nl"]}}},
    {"query": {"item": {"prefix": "9"}}, "host": "www.example.com"},
    {"any": [{"header": {"x-debug": {"present": True}}}, {"cookie": {"debug": "1"}}]},
    {"percent": {"share": 1, "by": "cookie:session"}},
    {"header": {"x-tenant": "acme"}, "path": {"prefix": "/shop/"}, "cookie": {"uid": {"prefix": "u"}}},
]
AGENT_SAYS = ["-x", "backend=staged", "-x", "variant=b", "-x", "policy=p9", "-x", "done=agent"]


def cpu_seconds(pid) -> float:
    """Of all threads."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def load_seconds() -> float:
    """Of the loads that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def pin(pid, cpu) -> None:
    """All threads of it."""
    if os.cpu_count() > 1:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {cpu})


class Server:
    def __init__(self, pid, port):
        self.pid, self.port = pid, port
        pin(pid, 1)

    def run(self, words, connections, depth, seconds) -> tuple[float, float, float]:
        """Answers per second; microseconds of a processor per answer that the server took, and the load."""
        words = [parts.built("spop-load"), "-c", connections, "-d", depth, "-s", seconds, *words, self.port]
        before, load_before = cpu_seconds(self.pid), load_seconds()
        done = subprocess.run(
            [str(word) for word in words],
            capture_output=True, text=True, check=False, preexec_fn=lambda: pin(os.getpid(), 0),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        used, load_used = cpu_seconds(self.pid) - before, load_seconds() - load_before
        found = dict(re.findall(r"(\w+)=([\d.]+)", done.stdout))
        each = 1e6 / int(found["answers"])
        return float(found["per_second"]), used * each, load_used * each


class Pair:
    """A server and the echo, asked the same; `asks` and `says` are words for spop-load."""

    def __init__(self, name, echo, server, asks, says):
        self.name, self.echo, self.server, self.asks, self.says = name, echo, server, asks, says

    def compare(self, connections, depth, args) -> None:
        pairs = [
            [
                server.run([*self.asks, *says], connections, depth, args.seconds)
                for server, says in ((self.echo, ["-e"]), (self.server, self.says))
            ]
            for _ in range(args.rounds)
        ]
        rates = spread([agent[0] / echo[0] for echo, agent in pairs])
        cpus = spread([agent[1] / echo[1] for echo, agent in pairs])
        print(f"{self.name:7} {connections:3} x {depth:2}: of the echo's answers {rates}, of its CPU {cpus}")
        for name, runs in zip(("echo", "it"), zip(*pairs, strict=True), strict=True):
            rate, cpu, load = zip(*runs, strict=True)
            print(
                f"    {name:5}{spread(rate, 0)}/s, {spread(cpu)} us of CPU each, the load {spread(load)} us",
                flush=True,
            )


def spread(values, digits=2) -> str:
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def start_echo(keeper) -> Server:
    port = ports.free()
    child = keeper.keep(proc.Child("spop-echo", [parts.built("spop-echo"), port], keeper.folder))
    wait.until(lambda: "listening" in child.log(), "the echo listens")
    return Server(child.pid, port)


def start_example(keeper, echo) -> Pair:
    port = ports.free()
    example = keeper.keep(spop.Example(keeper.folder, f"127.0.0.1:{port}"))
    asks = [word for argument in ARGUMENTS for word in ("-a", argument)]
    return Pair("example", echo, Server(example.child.pid, port), asks, EXAMPLE_SAYS)


def configuration() -> dict:
    members = [{"host": "127.0.0.1", "port": ports.free()}]
    action = {"backend": "staged", "set": {"variant": "b"}}
    return {
        "frontends": [{"key": "web", "bind": f"127.0.0.1:{ports.free()}", "backend": "live"}],
        "backends": [{"key": key, "type": "static", "members": members} for key in ("live", "staged")],
        "policies": [
            {"key": f"p{i}", "frontend": "web", "match": match, "action": action}
            for i, match in enumerate(MATCHES)
        ],
    }


def start_agent(keeper, echo, version) -> Pair:
    folder, port = keeper.folder / "agent", ports.free()
    folder.mkdir()
    options = FileRegistry(folder).options | {"spoeListen": f"127.0.0.1:{port}"}
    agent = keeper.keep(Agent(folder, version, options).start())
    agent.good(agent.put("/config", configuration(), wait="30s"))
    payload = question.record(keeper, version, Path(agent.options["haproxyDir"]) / "spoe.conf")
    (folder / "question").write_bytes(payload)
    print(f"HAProxy {version} asks with {len(payload)} bytes", flush=True)
    return Pair("agent", echo, Server(agent.child.pid, port), ["-f", folder / "question"], AGENT_SAYS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--haproxy", default="2.6")
    parser.add_argument("--only", choices=["agent", "example"])
    args = parser.parse_args()
    proc.become_reaper()
    keeper = conftest.Keeper()
    with keeper.stack:
        echo, contenders = start_echo(keeper), []
        if args.only != "example":
            contenders.append(start_agent(keeper, echo, args.haproxy))
        if args.only != "agent":
            contenders.append(start_example(keeper, echo))
        for contender in contenders:
            for connections, depth in SHAPES:
                contender.compare(connections, depth, args)


if __name__ == "__main__":
    main()
