# SPDX-License-Identifier: Apache-2.0
"""A share of a backend's traffic goes to another backend: who, is a matter of arithmetic that anybody
can do again; and no reload, the first split included."""

import files
import load
import pytest
import scene as scenes
import wait
from asker import Asker
from scene import NO_WAIT
from xxh32 import bucket

USERS = 20000
SHARES = [100, 500, 2500, 5000]


def targets(share, other="staged", backend="live") -> list[dict]:
    return [{"backend": backend, "weight": 10000 - share}, {"backend": other, "weight": share}]


@pytest.fixture
def split_scene(start_scene, start_origin, haproxy_version):
    """`live`, which `web` leads to, and `staged`, each with two members that say their name."""
    live, staged = start_origin("live", count=2), start_origin("staged", count=2)
    scene = start_scene(
        haproxy_version, origins=[], begin=False, stickyCookies="uid,session", drainTimeout="1s"
    )
    scene.put_static("staged", staged, wait=NO_WAIT)
    scene.put_static("live", live, wait=NO_WAIT)
    scene.put_frontend()
    scene.live, scene.staged = live, staged
    wait.until(lambda: scenes.is_listening(scene.port), "web listens")
    return scene


def stored(split) -> list[dict]:
    return [{key: one[key] for key in ("backend", "weight")} for one in split["targets"]]


def put_split(scene, share, **more):
    reply = scene.agent.put("/splits/live", {"targets": targets(share)} | more, wait="10s")
    return scene.agent.good(reply)


def who(asker, user=None, cookie="uid", **headers) -> str:
    headers |= {"Cookie": f"{cookie}={user}"} if user is not None else {}
    return asker.ask("/", headers).split("-")[0]


def test_each_user_goes_where_the_hash_says(split_scene, keeper):
    """Exactly, for each of 20,000 users and each share; the shares themselves are within one point of
    what was asked for."""
    asker = keeper.keep(Asker(split_scene.port))
    buckets = {f"u{i}": bucket(f"u{i}", "live") for i in range(USERS)}
    with split_scene.no_reload():
        for share in SHARES:
            put_split(split_scene, share)
            answers = asker.ask_all([{"Cookie": f"uid={user}"} for user in buckets])
            got = {user: answer.split("-")[0] for user, answer in zip(buckets, answers)}
            assert got == {user: "staged" if at < share else "live" for user, at in buckets.items()}, share
            moved = sum(name == "staged" for name in got.values())
            assert abs(moved / USERS * 100 - share / 100) <= 1, (share, moved)


def test_users_never_move_but_as_the_share_says(split_scene, keeper):
    """Over a reload, over shares that rise and fall, with another cookie before and behind."""
    users = [f"user-{i}" for i in range(300)]

    def staged() -> set[str]:
        asker = keeper.keep(Asker(split_scene.port))
        return {user for user in users if who(asker, user) == "staged"}

    put_split(split_scene, 2000)
    few = staged()
    assert few == {user for user in users if bucket(user, "live") < 2000}  # on each version of HAProxy
    assert 20 < len(few) < 110
    put_split(split_scene, 4000)
    more = staged()
    assert few < more
    files.wait_still(split_scene.agent.options["haproxyDir"])
    split_scene.haproxy.reload()
    assert staged() == more
    split_scene.agent.restart()
    assert staged() == more
    put_split(split_scene, 2000)
    assert staged() == few
    assert split_scene.agent.delete("/splits/live", wait="10s").status == 200
    assert staged() == set()


def test_users_stay_while_both_targets_change_their_version(
    haproxy_version, start_scene, start_origin, registry, keeper
):
    """The members are others; who goes where is not."""
    origins = {(name, version): start_origin(f"{name}{version}", version)
               for name in ("live", "staged") for version in ("1.0.0", "2.0.0")}
    scene = start_scene(haproxy_version, [], registry, begin=False, stickyCookies="uid", drainTimeout="1s")
    for (name, version), origin in origins.items():
        scene.register(origin, version=version, service=name)
    for name in ("live", "staged"):
        body = {"type": "dynamic", "name": name, "version": "1.0.0"}
        scene.agent.good(scene.agent.put(f"/backends/{name}", body, wait=NO_WAIT))
    scene.put_frontend()
    wait.until(lambda: scenes.is_listening(scene.port), "web listens")
    put_split(scene, 3000)
    users = [f"user-{i}" for i in range(1000)]

    def answered() -> list[str]:
        asker = keeper.keep(Asker(scene.port))
        return asker.ask_all([{"Cookie": f"uid={user}"} for user in users])

    names = ["staged" if bucket(user, "live") < 3000 else "live" for user in users]
    versions = {"live": "1.0.0", "staged": "1.0.0"}
    wait.equals(answered, [one + versions[one] for one in names], "all serve")
    with scene.no_reload(), load.Prober(scene.port) as prober:
        for name in ("live", "staged"):
            assert answered() == [one + versions[one] for one in names]
            scene.agent.good(scene.agent.post(f"/backends/{name}", {"version": "2.0.0"}, wait="20s"))
            versions[name] = "2.0.0"
            wait.equals(answered, [one + versions[one] for one in names], "the new members alone serve")
    assert not prober.failures


def test_the_first_sticky_cookie_counts_and_else_the_address(split_scene, keeper):
    asker = keeper.keep(Asker(split_scene.port))
    inside = next(f"i{i}" for i in range(1000) if bucket(f"i{i}", "live") < 3000)
    outside = next(f"o{i}" for i in range(1000) if bucket(f"o{i}", "live") >= 3000)
    put_split(split_scene, 3000)
    assert asker.ask("/", {"Cookie": f"session={outside}; uid={inside}"}).startswith("staged")
    assert asker.ask("/", {"Cookie": f"session={inside}; uid={outside}"}).startswith("live")
    assert asker.ask("/", {"Cookie": f"session={inside}"}).startswith("staged")
    by_address = "staged" if bucket("127.0.0.1", "live") < 3000 else "live"
    assert who(asker) == by_address
    assert who(asker, "") == by_address  # an empty cookie is none
    put_split(split_scene, 3000, sticky="src")
    assert {who(asker, inside), who(asker, outside)} == {by_address}


def test_without_stickiness_each_request_is_drawn(split_scene, keeper):
    asker = keeper.keep(Asker(split_scene.port))
    put_split(split_scene, 5000, sticky="none")
    moved = sum(who(asker, "the same") == "staged" for _ in range(1000))
    assert 400 < moved < 600  # 1 in 10^9 by chance


def test_a_target_that_cannot_serve_gets_nothing_and_nobody_fails(split_scene):
    put_split(split_scene, 5000, sticky="none")
    with split_scene.no_reload(), load.Prober(split_scene.port) as prober:
        wait.until(lambda: {name.split("-")[0] for name in prober.names()} == {"live", "staged"}, "both")
        for port in split_scene.staged.ports:
            split_scene.haproxy.cli(f"set server staged/staged_127.0.0.1:{port} state maint")
        with load.Prober(split_scene.port) as alone:
            wait.until(lambda: alone.count > 300, "requests")
        assert {name.split("-")[0] for name in alone.names()} == {"live"}
        for port in split_scene.staged.ports:
            split_scene.haproxy.cli(f"set server staged/staged_127.0.0.1:{port} state ready")
        with load.Prober(split_scene.port) as again:
            wait.until(lambda: len({n.split("-")[0] for n in again.names()}) == 2, "both again")
    assert not prober.failures and not alone.failures and not again.failures


def test_a_share_changes_under_load_with_the_answer(split_scene, keeper, scaled):
    """After the answer to the PUT no request is decided by the old share."""
    inside = next(f"i{i}" for i in range(10000) if bucket(f"i{i}", "live") < 10)
    asker = keeper.keep(Asker(split_scene.port))
    with split_scene.no_reload(), split_scene.load():
        for change in range(scaled(200)):
            share = 10 if change % 2 else 0
            put_split(split_scene, share)
            got = {who(asker, inside) for _ in range(20)}
            assert got == {"staged" if share else "live"}, change


def refused(scene, status, *words, path="/splits/live", **body):
    reply = scene.agent.put(path, body)
    assert reply.status == status, reply
    for word in words:
        assert word in reply.body["error"] or word in reply.body.get("field", ""), reply.body


def test_what_makes_no_sense_is_refused_by_name(split_scene, start_origin):
    scene = split_scene
    refused(scene, 409, "nobody", "does not exist", targets=targets(100, other="nobody"))
    refused(scene, 409, "nothing", path="/splits/nothing", targets=targets(100, backend="nothing"))
    refused(scene, 400, "weights", targets=[{"backend": "live", "weight": 1}, {"backend": "staged", "weight": 2}])
    refused(scene, 400, "targets", targets=targets(100)[:1])
    refused(scene, 400, "twice", targets=targets(100, other="live"))
    refused(scene, 400, "sticky", targets=targets(100), sticky="forever")
    refused(scene, 400, "colour", targets=targets(100), colour="red")
    scene.put_static("mx", start_origin("mx"), mode="tcp", wait=NO_WAIT)
    refused(scene, 409, "tcp", targets=targets(100, other="mx"))
    assert scene.agent.get("/splits").body == []
    assert scene.agent.get("/splits/live").status == 404
    assert scene.agent.delete("/splits/live").status == 404


def test_a_backend_in_a_split_is_in_use(split_scene):
    scene = split_scene
    put_split(scene, 500)
    shown = scene.agent.get("/splits/live").body
    assert stored(shown) == targets(500) and shown["sticky"] == "cookie"
    assert scene.agent.put("/splits/live", shown).status == 200  # what GET gives can be PUT back
    assert [one["key"] for one in scene.agent.status()["splits"]] == ["live"]
    reply = scene.agent.delete("/backends/staged")
    assert reply.status == 409 and "split live" in reply.body["error"], reply
    reply = scene.agent.delete("/backends/staged", force="true", wait="10s")
    assert reply.status == 200 and any("split" in one for one in reply.body["warnings"]), reply
    assert scene.agent.get("/splits").body == []
    assert scene.answered_by().startswith("live")


def test_what_each_target_does_is_shown(split_scene, keeper):
    """By HAProxy's own count: requests, and those that a target answers with 5xx."""
    scene, asker = split_scene, keeper.keep(Asker(split_scene.port))
    put_split(scene, 5000, sticky="none")
    for _ in range(100):
        who(asker)
    for port in scene.staged.ports:
        scene.staged.fail(port=port)

    def counted():
        asker.ask("/")
        shown = {one["backend"]: one["observed"] for one in scene.agent.get("/splits/live").body["targets"]}
        assert shown["live"]["requests"] >= 20 and shown["staged"]["requests"] >= 20, shown
        assert shown["staged"]["responses5xx"] > 0 == shown["live"]["responses5xx"], shown
        return True

    wait.until(counted, "both are counted", timeout=15)
    assert " live " in scene.agent.run("splits").stdout


def test_splits_come_with_a_whole_configuration(split_scene):
    scene = split_scene
    split = {"key": "live", "targets": targets(10000)}
    reply = scene.agent.put("/config", {"splits": [split]}, wait="10s")
    assert reply.status == 200, reply
    assert scene.answered_by().startswith("staged")
    put_split(scene, 0)
    assert scene.answered_by().startswith("live")


def test_the_command_line_splits_and_shows(split_scene):
    agent = split_scene.agent
    done = agent.run("split", "live", "live=95", "staged=5%", "--sticky", "src", "--wait", "10s")
    assert done.returncode == 0 and "live is split" in done.stdout, done
    assert stored(agent.get("/splits/live").body) == targets(500)
    shown = agent.run("splits").stdout
    assert "95.00 %" in shown and "5.00 %" in shown and "src" in shown, shown
    assert "staged" in agent.run("splits", "live").stdout
    assert agent.run("split", "live", "live=99.99", "staged=0.01").returncode == 0
    assert stored(agent.get("/splits/live").body) == targets(1)
    for words, said in (
        (("live", "live=95", "staged=6"), "101.00 %, not 100 %"),
        (("live", "staged"), "BACKEND=PERCENT"),
        (("live", "live=95", "staged=0.001"), "BACKEND=PERCENT"),
    ):
        done = agent.run("split", *words)
        assert done.returncode != 0 and said in done.stderr, done
    assert agent.run("split", "live", "off").returncode == 0
    assert "no splits" in agent.run("splits").stdout
