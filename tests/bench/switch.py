#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long from POST /backends/live {"version"} to the first request that the new version answers and to
the last one that the old version answers, back and forth between two versions of two members each, while
one client asks as fast as it can. p50 and p99 for each HAProxy version; and how many requests failed.

    tests/bench/switch.py [--switches 50] [--haproxy 2.6 3.0 3.2 3.4] [--interval 2000] [--cookie]
"""

import argparse
import http.client
import statistics
import threading
import time

from stage import folder_of, stage  # first
import scene as scenes
import wait
from agent import Agent
from origin import Origin
from registry import FileRegistry

QUIET_S = 0.5  # no answer of the old version for so long: that was the last one


class Asker:
    """Asks on one kept connection, and notes when each version answered."""

    def __init__(self, port):
        self.port, self.failed, self.asked = port, 0, 0
        self.first, self.last = {}, {}  # version -> time of its first and last answer since `mark`
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def mark(self) -> None:
        self.first, self.last = {}, {}

    def stop(self) -> None:
        self._ending.set()
        self._thread.join(10)

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        while not self._ending.is_set():
            try:
                connection.request("GET", "/")
                reply = connection.getresponse()
                words = reply.read().decode().split()
                self.asked += 1
                if reply.status != 200:
                    self.failed += 1
                    continue
                now, version = time.monotonic(), words[1]
                self.first.setdefault(version, now)
                self.last[version] = now
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()


def spread(times) -> str:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered) * 1000:6.0f} ms, p99 {p99 * 1000:6.0f} ms"


def run(keeper, version, args) -> None:
    folder = folder_of(keeper, f"haproxy-{version}")
    origins = {v: keeper.keep(Origin(folder, f"o{v[0]}", v, count=2)) for v in ("1.0.0", "2.0.0")}
    registry = FileRegistry(folder)

    def start_agent(haproxy_version, **options):
        return keeper.keep(Agent(folder, haproxy_version, options).start())

    scene = scenes.build(start_agent, registry, [origins["1.0.0"]], version, begin=False)
    scene.register(origins["2.0.0"])
    health = {"method": "GET", "uri": "/health", "interval": args.interval}
    scene.begin(health=health, **({"cookie": "SRV"} if args.cookie else {}))
    asker, first, last = Asker(scene.port), [], []
    for i in range(args.switches):
        old, new = ("1.0.0", "2.0.0") if i % 2 == 0 else ("2.0.0", "1.0.0")
        asker.mark()
        begin = time.monotonic()
        scene.agent.good(scene.agent.post("/backends/live", {"version": new}))
        wait.until(lambda v=new: v in asker.first, "the new version answers", 60)
        wait.until(
            lambda v=old: time.monotonic() - asker.last.get(v, begin) > QUIET_S, "the old is silent", 60
        )
        first.append(asker.first[new] - begin)
        last.append(asker.last.get(old, begin) - begin)
        scene.agent.wait_members("live", [f"127.0.0.1:{p}" for p in origins[new].ports], timeout=60)
    asker.stop()
    print(
        f"HAProxy {version}: {args.switches} switches: first of the new {spread(first)}; last of the old "
        f"{spread(last)}; {asker.failed} of {asker.asked} requests failed; "
        f"{scene.agent.reload_count()} reloads",
        flush=True,
    )
    scene.agent.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--switches", type=int, default=50)
    parser.add_argument("--haproxy", nargs="+", default=["2.6", "3.0", "3.2", "3.4"])
    parser.add_argument("--interval", type=int, default=2000, help="of the health check, in ms")
    parser.add_argument("--cookie", action="store_true", help="a sticky backend")
    args = parser.parse_args()
    with stage() as keeper:
        for version in args.haproxy:
            run(keeper, version, args)


if __name__ == "__main__":
    main()
