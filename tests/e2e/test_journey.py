# SPDX-License-Identifier: Apache-2.0
"""Everything at once: random changes under load, each foretold by its plan, none of which costs a
request; after each one the running HAProxy is what a restart from the files would give."""

import os

import journey
import twin
import wait

SEED = int(os.environ.get("THALASSA_SEED", "1"))
STEPS = 500
REQUESTS = 50
TIMEOUT = 30.0


def pictures_agree(travels) -> twin.Picture:
    """The running HAProxy has what was asked for, nothing else, and the files say the same."""
    agent = travels.agent
    agent.child.must_live()
    running = twin.Picture(agent.haproxy, agent.options["haproxyDir"])
    wanted = travels.members()
    assert running.members() == wanted, f"HAProxy {running.members()} != wanted {wanted}"
    twin.wait_free_of_leftovers(running)
    written = twin.written_members(agent.options["haproxyCfgPath"])
    assert written == wanted, f"file {written} != wanted {wanted}"
    return running


def files_are_fresh(travels, keeper) -> tuple:
    """A fresh HAProxy that equals the running one; the files are at most a second behind."""
    running = pictures_agree(travels)
    fresh, port = twin.start_fresh(keeper, travels.scene)
    try:
        twin.compare(travels.scene, running, twin.Picture(fresh, travels.agent.options["haproxyDir"]))
        good = twin.compare_routing(
            travels.label, travels.requests(REQUESTS), travels.scene.port, port
        )
    finally:
        fresh.stop()
    return (good,)


def test_random_changes_are_as_planned_and_cost_nothing(
    haproxy_version, start_scene, start_origin, consul, keeper, scaled
):
    """Reloads, by HAProxy's count, are those that the plans foretold: none from 3.4 on."""
    count = len(journey.SERVICES) * len(journey.VERSIONS) * journey.POOL + 2
    origin = start_origin("o", count=count)
    scene = start_scene(
        haproxy_version, [], consul, begin=False, drainTimeout="1s", statsInterval="500ms"
    )
    travels = journey.Journey(scene, origin, SEED)
    travels.begin()
    wait.until(lambda: files_are_fresh(travels, keeper), "the beginning", TIMEOUT)
    first = scene.haproxy.reloads()
    answered = 0
    with scene.load("/load", seconds=3600):
        for number in range(scaled(STEPS)):
            done = travels.step()
            what = f"step {number}: {done}"
            answered += wait.until(lambda: files_are_fresh(travels, keeper), what, TIMEOUT)[0]
            reloads = scene.haproxy.reloads() - first
            assert reloads == travels.predicted, f"{what}: {reloads} reloads; {travels.told[-4:]}"
    assert answered > REQUESTS * scaled(STEPS) // 4, "too few of the requests are answered to tell"
    if haproxy_version == "3.4":
        assert travels.predicted == 0
