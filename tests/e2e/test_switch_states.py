# SPDX-License-Identifier: Apache-2.0
"""A switch of versions that does not go smoothly: each one ends in a pool that serves, and is told
in /status and in the activity."""

import contextlib
import threading
import time

import load
import membership
import pytest
import wait
from download import Download
from test_switch import addresses, asked, switches, two_versions, versions

FAST = {"method": "GET", "uri": "/health", "interval": 200}


def fail(origin, failing=True) -> None:
    """Its instances fail HAProxy's check, and only that."""
    for port in origin.ports:
        origin.fail(failing, port=port)


def state(scene) -> str:
    return switches(scene)[0][3] if switches(scene) else ""


def wait_state(scene, wanted, timeout=15.0) -> None:
    wait.equals(lambda: state(scene), wanted, f"the switch is {wanted}", timeout)


def told(scene) -> list[str]:
    """Verbs of the switch in the activity, oldest first."""
    entries = scene.agent.good(scene.agent.get("/activity", limit=1000)).body
    verbs = [one["verb"] for one in entries if one["object"] == "backend/live"]
    return [verb for verb in reversed(verbs) if verb.startswith("switch")]


def switch(scene, version, **query):
    return scene.agent.good(scene.agent.post("/backends/live", {"version": version}, **query))


class Serving:
    """Asks HAProxy again and again how many servers of `live` take traffic."""

    def __init__(self, scene):
        self.haproxy, self.least, self.looks = scene.haproxy, None, 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            with contextlib.suppress(OSError):
                rows = self.haproxy.servers_state("live").values()
                up = sum(r["srv_op_state"] != "0" and r["srv_admin_state"] == "0" for r in rows)
                self.least = up if self.least is None else min(up, self.least)
                self.looks += 1
            self._ending.wait(0.01)

    def stop(self) -> int:
        """The least that was seen."""
        self._ending.set()
        self._thread.join(10)
        assert self.looks >= 10, "too few looks to tell anything"
        return self.least


def test_back_and_forth_loses_nothing_and_never_empties_the_pool(
    haproxy_version, start_scene, start_origin, registry, request
):
    """10 times, 50 with --full, with requests on 32 connections, kept and new."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(health=FAST)
    scene.agent.wait_members("live", addresses(old))
    with scene.no_reload(), scene.load():
        serving = Serving(scene)
        for i in range(50 if request.config.getoption("--full") else 10):
            version, target = [("2.0.0", new), ("1.0.0", old)][i % 2]
            assert switch(scene, version, wait="20s").status == 200
            assert {scene.answered_by().split("-")[0] for _ in range(4)} == {target.name}
        assert serving.stop() >= 2


def test_long_answers_end_within_the_drain_timeout(
    haproxy_version, start_scene, start_origin, registry
):
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, drainTimeout="20s"
    )
    downloads = [Download(scene.port, ms=3000) for _ in range(4)]
    wait.until(lambda: asked(old) >= 4, "the downloads began")
    switch(scene, "2.0.0", wait="20s")
    assert not any(one.ended for one in downloads)
    assert switches(scene) == [("live", "1.0.0", "2.0.0", "draining")]
    for one in downloads:
        wait.until(lambda one=one: one.ended, "the download ended")
        assert (one.status, one.error) == (200, None) and len(one.body.splitlines()) == one.pieces
    wait_state(scene, "done")
    scene.agent.wait_members("live", addresses(new))


def test_members_that_do_not_come_up_are_told_and_may_still_come(
    haproxy_version, start_scene, start_origin, registry
):
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, switchTimeout="1s"
    )
    scene.put_backend(health=FAST)
    fail(new)
    with scene.no_reload(), scene.load():
        assert switch(scene, "2.0.0").status == 200
        wait_state(scene, "refused")
        reason = scene.agent.status()["switches"][0]["reason"]
        assert "0 of 2 new members" in reason and "2 old ones serve" in reason, reason
        assert {scene.answered_by().split("-")[0] for _ in range(40)} == {"old"}
        shown = scene.agent.run("status").stdout
        assert "1.0.0 -> 2.0.0, refused: " in shown, shown
        fail(new, False)
        scene.agent.wait_members("live", addresses(new))
        wait_state(scene, "done")
    assert told(scene) == [
        "switched", "switchWarming", "switchRefused", "switchDraining", "switchDone",
    ]


def test_a_switch_that_nobody_serves_is_shown_as_refused(scene):
    """409, nothing changes, and those who look later see why."""
    assert scene.agent.post("/backends/live", {"version": "9"}).status == 409
    shown = scene.agent.status()["switches"][0]
    assert (shown["from"], shown["to"], shown["state"]) == ("1.0.0", "9", "refused")
    assert "no passing instance" in shown["reason"]
    assert told(scene) == ["switchRefused"]
    refused = next(one for one in scene.agent.get("/activity").body if one["verb"] == "switchRefused")
    assert refused["actor"] == "127.0.0.1", "who has asked"
    assert scene.agent.post("/backends/live", {"version": "8"}, dryRun="true").status == 409
    assert scene.agent.status()["switches"][0]["to"] == "9", "a dry run leaves no trace"


def test_the_command_tells_what_a_switch_waits_for(
    haproxy_version, start_scene, start_origin, registry
):
    scene, _, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(health=FAST)
    fail(new)
    done = scene.agent.run("switch", "live", "2.0.0", "--wait", "1s")
    assert done.returncode == 1 and "warming: 0 of 2 new members serve" in done.stderr, done


def test_a_second_switch_during_the_first(haproxy_version, start_scene, start_origin, registry):
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    third = start_origin("third", "3.0.0", count=2)
    scene.register(third)
    wait.until(lambda: "3.0.0" in versions(scene), "registered")
    scene.put_backend(health=FAST)
    fail(new)
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        wait_state(scene, "warming")
        assert switch(scene, "3.0.0", wait="20s").status == 200
        scene.agent.wait_members("live", addresses(third))
        wait.equals(lambda: switches(scene), [("live", "1.0.0", "3.0.0", "done")], "done")


def test_a_switch_back_in_the_middle(haproxy_version, start_scene, start_origin, registry):
    """Before the new ones are up, and again while the old ones are drained."""
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, drainTimeout="30s"
    )
    scene.put_backend(health=FAST)
    fail(new)
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        wait_state(scene, "warming")
        assert switch(scene, "1.0.0", wait="20s").status == 200
        scene.agent.wait_members("live", addresses(old))
        fail(new, False)
        download = Download(scene.port, ms=4000)
        switch(scene, "2.0.0", wait="20s")
        wait_state(scene, "draining")
        assert switch(scene, "1.0.0", wait="20s").status == 200
        scene.agent.wait_members("live", addresses(old))
        wait.until(lambda: download.ended, "the download ended")
        assert (download.status, download.error) == (200, None)


def test_the_new_version_disappears_in_the_middle(
    haproxy_version, start_scene, start_origin, registry
):
    """While it warms up: the old one serves on, and when it returns the switch goes on."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(health=FAST)
    fail(new)
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        wait_state(scene, "warming")
        for address in addresses(new):
            scene.deregister(address)
        wait.until(lambda: versions(scene).get("2.0.0", 0) == 0, "gone")
        scene.agent.post("/registry/accept", {"backend": "live"})
        wait_state(scene, "waiting")
        scene.agent.wait_members("live", addresses(old))
        fail(new, False)
        scene.register(new)
        scene.agent.wait_members("live", addresses(new))
        wait_state(scene, "done")


def test_a_version_that_disappears_while_the_old_one_drains_gives_way_to_it(
    haproxy_version, start_scene, start_origin, registry
):
    """The old ones are in drain with a session each, the new ones are deregistered, and the loss is
    confirmed: the old ones come back before the new ones leave."""
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, drainTimeout="60s"
    )
    scene.put_backend(health=FAST)
    downloads = [Download(scene.port, ms=8000) for _ in range(4)]
    wait.until(lambda: asked(old) >= 4, "the downloads began")
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0", wait="20s")
        wait_state(scene, "draining")
        for address in addresses(new):
            scene.deregister(address)
        wait.until(lambda: versions(scene).get("2.0.0", 0) == 0, "gone")
        scene.agent.post("/registry/accept", {"backend": "live"})
        wait_state(scene, "waiting")
        scene.agent.wait_members("live", addresses(old))
        for one in downloads:
            wait.until(lambda one=one: one.ended, "the download ended")
            assert (one.status, one.error) == (200, None)


def test_the_old_version_disappears_in_the_middle(
    haproxy_version, start_scene, start_origin, registry
):
    """It leaves the registry while the new one still fails its checks: it serves on."""
    scene, old, new = two_versions(start_scene, start_origin, registry, haproxy_version)
    scene.put_backend(health=FAST)
    fail(new)
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        wait_state(scene, "warming")
        for address in addresses(old):
            scene.deregister(address)
        wait.until(lambda: versions(scene).get("1.0.0", 0) == 0, "gone")
        scene.wait_flow()
        fail(new, False)
        scene.agent.wait_members("live", addresses(new))
        wait_state(scene, "done")


def test_enough_new_members_have_to_be_up(haproxy_version, start_scene, start_origin, registry):
    """--minHealthy 2: one alone does not drain the old ones."""
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, minHealthy=2
    )
    scene.put_backend(health=FAST)
    new.fail(port=new.ports[0])
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        up = {f"live_{one}" for one in addresses(old)} | {f"live_127.0.0.1:{new.ports[1]}"}

        def serving():
            return {name for name, status in scene.haproxy.servers("live").items() if status == "UP"}

        wait.equals(serving, up, "one of the new ones serves beside the old ones")
        scene.wait_flow()
        assert serving() == up and state(scene) == "warming"
        fail(new, False)
        scene.agent.wait_members("live", addresses(new))


def weights(scene, origin) -> list[int]:
    rows = scene.haproxy.servers_state("live")
    return [int(rows[f"live_{one}"]["srv_uweight"]) for one in sorted(addresses(origin))]


def test_weights_of_new_members_grow_and_survive_a_kill(
    haproxy_version, start_scene, start_origin, registry
):
    """--warmup: ten steps beside the old ones; the agent is killed in their middle and goes on; no
    step is taken for a change by hand; in the end the weights are the registry's."""
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, warmup="3s", statsInterval="500ms"
    )
    scene.put_backend(health=FAST)
    with scene.no_reload(), scene.load():
        switch(scene, "2.0.0")
        both = addresses(old) | addresses(new)
        scene.agent.wait_members("live", both)
        assert weights(scene, old) == [10, 10] and max(weights(scene, new)) < 10
        wait.until(lambda: min(weights(scene, new)) >= 3, "they grow")
        assert state(scene) == "warming"
        scene.agent.kill()
        scene.agent.start()
        seen = weights(scene, new)
        assert 3 <= min(seen) and max(seen) < 10, seen
        wait.until(lambda: min(weights(scene, new)) > max(seen), "they grow on")
        scene.agent.wait_members("live", addresses(new))
        wait.equals(lambda: weights(scene, new), [1, 1], "their own weights")
        wait_state(scene, "done")
        assert switch(scene, "1.0.0", wait="30s").status == 200
        wait.equals(lambda: weights(scene, old), [1, 1], "their own weights")
    entries = scene.agent.good(scene.agent.get("/activity", limit=1000)).body
    assert not [one for one in entries if one["verb"] == "drift"]


def test_a_switch_goes_on_after_a_kill_at_any_moment(
    haproxy_version, start_scene, start_origin, registry, scaled
):
    scene, old, new = two_versions(
        start_scene, start_origin, registry, haproxy_version, statsInterval="300ms"
    )
    scene.put_backend(health=FAST)
    scene.agent.wait_applied()
    with scene.no_reload(), scene.load():
        for i in range(scaled(60)):
            version, target = [("2.0.0", new), ("1.0.0", old)][i % 2]
            switch(scene, version)
            time.sleep(0.07 * (i % 8))  # the moment of the kill, not a wait for anything
            scene.agent.kill()
            scene.agent.start()
            scene.agent.wait_members("live", addresses(target))
            wait_state(scene, "done")
    assert membership.agree(scene.agent)


def test_a_waiting_switch_holds_up_nobody_else(scene, start_origin):
    """?wait of another object ends although this one waits for its members."""
    assert switch(scene, "9", force="true").status in (200, 202)
    wait_state(scene, "waiting")
    rule = {"type": "path", "operation": "path", "value": "/x", "backend": "live"}
    body = scene.agent.get("/frontends/web").body | {"rules": [rule]}
    assert scene.agent.put("/frontends/web", body, wait="5s").status == 200
