# SPDX-License-Identifier: Apache-2.0
"""Objects over the REST API: put, taken back, deleted, many at once. Writes go where no reload is needed,
unless it is the point."""

import re
import time

import everything
import membership
import pytest
import scene as scenes
import wait

import parts
import ports


@pytest.fixture
def full(scene):
    return everything.put(scene)


def test_what_get_gives_can_be_put_back_and_nothing_happens(full):
    agent, files = full.agent, full.written()
    objects = everything.objects_of(agent)
    assert len(objects) == 3 + 5 + 1 + 1
    generation = agent.status()["generation"]["desired"]
    with full.no_reload():
        for path, listed in objects:
            reply = agent.good(agent.get(path))
            one = agent.good(agent.put(path, reply.body, wait="5s"))
            assert int(one.headers["X-Thalassa-Generation"]) == generation, path
            assert one.headers["ETag"] == reply.headers["ETag"], path
            assert one.body["id"] == listed["id"] == "/".join([everything.KINDS[path.split("/")[1]], listed["key"]])
            plan = agent.good(agent.put(path, reply.body, dryRun="true")).body
            assert plan["verdict"] == "noop" and not plan["operations"], (path, plan)
        body = {kind: agent.get(f"/{kind}").body for kind in everything.KINDS}
        for kinds in (everything.KINDS, ("frontends", "backends")):  # what is not spoken of stays
            some = {kind: body[kind] for kind in kinds}
            reply = agent.good(agent.put("/config", some, prune="true", wait="5s"))
            assert int(reply.headers["X-Thalassa-Generation"]) == generation
    assert full.written() == files
    assert agent.status()["generation"]["desired"] == generation


def test_objects_come_back_as_they_were_put(full):
    agent = full.agent
    rich = agent.get("/backends/rich").body
    assert rich["_type"] == "backend" and rich["id"] == "backend/rich" and rich["key"] == "rich"
    for field in ("balance", "host", "mode", "health", "server", "cookie", "natives"):
        assert rich[field] == everything.BACKENDS["rich"][field], field
    members = {(m["host"], m["port"]): m for m in rich["members"]}
    assert members[("127.0.0.1", 8080)]["weight"] == 7
    assert members[("::1", 8081)]["backup"] is True
    plain = agent.get("/backends/plain").body
    assert plain["host"] is None and plain["balance"] == "roundrobin" and plain["members"] == []
    front = agent.get("/frontends/full").body
    assert front["name"] == front["key"] == "full" and front["_type"] == "frontend"
    assert re.fullmatch(r"127\.0\.0\.1:\d+,127\.0\.0\.1:\d+", front["bind"])
    assert front["keepalive"] == "server-close" and len(front["rules"]) == 3
    raw = agent.get("/frontends/raw").body
    assert raw["mode"] == "tcp" and raw["bind"].endswith(" accept-proxy")


@pytest.mark.one_version
def test_what_is_not_there_is_404(scene):
    for path in ("/frontends/x", "/backends/x", "/backends/x/members", "/services/x", "/nosuch", "/frontends/x/y"):
        reply = scene.agent.get(path)
        assert reply.status == 404 and reply.body["error"], path
    assert scene.agent.delete("/frontends/x").status == 404
    assert scene.agent.delete("/backends/x").status == 404
    assert scene.agent.post("/backends/x", {"version": "1"}).status == 404


@pytest.mark.one_version
def test_another_method_is_405_and_says_which_there_are(scene):
    reply = scene.agent.post("/frontends/web", {})
    assert reply.status == 405
    assert {"GET", "PUT", "DELETE"} <= set(reply.headers["Allow"].split(", "))
    assert scene.agent.delete("/status").status == 405


@pytest.mark.one_version
def test_an_unknown_parameter_is_no_change(scene):
    before = scene.agent.get("/backends").body
    for params in ({"dryrun": "true"}, {"dryRun": "maybe"}, {"wait": "soon"}, {"wait": "1h"}):
        reply = scene.agent.put("/backends/x", {"type": "static"}, **params)
        assert reply.status == 400 and reply.body["field"] == list(params)[0], reply
    assert len(scene.agent.get("/backends").body) == len(before)


def test_delete_removes_and_the_port_is_closed(scene):
    port = ports.free()
    scene.put_frontend("second", bind=f"127.0.0.1:{port}")
    assert scene.answered_by(port=port) != 503
    scene.agent.good(scene.agent.delete("/frontends/second", wait="10s"))
    wait.until(lambda: not scenes.is_listening(port), "closed")
    assert scene.agent.get("/frontends/second").status == 404
    assert "second" not in scene.agent.get("/haproxy/config").body


@pytest.mark.one_version
def test_a_backend_in_use_is_deleted_by_force_only(scene):
    reply = scene.agent.delete("/backends/live")
    assert reply.status == 409 and "web" in str(reply.body)
    reply = scene.agent.good(scene.agent.delete("/backends/live", force="true", wait="10s"))
    assert scene.agent.get("/backends/live").status == 404
    wait.equals(scene.answered_by, 503, "nobody serves it")
    scene.put_backend()
    wait.until(lambda: scene.answered_by() != 503, "served again")


@pytest.mark.one_version
def test_a_name_belongs_to_one_object(scene):
    assert scene.agent.put("/backends/web", {"type": "static"}).status == 409
    assert scene.agent.put("/frontends/live", {"bind": ":1", "backend": "live"}).status == 409
    body = {"frontends": [{"key": "x", "bind": ":1", "backend": "live"}], "backends": [{"key": "x", "type": "static"}]}
    assert scene.agent.put("/config", body).status == 409
    # names of the template's own sections and of profiles
    for name in ("thalassa.base", "thalassa.x"):
        assert scene.agent.put(f"/backends/{name}", {"type": "static"}).status in (400, 409), name


@pytest.mark.one_version
def test_an_etag_covers_what_is_stored_and_not_what_is_observed(scene):
    path = "/backends/live"
    first = scene.agent.get(path)
    scene.deregister(scene.addresses[0])
    scene.agent.wait_members("live", scene.addresses[1:])
    second = scene.agent.get(path)
    assert len(second.body["members"]) == 1
    assert second.headers["ETag"] == first.headers["ETag"]
    body = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0", "natives": []}
    changed = body | {"host": "other.example"}
    scene.agent.good(scene.agent.put(path, changed, {"If-Match": first.headers["ETag"]}))
    third = scene.agent.get(path)
    assert third.headers["ETag"] != first.headers["ETag"]
    reply = scene.agent.put(path, body, {"If-Match": first.headers["ETag"]})
    assert reply.status == 412
    assert scene.agent.delete(path, {"If-Match": first.headers["ETag"]}, force="true").status == 412
    assert scene.agent.post(path, {"version": "1.0.0"}, {"If-Match": first.headers["ETag"]}).status == 412
    assert scene.agent.get(path).body["host"] == "other.example"
    assert scene.agent.put("/backends/none", {"type": "static"}, {"If-Match": "*"}).status == 412
    assert scene.agent.put(path, changed, {"If-Match": f'"x", {third.headers["ETag"]}'}).status == 200


def changes_of_every_kind(scene):
    """verdict, method, path, body"""
    web = {"bind": f"127.0.0.1:{scene.port}", "backend": "live"}
    rule = {"type": "path", "operation": "path", "value": "/x", "backend": "live"}
    live = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0"}
    return [
        ("noop", "PUT", "/frontends/web", web),
        ("noop", "PUT", "/backends/live", live),
        ("runtime", "PUT", "/frontends/web", web | {"rules": [rule]}),
        ("runtime", "PUT", "/backends/live", live | {"host": "x.example"}),
        ("reload", "PUT", "/frontends/web", web | {"bind": f"127.0.0.1:{ports.free()}"}),
        ("reload", "PUT", "/frontends/more", web | {"bind": f"127.0.0.1:{ports.free()}"}),
        ("reload", "DELETE", "/frontends/web", None),
        ("reload", "PUT", "/backends/live", live | {"natives": ["fullconn 5"]}),
        ("runtime", "POST", "/backends/live", {"version": "2.0.0"}),
        ("reload", "PUT", "/config", {"frontends": [{"key": "web"} | web | {"natives": ["maxconn 9"]}]}),
        ("reload", "PUT", "/config?prune=true", {"frontends": []}),
    ]


def test_a_dry_run_tells_the_way_and_changes_nothing(scene, start_origin):
    new = start_origin("new", "2.0.0")
    scene.register(new)
    versions = lambda: scene.agent.get(f"/services/{scenes.SERVICE}").body["versions"]
    wait.until(lambda: len(versions()) == 2, "both versions are known")
    membership.agree(scene.agent)
    files, status = scene.written(), scene.agent.status()["generation"]
    objects = [strip(one) for _, one in everything.objects_of(scene.agent)]
    with scene.no_reload():
        for verdict, method, path, body in changes_of_every_kind(scene):
            reply = scene.agent.good(scene.agent.request(method, path, body, dryRun="true"))
            plan = reply.body
            assert plan["verdict"] == verdict, (method, path, body, plan)
            assert bool(plan["reasons"]) == (verdict == "reload"), plan
            assert bool(plan["operations"]) == (verdict == "runtime") or verdict == "reload", plan
    assert scene.written() == files
    assert scene.agent.status()["generation"] == status
    assert [strip(one) for _, one in everything.objects_of(scene.agent)] == objects
    assert scene.agent.get("/plan").body["verdict"] == "noop"


def strip(thing):
    return {k: v for k, v in thing.items() if k != "members"}


@pytest.mark.one_version
def test_the_operations_of_a_dry_run_are_what_would_be_sent(scene, start_origin):
    new = start_origin("new", "2.0.0")
    scene.register(new)
    wait.until(lambda: len(scene.agent.get(f"/services/{scenes.SERVICE}").body["versions"]) == 2, "known")
    plan = scene.agent.good(scene.agent.post("/backends/live", {"version": "2.0.0"}, dryRun="true")).body
    assert any(f"add server live/live_127.0.0.1:{new.port} " in op for op in plan["operations"]), plan


def test_wait_answers_when_haproxy_runs_it(scene):
    rule = {"type": "path", "operation": "path", "value": "/x", "backend": "none"}
    for rules in ([rule], [], [rule]):
        reply = scene.put_frontend(rules=rules, wait="10s")
        assert reply.status == 200
        generation = scene.agent.status()["generation"]
        assert generation["applied"] >= int(reply.headers["X-Thalassa-Generation"])
        assert (scene.answered_by("/x") == 503) == bool(rules)


@pytest.mark.one_version
def test_wait_is_not_for_ever(scene):
    """A version of which nobody serves: accepted by force, 202 after the time that was given."""
    began = time.monotonic()
    reply = scene.agent.post("/backends/live", {"version": "9.9.9"}, force="true", wait="1s")
    assert reply.status == 202
    assert 1 <= time.monotonic() - began < 5
    assert scene.agent.get("/backends/live").body["version"] == "9.9.9"
    assert scene.answered_by() != 503  # the old ones stay until somebody can take over


@pytest.mark.one_version
def test_an_unknown_backend_is_a_warning_or_refused_if_strict(scene):
    body = {"bind": f"127.0.0.1:{scene.port}", "backend": "later"}
    reply = scene.agent.put("/frontends/web", body, strict="true")
    assert reply.status == 409 and "later" in reply.body["error"], reply
    assert scene.agent.get("/frontends/web").body["backend"] == "live"
    reply = scene.agent.good(scene.agent.put("/frontends/web", body, wait="10s"))
    assert any("later" in warning for warning in reply.body["warnings"]), reply.body
    assert scene.answered_by() == 503


@pytest.fixture
def counted_haproxy(work, haproxy_version):
    """HAProxy behind a script that notes each `-c`."""
    path, log = work / "counting-haproxy", work / "checks"
    log.touch()
    program = parts.haproxy(haproxy_version)
    path.write_text(
        f'#!/bin/sh\nfor word; do [ "$word" = -c ] && echo c >>{log}; done\nexec {program} "$@"\n'
    )
    path.chmod(0o755)
    return path, lambda: len(log.read_text().splitlines())


def test_many_objects_are_one_check_and_one_reload(start_scene, haproxy_version, counted_haproxy):
    program, checks = counted_haproxy
    scene = start_scene(haproxy_version, haproxyPath=program)
    names = [f"n{i}" for i in range(20)]
    body = {
        "frontends": [{"key": f"f-{n}", "bind": f"127.0.0.1:{ports.free()}", "backend": f"b-{n}"} for n in names],
        "backends": [{"key": f"b-{n}", "type": "static", "members": scene_members(scene)} for n in names],
    }
    first = checks()
    with scene.load(), scene.reloads(1):
        scene.agent.good(scene.agent.put("/config", body, wait="20s"))
    assert checks() - first <= 2  # before it is stored, and of what is installed
    for one in body["frontends"]:
        assert scene.answered_by(port=int(one["bind"].split(":")[1])) != 503
    assert len(scene.agent.get("/frontends").body) == 21
    web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "b-n0"}
    kept = {"frontends": [web], "backends": body["backends"][:1]}
    with scene.load(), scene.reloads(1):
        scene.agent.good(scene.agent.put("/config", kept, prune="true", wait="20s"))
    assert [one["key"] for one in scene.agent.get("/frontends").body] == ["web"]
    assert [one["key"] for one in scene.agent.get("/backends").body] == ["b-n0"]
    assert "n1" not in scene.agent.get("/haproxy/config").body


def scene_members(scene) -> list[dict]:
    return [{"host": "127.0.0.1", "port": origin.port} for origin in scene.origins]


@pytest.mark.one_version
def test_one_bad_object_of_many_stores_none(scene):
    good = {"key": "good", "type": "static"}
    for bad, status, field in (
        ({"key": "bad", "type": "magic"}, 400, "backends[1].type"),
        ({"type": "static"}, 400, "backends[1].key"),
        ({"key": "good", "type": "static"}, 400, "backends"),
        ({"key": "bad", "type": "static", "natives": ["bogus"]}, 422, None),
    ):
        reply = scene.agent.put("/config", {"backends": [good, bad]})
        assert reply.status == status, reply
        assert not field or reply.body["field"] == field, reply
        assert [one["key"] for one in scene.agent.get("/backends").body] == ["live"]


@pytest.mark.one_version
def test_the_persistence_form_is_what_config_takes(scene):
    """So that a file of another agent can be sent as it is."""
    body = {"version": 1, "frontends": scene.agent.get("/frontends").body, "backends": scene.agent.get("/backends").body}
    scene.agent.good(scene.agent.put("/config", body))
    assert scene.agent.put("/config", body | {"version": 2}).status == 400
