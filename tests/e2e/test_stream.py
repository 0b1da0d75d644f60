# SPDX-License-Identifier: Apache-2.0
"""GET /stream: whoever watches knows what the API would tell, and nobody can hurt the agent with it."""

import json

import pytest
import wait
from download import Download
from viewers import agent, metric, put, watch  # noqa: F401 (fixtures)
from watcher import Watcher


def steady(backend):
    """Without what is not told for its own sake."""
    copy = json.loads(json.dumps(backend))
    for member in copy.get("members", ()):
        member.pop("lastKnown", None)
        (member.get("observed") or {}).pop("sessions", None)
    return copy


def told_all(agent, watcher) -> bool:
    """The watcher knows what the API tells."""
    lists = [agent.get(path).body for path in ("/frontends", "/backends", "/splits", "/policies")]
    wanted = {one["id"]: steady(one) for objects in lists for one in objects}
    return {key: steady(value) for key, value in watcher.objects.items()} == wanted


# what is told


@pytest.fixture
def live_scene(start_scene, start_origin, registry, haproxy_version):
    return start_scene(haproxy_version, [start_origin("old", "1.0.0", count=2)], registry)


def test_a_viewer_knows_what_the_api_tells(live_scene):
    """Objects of all kinds, members that come and go, an override, deletions; and what HAProxy says."""
    scene, agent = live_scene, live_scene.agent
    with Watcher(agent.options["port"]) as watcher:
        assert [m["type"] for m in watcher.greeting if m["type"] != "activity"] == ["frontend", "backend", "status"]
        assert watcher.status["haproxy"]["state"] == "up"
        assert watcher.hello["statsInterval"] > 0
        assert told_all(agent, watcher)

        put(agent, "spare")
        split = {"targets": [{"backend": "live", "weight": 9000}, {"backend": "spare", "weight": 1000}]}
        agent.good(agent.put("/splits/live", split))
        policy = {"frontend": "web", "match": {"path": {"prefix": "/x"}}, "action": {"backend": "spare"}}
        agent.good(agent.put("/policies/one", policy))
        watcher.until_state(lambda: told_all(agent, watcher) and "policy/one" in watcher.objects)

        address = scene.addresses[0]
        agent.good(agent.put(f"/backends/live/members/{address}", {"state": "drain"}))

        def drained():
            members = {f"{m['host']}:{m['port']}": m for m in watcher.objects["backend/live"]["members"]}
            return (members[address]["observed"] or {}).get("status") == "DRAIN"

        watcher.until_state(drained)
        scene.deregister(scene.addresses[1])
        watcher.until_state(lambda: len(watcher.objects["backend/live"]["members"]) == 1)

        for path in ("/policies/one", "/splits/live", "/backends/spare"):
            agent.good(agent.delete(path))
        watcher.until_state(lambda: set(watcher.objects) == {"frontend/web", "backend/live"})
        watcher.until_state(lambda: any(entry["object"] == "backend/spare" for entry in watcher.activity))
        wait.until(lambda: agent.status()["generation"]["applied"] == agent.status()["generation"]["desired"], "applied")
        watcher.until_state(lambda: watcher.status["generation"] == agent.status()["generation"])
        assert told_all(agent, watcher)


def test_what_stays_the_same_is_not_told(live_scene):
    """Sessions, ages, counters under load, a repeated PUT: no message."""
    scene, agent = live_scene, live_scene.agent
    agent.wait_applied()
    with Watcher(agent.options["port"]) as watcher:
        watcher.messages_for(3)
        download = Download(scene.port, 4000, pieces=20)
        wait.until(lambda: [m["observed"]["sessions"] for m in agent.get("/backends/live").body["members"]] != [0, 0], "a session")
        put_again = {"type": "dynamic", "name": "site", "version": "1.0.0"}
        agent.good(agent.put("/backends/live", put_again))
        for _ in range(100):
            assert scene.get().status == 200
        wait.until(lambda: download.ended, "the download ends")
        assert download.status == 200
        told = watcher.messages_for(2.5)
        assert told == [], told


def test_many_changes_are_told_to_all_in_one_order(agent, watch):
    watchers = [watch() for _ in range(5)]
    for i in range(60):
        put(agent, f"b{i % 7}", balance=["source", "first"][i % 2])
        for watcher in watchers:
            watcher.catch_up()
    agent.good(agent.delete("/backends/b0"))
    put(agent, "last")
    for watcher in watchers:
        watcher.until_state(lambda: "backend/last" in watcher.objects and "backend/b0" not in watcher.objects)
        watcher.until_state(lambda: watcher.activity[-1]["object"] == "backend/last")
        assert told_all(agent, watcher)
    for watcher in watchers[1:]:
        first = max(watchers[0].seqs[0], watcher.seqs[0])
        last = min(watchers[0].seq, watcher.seq)
        assert [s for s in watcher.seqs if first <= s <= last] == [s for s in watchers[0].seqs if first <= s <= last]


def test_a_thousand_objects_come_with_the_snapshot(agent, watch):
    backends = [{"key": f"b{i:04}", "type": "static", "members": [{"host": "127.0.0.1", "port": 1000 + i}]} for i in range(1000)]
    agent.good(agent.put("/config", {"backends": backends}, wait="1ms"))
    watcher = watch()
    assert len([m for m in watcher.greeting if m["type"] == "backend"]) == 1000
    assert told_all(agent, watcher)


# coming back


def test_resume_tells_exactly_what_was_missed(agent, watch):
    first, other = watch(), watch()
    put(agent, "one")
    first.until_state(lambda: "backend/one" in first.objects)
    point = first.resume
    first.socket.close()
    put(agent, "two")
    other.until_state(lambda: "backend/two" in other.objects)  # else both may be told in one look
    agent.good(agent.delete("/backends/one"))
    other.until_state(lambda: "backend/one" not in other.objects)
    other.until_state(lambda: other.activity[-1]["verb"] == "deleted")
    back = watch(resume=point)
    assert back.hello["resumed"] is True
    assert [m["seq"] for m in back.greeting] == list(range(point[0] + 1, back.seq + 1))
    missed = [m for m in back.greeting if m["type"] == "backend"]
    assert [(m["op"], m["id"]) for m in missed] == [("set", "backend/two"), ("del", "backend/one")]
    # and again, by a message
    back.send({"resume": point[0], "epoch": point[1]})
    back.until(lambda m: m["type"] == "hello" and m["resumed"])
    again = [back.message() for _ in range(len(back.greeting))]
    assert again == back.greeting
    assert back.message()["type"] == "ready"


def test_what_happens_while_nobody_watches_is_told_to_who_comes_back(agent, watch):
    watcher = watch()
    put(agent, "one")
    watcher.until_state(lambda: "backend/one" in watcher.objects)
    point, known = watcher.resume, watcher.objects
    watcher.socket.close()
    wait.until(lambda: metric(agent, "thalassa_stream_viewers") == 0, "nobody watches")
    put(agent, "two")
    agent.good(agent.delete("/backends/one"))
    back = watch(resume=point)
    assert back.hello["resumed"] is True and "backend/two" in back.objects
    assert [m["seq"] for m in back.greeting] == list(range(point[0] + 1, back.seq + 1))
    assert ("del", "backend/one") in [(m["op"], m.get("id")) for m in back.greeting]
    assert set(known) | set(back.objects) == {"backend/one", "backend/two"}


@pytest.mark.parametrize("point", ["future", "epoch", "old"])
def test_who_cannot_resume_gets_all(agent, watch, point):
    watcher = watch()
    put(agent, "one")
    watcher.until_state(lambda: "backend/one" in watcher.objects)
    resume = {"future": (watcher.seq + 1000, watcher.epoch), "epoch": (watcher.seq, "0" * 16), "old": (1, watcher.epoch)}
    back = watch(resume=resume[point])
    assert back.hello["resumed"] is False
    assert back.hello["epoch"] == watcher.epoch
    assert set(back.objects) == {"backend/one"} and back.status


def test_after_a_restart_of_the_agent_all_is_told_anew(agent, watch):
    watcher = watch()
    put(agent, "one")
    watcher.until_state(lambda: "backend/one" in watcher.objects)
    point = watcher.resume
    agent.stop()
    assert watcher.close_code() == 1001
    agent.start()
    wait.until(agent.healthy, "the agent is back")
    back = watch(resume=point)
    assert back.hello["resumed"] is False and back.epoch != point[1]
    assert set(back.objects) == {"backend/one"}
    verbs = [entry["verb"] for entry in back.activity]
    assert verbs.count("started") == 2 and "changed" in verbs  # of the life before as well
    # without the epoch: no number of the former life is taken for one of this
    back.send({"resume": point[0]})
    assert back.until(lambda m: m["type"] == "hello")["resumed"] is False


# what a client may say


def test_statistics_come_by_subscription(live_scene):
    """The group, one of it, the members; at once, then each interval; what is gone is told."""
    scene, agent = live_scene, live_scene.agent
    wait.until(lambda: agent.get("/stats/stat/backend/live").status == 200, "there are some")
    member = f"stat/backend/live/{scene.addresses[0]}"
    with Watcher(agent.options["port"]) as watcher:
        seen = []

        def next_stat():
            message = watcher.until(lambda m: m["type"] == "stat")
            assert message["seq"] == watcher.seq  # no number of its own
            seen.append(message)
            return message

        watcher.send(["statSubscribe", "stat/backend/live"])
        first = next_stat()
        assert (first["op"], first["id"], first["object"]["type"]) == ("set", "stat/backend/live", "backend")
        assert set(first["object"]) == set(agent.get("/stats/stat/backend/live").body["samples"][-1])
        assert next_stat()["object"]["time"] > first["object"]["time"]
        watcher.send(["statSubscribe", "stat/frontend/*"])
        wait.until(lambda: next_stat()["id"] == "stat/frontend/web", "the frontend")
        watcher.send(["statSubscribe", "stat/backend/live/*"])
        wait.until(lambda: next_stat()["id"] == member, "a member", timeout=20)
        for _ in range(20):
            assert scene.get().status == 200
        wait.until(lambda: next_stat()["object"]["requests"] >= 20, "the requests are counted", timeout=20)
        scene.deregister(scene.addresses[0])
        wait.until(lambda: (m := next_stat())["op"] == "del" and m["id"] == member, "it is gone", timeout=30)
        for topic in ("stat/backend/live", "stat/frontend/*", "stat/backend/live/*"):
            watcher.send(["statUnsubscribe", topic])
        watcher.send("nonsense")
        watcher.until(lambda m: m["type"] == "error")
        assert not [m for m in watcher.messages_for(5) if m["type"] == "stat"]


def test_a_switch_by_message(start_scene, start_origin, registry, haproxy_version):
    """The predecessor's message does what POST does, and tells how it went."""
    old, new = start_origin("old", "1.0.0"), start_origin("new", "2.0.0")
    scene = start_scene(haproxy_version, [old], registry)
    scene.register(new)
    wait.until(lambda: scene.agent.get("/services/site").body["versions"][-1]["version"] == "2.0.0", "both are known")
    with Watcher(scene.agent.options["port"]) as watcher:
        watcher.send('["updateAqueductBackendVersion", "backend/live", "live", "2.0.0"]\n')
        answer = watcher.until(lambda m: m["type"] == "switch")
        assert (answer["id"], answer["key"], answer["version"], answer["status"]) == ("backend/live", "live", "2.0.0", 200)
        watcher.until_state(lambda: watcher.objects["backend/live"]["version"] == "2.0.0")
        watcher.until_state(lambda: [m["version"] for m in watcher.objects["backend/live"]["members"]] == ["2.0.0"])
        scene.agent.wait_members("live", [f"{new.host}:{new.port}"])
        assert scene.answered_by() == "new"
        for key, version, status in [("live", "9", 409), ("nobody", "1", 404)]:
            watcher.send(["updateAqueductBackendVersion", "x", key, version])
            answer = watcher.until(lambda m: m["type"] == "switch")
            assert (answer["key"], answer["status"]) == (key, status) and answer["error"]


@pytest.mark.parametrize(
    "said, problem",
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[[[[[[[[]]]]]]]]", "JSON"),
        ("7", "an array or"),
        ('"statSubscribe"', "an array or"),
        ("[]", "statSubscribe"),
        ('["statSubscribe"]', '["statSubscribe", id] has 2 elements, not 1'),
        ('["statSubscribe", 7]', "element 2 is"),
        ('["statSubscribe", "backend/live"]', "stat/backend/K"),
        ('["statSubscribe", "stat/' + "x" * 500 + '"]', "stat/x"),
        ('["nonsense", "x"]', "updateAqueductBackendVersion"),
        ('["updateAqueductBackendVersion", "x", "live"]', "has 4 elements"),
        ('["updateAqueductBackendVersion", "x", "", "1"]', "key: required"),
        ('["updateAqueductBackendVersion", "x", "live", ""]', "version: required"),
        ('{"resume": "x"}', "resume"),
        ('{"resume": -1}', "resume"),
        ('{"resume": 1, "odd": 1}', "odd"),
        ("{}", "resume: required"),
    ],
)
def test_what_cannot_be_done_is_answered(agent, watch, said, problem):
    watcher = watch()
    watcher.send(said)
    answer = watcher.until(lambda m: m["type"] == "error")
    assert problem in answer["error"]
    try:
        assert answer["request"] == json.loads(said) or "JSON" in problem
    except ValueError:
        assert answer["request"] is None
    put(agent, "one")
    watcher.until_state(lambda: "backend/one" in watcher.objects)


def test_subscriptions_are_limited(agent, watch):
    watcher = watch()
    for i in range(257):
        watcher.send(["statSubscribe", f"stat/backend/b{i}"])
    assert "256" in watcher.until(lambda m: m["type"] == "error")["error"]
    watcher.send(["statUnsubscribe", "stat/backend/b0"])
    watcher.send(["statSubscribe", "stat/backend/b256"])
    watcher.send("nonsense")
    assert "JSON" in watcher.until(lambda m: m["type"] == "error")["error"]
