# SPDX-License-Identifier: Apache-2.0
"""Policies through HAProxy as the agent sets it up: decided by the agent, by Lua when it is dead, and
never a reload."""

import pytest
import scene as scenes
import wait
from asker import Asker
from scene import NO_WAIT

BACKENDS = ("live", "be0", "be1", "be2")


@pytest.fixture
def policy_scene(start_scene, start_origin, haproxy_version):
    """`web` leads to `live`; be0, be1, be2 are there for policies; each answers with its name."""

    def start(**options):
        scene = start_scene(haproxy_version, origins=[], begin=False, **options)
        for name in BACKENDS:
            scene.put_static(name, start_origin(name), wait=NO_WAIT)
        scene.put_frontend()
        wait.until(lambda: scenes.is_listening(scene.port), "web listens")
        return scene

    return start


def wait_agent(scene, status="UP") -> None:
    """HAProxy's check of the SPOE agent says so."""
    wait.equals(lambda: scene.haproxy.servers("thalassa.agents"), {"agent": status}, "the agent's check")


def put_policy(scene, name="p", match=None, backend="be1", wait_for="10s", **more):
    body = {"frontend": "web", "match": match or {}, "action": {"backend": backend}} | more
    return scene.agent.good(scene.agent.put(f"/policies/{name}", body, wait=wait_for))


def test_the_first_policy_decides_without_a_reload(policy_scene, keeper):
    scene = policy_scene()
    asker = keeper.keep(Asker(scene.port))
    wait_agent(scene)
    with scene.no_reload():
        assert asker.ask("/").startswith("live")
        put_policy(scene, match={"header": {"x-a": "b"}})
        assert asker.ask("/", {"X-A": "b"}).startswith("be1")
        assert asker.ask("/", {"X-A": "c"}).startswith("live")
    spoe = scene.agent.status()["spoe"]
    assert spoe["taken"] and spoe["none"], spoe
