# SPDX-License-Identifier: Apache-2.0
"""What the agent and HAProxy say at the moment a test fails, for whoever looks for the cause: a failure
of a busy machine may not come again."""

import json

from agent import Agent
from haproxy import Haproxy
from rest import Rest

TIMEOUT = 5.0  # one that hangs must not keep the rest from being told
LONGEST = 20000


def said(ask) -> str:
    """Its answer, or why there is none."""
    try:
        answer = ask()
    except Exception as error:  # whatever it is, the test has failed already
        return f"({error!r})"
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return text[:LONGEST]


def of_haproxy(haproxy) -> dict[str, str]:
    asked = ["show info", "show servers state", "show servers conn", "show backend", "show map"]
    told = {command: said(lambda command=command: haproxy.cli(command)) for command in asked}
    told["show stat"] = said(lambda: [
        {key: row[key] for key in ("pxname", "svname", "status", "weight", "scur", "stot")}
        for row in haproxy.stat()
    ])
    told["proxies.map"] = said(lambda: [
        haproxy.show_map(path) for path in haproxy.maps() if path.endswith("/proxies.map")
    ])
    told["show proc"] = said(lambda: haproxy.master("show proc"))
    return told


def of_agent(agent) -> dict[str, str]:
    rest = Rest(agent.host, agent.port, timeout=TIMEOUT)
    paths = ["/status", "/plan", "/frontends", "/backends"]
    return {path: said(lambda path=path: rest.get(path).body) for path in paths}


def testify(things) -> list[tuple[str, str]]:
    """Title and text, of each agent and HAProxy among what a test has started."""
    told = []
    for thing in things:
        pages = {}
        if isinstance(thing, Agent):
            pages = of_agent(thing) | of_haproxy(thing.haproxy)
        elif isinstance(thing, Haproxy):
            pages = of_haproxy(thing)
        told += [(f"{thing.name}: {title}", text) for title, text in pages.items()]
    return told
