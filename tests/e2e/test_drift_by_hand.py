# SPDX-License-Identifier: Apache-2.0
"""What somebody changes in HAProxy by hand: seen within one observation, and put right or only told."""

import contextlib
import os
import signal
from pathlib import Path

import membership
import pytest
import wait

INTERVAL = 0.5
SLACK = 4.5  # for the repair itself, on a busy machine
OFTEN = {"statsInterval": "500ms"}
RULES = [{"type": "path", "operation": "path_beg", "value": "/gone/", "backend": "nosuch"}]


@pytest.fixture
def scene(start_scene, haproxy_version):
    scene = start_scene(haproxy_version, **OFTEN)
    scene.put_frontend(rules=RULES)
    membership.agree(scene.agent)
    return scene


@pytest.fixture
def told_only(start_scene, haproxy_version):
    scene = start_scene(haproxy_version, drift="report", **OFTEN)
    scene.put_frontend(rules=RULES)
    membership.agree(scene.agent)
    return scene


def drift(scene) -> list[str]:
    return scene.agent.status()["drift"]


def noted(scene) -> list[str]:
    return [one["reason"] for one in scene.agent.get("/activity").body if one["verb"] == "drift"]


def named(scene, ending) -> str:
    return next(name for name in scene.haproxy.maps() if name.endswith(ending))


def frontend_state(scene) -> str:
    rows = scene.haproxy.stat()
    return next(r["status"] for r in rows if (r["pxname"], r["svname"]) == ("web", "FRONTEND"))


def backend_state(scene) -> str:
    rows = scene.haproxy.stat()
    return next(r["status"] for r in rows if (r["pxname"], r["svname"]) == ("live", "BACKEND"))


@contextlib.contextmanager
def stopped(agent):
    """It sees what is done in the block only afterwards."""
    agent.child.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        agent.child.signal(signal.SIGCONT)


class Hand:
    """One thing that a hand does, how it is seen, and what would put it right."""

    def __init__(self, do, look, command):
        self.do, self.look, self.command = do, look, command


def hands(scene) -> dict[str, Hand]:
    server = f"live/live_{scene.addresses[0]}"
    cli = scene.haproxy.cli

    def delete_server():
        cli(f"set server {server} state maint")
        cli(f"del server {server}")

    def delete_entry():
        cli(f"del map {named(scene, 'default.map')} web")

    def clear_rules():
        for ending in ("path_beg.a.map", "path_beg.b.map"):
            cli(f"clear map {named(scene, ending)}")

    def entries(ending):
        return lambda: sorted(scene.haproxy.show_map(named(scene, ending)))

    everything = {
        "del server": Hand(delete_server, lambda: scene.haproxy.servers("live"), f"add server {server}"),
        "set weight": Hand(
            lambda: cli(f"set weight {server} 77"), lambda: membership.weights(scene.haproxy), "weight"
        ),
        "del map": Hand(delete_entry, entries("default.map"), "default.map"),
        "clear map": Hand(clear_rules, lambda: scene.answered_by("/gone/x") == 503, "maps/web."),
        "disable frontend": Hand(
            lambda: cli("disable frontend web"), lambda: frontend_state(scene), "enable frontend web"
        ),
    }
    if scene.agent.status()["haproxy"]["capabilities"]["add_backend"]:
        everything["unpublish backend"] = Hand(
            lambda: cli("unpublish backend live"), lambda: backend_state(scene), "publish backend live"
        )
    return everything


def test_what_a_hand_changed_is_put_right_within_one_observation(scene):
    with scene.no_reload():
        for name, hand in hands(scene).items():
            before, known = hand.look(), len(noted(scene))
            with stopped(scene.agent):  # else it may undo it before it is looked at
                hand.do()
                assert hand.look() != before, name
            wait.equals(hand.look, before, f"{name} is undone", timeout=INTERVAL + SLACK)
            wait.until(lambda known=known: len(noted(scene)) > known, f"{name} is noted")
            assert noted(scene)[0].startswith("repaired: "), noted(scene)
            assert hand.command in noted(scene)[0], (name, noted(scene)[0])
            scene.agent.wait_applied()
            assert drift(scene) == []
    assert scene.answered_by() != 503


def test_what_a_hand_changed_is_only_told_with_report(told_only):
    """And put right when something is asked for."""
    scene = told_only
    with scene.no_reload():
        for number, (name, hand) in enumerate(hands(scene).items()):
            before = hand.look()
            hand.do()
            changed = hand.look()
            wait.until(
                lambda hand=hand: any(hand.command in one for one in drift(scene)), name,
                timeout=INTERVAL + SLACK,
            )
            plan = scene.agent.get("/plan").body
            assert plan["verdict"] == "runtime" and any(hand.command in op for op in plan["operations"])
            assert noted(scene)[0].startswith("reported: ") and hand.command in noted(scene)[0]
            assert hand.command in scene.agent.run("status").stdout
            wait.stays(lambda: hand.look() == changed, f"{name} is not touched", 2 * INTERVAL)
            scene.put_backend(host=f"x{number}.example")
            wait.equals(hand.look, before, f"{name} is undone")
            wait.equals(lambda: drift(scene), [], "nothing is told any more")


def test_a_told_difference_that_somebody_undoes_is_told_no_more(told_only):
    scene = told_only
    server = f"live/live_{scene.addresses[0]}"
    weight = membership.weights(scene.haproxy)[scene.addresses[0]]
    for _ in range(2):
        scene.haproxy.cli(f"set weight {server} 77")
        wait.until(lambda: drift(scene), "it is told")
        scene.haproxy.cli(f"set weight {server} {weight}")
        wait.equals(lambda: drift(scene), [], "it is told no more")
    assert len(noted(scene)) == 2


def test_a_frontend_shut_down_by_hand_is_back_after_a_reload(scene):
    count = scene.agent.reload_count()
    with scene.reloads(1):
        scene.haproxy.cli("shutdown frontend web")
        wait.until(lambda: scene.agent.reload_count() > count, "a reload", timeout=15)
        wait.until(lambda: scene.answered_by() != 503, "it serves again", timeout=15)
    assert "web" in scene.agent.status()["reloads"]["reason"]
    assert any("frontend" in one or "state" in one for one in noted(scene))


def edit(scene, old, new) -> str:
    path = Path(scene.agent.options["haproxyCfgPath"])
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path.read_text()


def restart(scene) -> None:
    """As a reload of the whole program by somebody else: another worker, from what lies on the disk."""
    worker = scene.haproxy.worker_pid()
    os.kill(scene.haproxy.master_pid(), signal.SIGUSR2)
    wait.until(lambda: scene.haproxy.info()["Pid"] != str(worker), "a new worker")


def test_an_edited_configuration_that_was_put_in_force_is_undone(scene):
    with stopped(scene.agent):  # else it may undo the edit before HAProxy has read it
        edit(scene, "retries 3", "retries 7")
        restart(scene)
    path = Path(scene.agent.options["haproxyCfgPath"])

    def undone():
        scene.agent.wait_applied()
        return "retries 3" in path.read_text() and any("repaired" in one for one in noted(scene))

    wait.until(undone, "it is undone", timeout=20)
    assert "retries" in scene.agent.status()["reloads"]["reason"]
    kept = list(path.parent.glob(path.name + ".edited-*"))
    assert [one for one in kept if "retries 7" in one.read_text()]
    assert scene.answered_by() != 503


def test_an_edited_configuration_is_only_told_with_report(told_only):
    scene = told_only
    edited = edit(scene, "retries 3", "retries 7")
    path = Path(scene.agent.options["haproxyCfgPath"])
    wait.equals(lambda: drift(scene), ["the configuration was edited by hand"], "it is told")
    restart(scene)
    worker = scene.haproxy.worker_pid()
    wait.until(lambda: any("retries" in one for one in drift(scene)), "what runs is told")
    assert scene.agent.get("/plan").body["verdict"] == "reload"
    wait.stays(lambda: path.read_text() == edited, "the file is not touched", 4 * INTERVAL)
    assert scene.haproxy.worker_pid() == worker
    with scene.load():
        scene.put_frontend(natives=["maxconn 700"])
    assert "retries 3" in path.read_text()
    wait.equals(lambda: drift(scene), [], "nothing is told any more")


def test_a_restart_by_hand_starts_from_the_present_and_is_no_drift(scene):
    told = membership.agree(scene.agent)
    restart(scene)
    wait.equals(lambda: set(membership.of_haproxy(scene.haproxy).values()), told, "the same members")
    wait.until(
        lambda: [one for one in scene.agent.get("/activity").body if one["verb"] == "haproxyRestarted"],
        "it is noted",
    )
    scene.agent.wait_applied()
    assert noted(scene) == [] and drift(scene) == []
