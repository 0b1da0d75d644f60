# SPDX-License-Identifier: Apache-2.0
"""What tests of the stream start from: the agent alone, and viewers that end with the test."""

import contextlib

import pytest
from watcher import Watcher

MEMBERLESS = {"type": "static", "members": []}


@pytest.fixture
def agent(start_agent, registry):
    """Without HAProxy: nothing wants one."""
    return start_agent("2.6", **registry.options)


@pytest.fixture
def watch(agent):
    """watch(**named) -> Watcher; closed with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **named: stack.enter_context(Watcher(agent.options["port"], **named))


def put(agent, name, **fields):
    return agent.good(agent.put(f"/backends/{name}", MEMBERLESS | fields))


def metric(agent, name) -> float:
    lines = agent.get("/metrics").body.splitlines()
    return float(next(line.split()[-1] for line in lines if line.split()[0] == name))
