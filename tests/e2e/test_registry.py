# SPDX-License-Identifier: Apache-2.0
"""What happens to the registry never takes a member that may still serve, and what is held is shown;
what the registry really says applies at once."""

import os
import signal

import files
import membership
import pytest
import wait
from consul import READ_ALL
from fakeconsul import FakeConsul
from scene import SERVICE

NOTHING = 'service_prefix "" { policy = "deny" }\nnode_prefix "" { policy = "read" }\n'


@pytest.fixture
def fake(keeper):
    return keeper.keep(FakeConsul())


def registry_of(scene) -> dict:
    return scene.agent.status()["registry"]


def wait_registry(scene, state, timeout=20.0) -> dict:
    def reached():
        registry = registry_of(scene)
        assert registry["state"] == state, registry
        return registry

    return wait.until(reached, f"the registry is {state}", timeout)


def wait_held(scene, count, timeout=30.0) -> dict:
    """The one entry of what is held: of `live`, so many members."""

    def shown():
        held = registry_of(scene)["held"]
        assert [(h["backend"], h["members"]) for h in held] == [("live", count)], held
        return held[0]

    return wait.until(shown, f"{count} members are held", timeout)


def wait_none_held(scene, timeout=30.0) -> None:
    wait.equals(lambda: registry_of(scene)["held"], [], "nothing is held", timeout)


def assert_all_serve(scene) -> None:
    wanted = {f"live_{address}": "UP" for address in scene.addresses}
    assert scene.haproxy.servers("live") == wanted


def test_a_killed_consul_takes_no_member(haproxy_version, start_scene, start_consul, start_origin):
    """kill -9 while members are watched, and back with its data; under load."""
    consul = start_consul(dev=False)
    scene = start_scene(haproxy_version, [start_origin(count=4)], consul)
    for id in scene.ids.values():
        consul.set_check(id, "pass")  # else a check of Consul 1.8 begins critical when Consul returns
    with scene.no_reload(), scene.load():
        consul.kill()
        down = wait_registry(scene, "down")
        assert str(consul.port) in down["lastError"], down
        scene.wait_flow()
        assert_all_serve(scene)
        consul.restart()
        wait_registry(scene, "ok", timeout=40)
        assert_all_serve(scene)
        assert {m["health"] for m in membership.of_api(scene.agent).values()} == {"passing"}
    late = start_origin("late")
    scene.register(late)
    scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{late.port}"])


def test_agent_and_haproxy_return_while_consul_is_dead(
    haproxy_version, start_scene, start_consul, start_origin
):
    """All three are killed. The agent starts HAProxy with the members last known; when Consul is back,
    who has left meanwhile goes."""
    consul = start_consul(dev=False)
    scene = start_scene(haproxy_version, [start_origin(count=4)], consul, drainTimeout="1s")
    for id in scene.ids.values():
        consul.set_check(id, "pass")  # else a check of Consul 1.8 begins critical when Consul returns
    files.wait_still(scene.agent.options["haproxyDir"])
    consul.kill()
    scene.agent.kill()
    for pid in (scene.haproxy.master_pid(), scene.haproxy.worker_pid()):
        os.kill(pid, signal.SIGKILL)
    scene.agent.start()
    scene.agent.wait_members("live", scene.addresses)
    wait_registry(scene, "down")
    with scene.no_reload(), scene.load():
        consul.restart()
        scene.deregister(scene.addresses[0])
        scene.agent.wait_members("live", scene.addresses[1:], timeout=40)


def test_members_that_were_never_remembered_stay(
    haproxy_version, start_scene, registry, start_origin
):
    """The agent is killed as soon as HAProxy has a new member, and when it returns its registry is
    gone: whoever serves, stays."""
    scene = start_scene(haproxy_version, [start_origin(count=2)], statsInterval="300ms")
    late = start_origin("late")
    everyone = [*scene.addresses, f"127.0.0.1:{late.port}"]
    scene.register(late)
    scene.agent.wait_members("live", everyone)
    scene.agent.kill()
    registry.path.unlink()
    with scene.no_reload(), scene.load():
        scene.agent.start()
        wait_registry(scene, "down")
        wait.stays(lambda: set(scene.haproxy.servers("live").values()) == {"UP"}, "they serve", 1.5)
        assert len(scene.haproxy.servers("live")) == 3


@pytest.mark.full
def test_a_frozen_consul_takes_no_member(haproxy_version, start_scene, consul, start_origin):
    """It accepts connections and never answers, longer than any query of ours waits."""
    scene = start_scene(haproxy_version, [start_origin(count=3)], consul)
    with scene.no_reload(), scene.load():
        consul.child.signal(signal.SIGSTOP)
        try:
            wait_registry(scene, "down", timeout=90)
            assert_all_serve(scene)
        finally:
            consul.child.signal(signal.SIGCONT)
        wait_registry(scene, "ok", timeout=60)
        assert_all_serve(scene)


def test_members_of_a_wiped_consul_are_held_until_the_loss_is_taken(
    haproxy_version, start_scene, start_consul, start_origin
):
    """Consul comes back with an empty catalog; the agent is killed meanwhile, too. Of four members one
    registers again; then the operator takes the loss of the others."""
    consul = start_consul(dev=False)
    scene = start_scene(haproxy_version, [start_origin(count=4)], consul, drainTimeout="1s")
    with scene.no_reload(), scene.load():
        consul.kill()
        consul.restart(wipe=True)
        held = wait_held(scene, 4)
        assert "disturbance" in held["reason"]
        wait_registry(scene, "holding")
        assert_all_serve(scene)
        scene.agent.kill()
        scene.agent.start()
        wait_held(scene, 4)
        assert_all_serve(scene)
        back = scene.addresses[0]
        consul.register(SERVICE, int(back.rsplit(":", 1)[1]), version="1.0.0")
        wait_held(scene, 3)
        assert_all_serve(scene)
        scene.agent.good(scene.agent.post("/registry/accept", {"backend": "live"}))
        scene.agent.wait_members("live", [back])
        wait_none_held(scene)
    assert membership.agree(scene.agent) == {back}


def test_held_members_that_return_are_ordinary_again(
    haproxy_version, start_scene, start_consul, start_origin
):
    consul = start_consul(dev=False)
    scene = start_scene(haproxy_version, [start_origin(count=3)], consul, drainTimeout="1s")
    consul.kill()
    consul.restart(wipe=True)
    wait_held(scene, 3)
    scene.register(*scene.origins)
    wait_none_held(scene)
    assert told(scene, "held", "holdEnded") == ["held", "holdEnded"]
    wait_registry(scene, "ok")
    assert_all_serve(scene)
    scene.deregister(scene.addresses[0])
    scene.agent.wait_members("live", scene.addresses[1:])


def test_a_replaying_server_takes_no_member(haproxy_version, start_scene, fake, start_origin):
    """After its death it answers 200 `[]` at a lower index; what counts is the consistent read."""
    scene = start_scene(haproxy_version, [start_origin(count=3)], fake, drainTimeout="1s")
    with scene.no_reload(), scene.load():
        fake.replay(index=60)
        wait.until(lambda: "ordinary 60 0" in fake.answers, "it said that nobody is there")
        wait_held(scene, 3)
        assert_all_serve(scene)
        fake.deregister(scene.ids.pop(scene.addresses[0]))  # this one has really gone meanwhile
        fake.replayed()
        scene.agent.wait_members("live", scene.addresses[1:])
        wait_none_held(scene)
    assert [one for one in fake.answers if one.startswith("consistent")]


def test_a_lower_index_alone_takes_no_member(haproxy_version, start_scene, fake, start_origin):
    """The same server, no error before: an older view of it, at an unbroken connection."""
    scene = start_scene(haproxy_version, [start_origin(count=3)], fake, drainTimeout="1s")
    fake.replay_index = 60
    fake.register("another", 1, version="1")  # wakes the watch
    wait.until(lambda: "ordinary 60 0" in fake.answers, "it said that nobody is there")
    wait_held(scene, 3)
    assert_all_serve(scene)
    fake.replayed()
    wait_none_held(scene)
    assert_all_serve(scene)


def test_another_server_with_fewer_members_is_not_believed(
    haproxy_version, start_scene, fake, start_origin
):
    """A catalog that was built anew behind the same address: even its consistent read, with a higher
    index, takes nobody away before the operator does."""
    scene = start_scene(haproxy_version, [start_origin(count=3)], fake, drainTimeout="1s")
    fake.become_another(without=[scene.ids[address] for address in scene.addresses[1:]])
    wait.until(lambda: "disturbance" in wait_held(scene, 2)["reason"], "held for good")
    assert_all_serve(scene)
    scene.agent.good(scene.agent.post("/registry/accept", {"backend": "live"}))
    scene.agent.wait_members("live", scene.addresses[:1])


def scene_with_rights(work, start_scene, start_consul, origins, haproxy_version):
    """A Consul that denies by default, and the agent with a token that may read. -> scene, accessor"""
    consul = start_consul(acl=True)
    consul.set_policy("agent", READ_ALL)
    secret, accessor = consul.create_token("agent")
    path = work / "token"
    path.write_text(secret + "\n")
    scene = start_scene(
        haproxy_version, origins, consul, serviceRegTokenFile=path, drainTimeout="1s"
    )
    return scene, accessor, path


def test_a_revoked_token_takes_no_member(
    haproxy_version, work, start_scene, start_consul, start_origin
):
    scene, accessor, path = scene_with_rights(
        work, start_scene, start_consul, [start_origin(count=2)], haproxy_version
    )
    consul = scene.registry
    consul.delete_token(accessor)
    consul.register(SERVICE, 1, id="new", version="2.0.0")  # wakes the watch
    down = wait_registry(scene, "down", timeout=40)
    assert "403" in down["lastError"], down
    assert_all_serve(scene)
    secret, _ = consul.create_token("agent")
    assert secret not in scene.agent.log()
    path.write_text(secret + "\n")
    wait_registry(scene, "ok", timeout=40)
    assert_all_serve(scene)
    assert secret not in scene.agent.log()


def test_a_policy_edited_to_show_nothing_takes_no_member(
    haproxy_version, work, start_scene, start_consul, start_origin
):
    """All watches unbroken: the next answer is just 200 `[]`."""
    scene, _, _ = scene_with_rights(
        work, start_scene, start_consul, [start_origin(count=3)], haproxy_version
    )
    consul = scene.registry
    consul.set_policy("agent", NOTHING)
    consul.register(SERVICE, 1, id="new", version="2.0.0")  # wakes the watch
    held = wait_held(scene, 3, timeout=40)
    assert "confirming read" in held["reason"]
    assert_all_serve(scene)
    consul.set_policy("agent", READ_ALL)
    consul.register(SERVICE, 2, id="new", version="2.0.0")
    wait_none_held(scene, timeout=40)
    assert_all_serve(scene)


def test_one_of_ten_that_leaves_is_gone_at_once(haproxy_version, start_scene, consul, start_origin):
    scene = start_scene(haproxy_version, [start_origin(count=10)], consul)
    scene.deregister(scene.addresses[0])
    scene.agent.wait_members("live", scene.addresses[1:], timeout=4.0)  # without another read
    assert registry_of(scene)["held"] == []


def test_most_that_leave_with_a_sound_catalog_are_gone(
    haproxy_version, start_scene, consul, start_origin
):
    """Five of six and then the last one, really: a confirming read says so, nobody is held."""
    scene = start_scene(haproxy_version, [start_origin(count=6)], consul, drainTimeout="1s")
    consul.register("other", 1)
    keeps, *leave = scene.addresses
    for address in leave:
        scene.deregister(address)
    scene.agent.wait_members("live", [keeps])
    scene.deregister(keeps)
    scene.agent.wait_members("live", [])
    wait_none_held(scene)


def test_all_checks_critical_at_once_is_a_panic_and_not_an_outage(
    haproxy_version, start_scene, consul, start_origin
):
    """The pool stays, and it is shown; one in maintenance is no help in need. The first that passes
    again serves alone."""
    scene = start_scene(haproxy_version, [start_origin(count=3)], consul)
    ids = [scene.ids[address] for address in scene.addresses]
    servers = [f"live_{address}" for address in scene.addresses]
    with scene.no_reload(), scene.load():
        consul.maintenance(ids[0])
        wait.until(lambda: scene.haproxy.servers("live")[servers[0]] == "DRAIN", "maintenance")
        for id in ids:
            consul.set_check(id, "fail")

        def shown():
            healths = [m["health"] for m in membership.of_api(scene.agent).values()]
            return sorted(healths) == ["critical", "critical", "maintenance"]

        wait.until(shown, "the API shows the failing checks")
        scene.wait_flow()
        wanted = {servers[0]: "DRAIN", servers[1]: "UP", servers[2]: "UP"}
        wait.equals(lambda: scene.haproxy.servers("live"), wanted, "who is critical serves")
        assert panics(scene) == ["live"]
        consul.set_check(ids[1], "pass")
        wanted[servers[2]] = "DRAIN"
        wait.equals(lambda: scene.haproxy.servers("live"), wanted, "the one that passes serves")
        assert panics(scene) == []
    assert told(scene, "panic", "panicEnded") == ["panic", "panicEnded"]


def told(scene, *verbs) -> list[str]:
    """Those of these verbs that the activity has about `live`, oldest first."""
    entries = scene.agent.get("/activity", limit=1000, filter="backend/live").body
    return [one["verb"] for one in reversed(entries) if one["object"] == "backend/live" and one["verb"] in verbs]


def panics(scene) -> list[str]:
    """The backends whose members serve although the registry calls all of them critical."""
    return scene.agent.status()["registry"].get("panic", [])


def test_a_file_is_a_registry(haproxy_version, start_scene, registry, start_origin):
    """--serviceReg file:PATH end to end: members, health, maintenance, a file that is broken or gone,
    and a loss of nearly everybody that is a real one."""
    one, two = start_origin("one"), start_origin("two")
    scene = start_scene(haproxy_version, [one, two], drainTimeout="1s")
    three = start_origin("three")
    first, second, third = (f"127.0.0.1:{origin.port}" for origin in (one, two, three))
    with scene.no_reload(), scene.load():
        scene.register(three, weights=(5, 1))
        scene.agent.wait_members("live", [first, second, third])
        assert membership.weights(scene.haproxy)[third] == 5
        registry.set_check(scene.ids[first], "fail")
        wait.until(lambda: scene.haproxy.servers("live")[f"live_{first}"] == "DRAIN", "drained")
        registry.set_check(scene.ids[first], "pass")
        scene.agent.wait_members("live", [first, second, third])
        whole = registry.path.read_text()
        registry.path.write_text(whole[: len(whole) // 2])
        wait_registry(scene, "down")
        assert str(registry.path) in registry_of(scene)["lastError"]
        scene.agent.wait_members("live", [first, second, third])
        registry.path.unlink()
        wait_registry(scene, "down")
        registry.path.write_text(whole)
        wait_registry(scene, "ok")
        scene.agent.wait_members("live", [first, second, third])
        scene.deregister(first)
        scene.agent.wait_members("live", [second, third])
    assert membership.agree(scene.agent) == {second, third}
