#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long the overview takes, with so many backends of so many members: from the address to the first
paint and to the rows, with an empty cache and a warm one, the longest task of the page's thread (CPU
time) for each thing that is done there, and how many elements are drawn.

    tests/bench/ui.py [--backends 200] [--members 50] [--haproxy 3.4] [--rounds 5]
"""

import argparse
import statistics
import time

from stage import stage  # first
import ports
from agent import Agent
from browser import Browser
from many import backend
from registry import FileRegistry

AT_ONCE = 50
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def fill(agent, backends, members) -> None:
    made = [{"key": f"b{n:03}", **backend(n, members)} for n in range(backends)]
    for first in range(0, backends, AT_ONCE):
        agent.good(agent.put("/config", {"backends": made[first : first + AT_ONCE]}))
    body = {"bind": f"127.0.0.1:{ports.free()}", "backend": "b000"}
    agent.good(agent.put("/frontends/web", body, wait="120s"))


def load(browser, fresh) -> tuple[float, float]:
    """ms to the first paint and to the rows."""
    if fresh:
        browser.open()
    begin = time.monotonic()
    browser.goto("/overview")
    browser.wait(".backends .row")
    return browser.evaluate(PAINT), (time.monotonic() - begin) * 1000


def times(browser, fresh, rounds) -> None:
    paints, rows = zip(*[load(browser, fresh) for _ in range(rounds)])
    print(
        f"{'empty cache' if fresh else 'warm cache':14} first paint {statistics.median(paints):6.0f} ms,"
        f" rows {statistics.median(rows):6.0f} ms (medians of {rounds})"
    )


def tasks(browser, last) -> None:
    def measured(what, do) -> None:
        browser.trace()
        do()
        browser.evaluate("new Promise((done) => setTimeout(done, 1500))")
        print(f"{what:14} longest task {browser.traced():6.0f} ms of CPU")

    browser.open()
    measured("load", lambda: load(browser, False))
    count = browser.evaluate("document.querySelectorAll('*').length")
    print(f"{'':14} {count} elements drawn")
    measured("open a row", lambda: browser.toggle("b000"))
    measured("scroll", lambda: [browser.press("PageDown") for _ in range(40)])
    measured("to the end", lambda: browser.press("End"))
    measured("search", lambda: browser.fill("input[type=search]", last))
    measured("search ends", lambda: browser.fill("input[type=search]", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--backends", type=int, default=200)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--haproxy", default="3.4")
    parser.add_argument("--rounds", type=int, default=5)
    o = parser.parse_args()
    with stage() as keeper:
        registry = FileRegistry(keeper.folder)
        agent = keeper.keep(Agent(keeper.folder, o.haproxy, registry.options)).start()
        fill(agent, o.backends, o.members)
        browser = keeper.keep(Browser(keeper.folder, agent.port))
        print(f"{o.backends} backends, {o.members} members each, HAProxy {o.haproxy}")
        for fresh in (True, False):
            times(browser, fresh, o.rounds)
        tasks(browser, f"b{o.backends - 1:03}")


if __name__ == "__main__":
    main()
