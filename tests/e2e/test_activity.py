# SPDX-License-Identifier: Apache-2.0
"""GET /activity: what happened, who did it, and what it was before."""

import wait
from rest import Rest

MEMBERS = [{"host": "127.0.0.1", "port": 81}]


def newest(agent, object, verb) -> dict:
    entries = agent.good(agent.get("/activity", limit=1000, filter=object)).body
    return next(one for one in entries if (one["object"], one["verb"]) == (object, verb))


def test_a_change_is_told_with_what_was_before(start_agent, registry):
    agent = start_agent("2.6", **registry.options)
    agent.good(agent.put("/backends/x", {"type": "static", "members": []}))
    first = newest(agent, "backend/x", "changed")
    assert "before" not in first and first["after"]["members"] == []
    assert (first["actor"], first["generation"]) == ("127.0.0.1", agent.status()["generation"]["desired"])
    unix = Rest(unix=agent.options["apiSocket"])
    unix.put("/backends/x", {"type": "static", "members": MEMBERS})
    second = newest(agent, "backend/x", "changed")
    assert second["before"] == first["after"]
    assert [m["port"] for m in second["after"]["members"]] == [81]
    assert second["actor"].startswith("uid ")
    agent.good(agent.delete("/backends/x"))
    last = newest(agent, "backend/x", "deleted")
    assert last["before"] == second["after"] and "after" not in last


def test_a_change_of_many_objects_names_them(start_agent, registry):
    agent = start_agent("2.6", **registry.options)
    backends = [{"key": name, "type": "static", "members": []} for name in ("a", "b", "c")]
    agent.good(agent.put("/config", {"backends": backends}))
    assert newest(agent, "config", "changed")["reason"] == "backend/a, backend/b, backend/c"
    agent.good(agent.put("/config", {"backends": [backends[0], backends[1] | {"balance": "first"}]}, prune="true"))
    assert newest(agent, "config", "changed")["reason"] == "backend/b; deleted: backend/c"
    many = [{"key": f"many{i:04}", "type": "static", "members": []} for i in range(1000)]
    agent.good(agent.put("/config", {"backends": many}))
    reason = newest(agent, "config", "changed")["reason"]
    assert reason.startswith("backend/many0000, ") and reason.endswith(" more") and len(reason) < 2048


def test_a_switch_is_told_with_both_versions(start_scene, start_origin, registry, haproxy_version):
    old, new = start_origin("old", "1.0.0"), start_origin("new", "2.0.0")
    scene = start_scene(haproxy_version, [old], registry)
    scene.register(new)
    wait.until(lambda: scene.agent.post("/backends/live", {"version": "2.0.0"}).status == 200, "switched")
    assert newest(scene.agent, "backend/live", "switched")["reason"] == "version 1.0.0 -> 2.0.0"


def test_the_agents_own_end_is_told(start_agent, registry):
    agent = start_agent("2.6", **registry.options)
    agent.restart()
    told = agent.get("/activity").body
    assert [one["verb"] for one in told if one["object"] == "agent"] == ["started", "stopped", "started"]
    assert newest(agent, "agent", "stopped")["reason"] == "SIGTERM; HAProxy goes on"


def test_entries_are_read_in_pages_and_filtered(start_agent, registry):
    agent = start_agent("2.6", **registry.options)
    for i in range(30):
        agent.good(agent.put(f"/backends/b{i}", {"type": "static", "members": []}))
    all_of_them = agent.get("/activity", limit=1000).body
    seqs = [one["seq"] for one in all_of_them]
    assert seqs == sorted(seqs, reverse=True)
    assert agent.get("/activity", limit=7).body == all_of_them[:7]
    assert agent.get("/activity", since=seqs[5]).body == all_of_them[:5]
    found = agent.get("/activity", filter="b2 CHANGED").body
    assert {one["object"] for one in found} == {"backend/b2", *(f"backend/b{i}" for i in range(20, 30))}
    for query in ({"limit": 0}, {"limit": 1001}, {"since": "x"}, {"filter": "x" * 257}):
        assert agent.get("/activity", **query).status == 400
