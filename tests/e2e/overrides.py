# SPDX-License-Identifier: Apache-2.0
"""What an operator says of a member, said and looked at."""

from urllib.parse import quote

import wait

OFTEN = {"statsInterval": "500ms"}


def path_of(address, backend="live") -> str:
    return f"/backends/{backend}/members/{quote(address)}"


def say(scene, address, backend="live", wait="10s", **words):
    """Of the member; answered when HAProxy runs it."""
    return scene.agent.good(scene.agent.put(path_of(address, backend), words, wait=wait)).body


def said(scene, address, backend="live") -> dict | None:
    """What the API shows, without who and when."""
    word = scene.agent.good(scene.agent.get(path_of(address, backend))).body["override"]
    return word and {"state": word["state"], "weight": word["weight"]}


def by(scene, address) -> str | None:
    word = scene.agent.get(path_of(address)).body["override"]
    return word and word["by"]


def stands(scene, of, timeout=20.0, backend="live") -> None:
    """HAProxy has these members and no other, in these states. (2.6 deletes a server only when its idle
    connections are closed, which takes its time.)"""
    wanted = {f"{backend}_{address}": status for address, status in of.items()}
    wait.equals(lambda: scene.haproxy.servers(backend), wanted, "members stand as told", timeout)


def verbs(scene, address) -> list[str]:
    """What was done with the member, oldest first."""
    entries = scene.agent.get("/activity", filter=address).body
    return [one["verb"] for one in reversed(entries)]


def healths(scene) -> dict[str, str]:
    return {f"{m['host']}:{m['port']}": m["health"] for m in scene.agent.get("/backends/live/members").body}


def by_hand(scene, address, state) -> None:
    scene.haproxy.cli(f"set server live/live_{address} state {state}")
