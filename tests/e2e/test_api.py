# SPDX-License-Identifier: Apache-2.0
"""The REST calls as a client sees them. Writes go where no reload is needed, unless it is the point."""

import concurrent.futures
import re
import time

import membership
import openmetrics
import pytest
import scene as scenes
import wait
from rest import Rest

import parts
import ports

FULL_BACKENDS = {
    "rich": {
        "type": "static", "balance": "leastconn", "host": "site.example", "mode": "http",
        "health": {"method": "HEAD", "uri": "/health?x=1", "httpVersion": "HTTP/1.1", "interval": 5000},
        "server": ["maxconn 100"], "cookie": "STICKY", "natives": ["fullconn 77"],
        "members": [
            {"host": "127.0.0.1", "port": "8080", "weight": 7},
            {"host": "::1", "port": 8081, "backup": True},
        ],
    },
    "plain": {"type": "static", "host": "", "members": []},
    "sub": {"type": "dynamic", "name": "other-service", "version": "v2-beta", "balance": "source"},
    "bytes": {"type": "static", "mode": "tcp"},
}


FULL_SPLITS = {
    "rich": {
        "targets": [{"backend": "rich", "weight": 9999}, {"backend": "plain", "weight": "1"}],
        "sticky": "src",
    },
}
FULL_POLICIES = {
    "beta": {
        "frontend": "full", "priority": 5, "enabled": False,
        "match": {
            "host": "a.example", "path": {"prefix": "/p"}, "method": ["GET", "PUT"],
            "header": {"X-Tenant": {"in": ["a", "b"]}}, "cookie": {"c": {"present": True}},
            "query": {"q": {"regex": "^x"}}, "src": ["10.0.0.0/8", "::1"],
            "percent": {"share": 500, "by": "cookie:uid"},
            "any": [{"path": "/1"}, {"not": {"path": "/2"}}],
        },
        "action": {"backend": "plain", "set": {"variant": "b"}},
    },
}
KINDS = {"frontends": "frontend", "backends": "backend", "splits": "split", "policies": "policy"}


def full_frontends(port) -> dict[str, dict]:
    rules = [
        {"type": "path", "operation": "path_beg", "value": "/a /b", "backend": "rich"},
        {"type": "header", "header": "host", "operation": "hdr_dom", "value": "x.example", "backend": "plain"},
        {"type": "url", "operation": "url_reg", "value": "[?]q=\\d+$", "backend": "nosuch"},
    ]
    return {
        "full": {
            "bind": f"127.0.0.1:{port}, 127.0.0.1:{port + 1},", "backend": "rich", "keepalive": "server-close",
            "rules": rules, "natives": ["maxconn 100", "option dontlognull"],
        },
        "raw": {"bind": f"127.0.0.1:{port + 2} accept-proxy", "mode": "tcp", "backend": "bytes"},
    }


def with_keys(objects) -> list[dict]:
    return [{"key": key} | fields for key, fields in objects.items()]


@pytest.fixture
def full(scene):
    frontends = full_frontends(ports.free())
    body = {
        "frontends": with_keys(frontends), "backends": with_keys(FULL_BACKENDS),
        "splits": with_keys(FULL_SPLITS), "policies": with_keys(FULL_POLICIES),
    }
    scene.agent.good(scene.agent.put("/config", body, wait="10s"))
    membership.agree(scene.agent)
    return scene


def every_object(agent) -> list[tuple[str, dict]]:
    found = []
    for kind in KINDS:
        listed = agent.get(f"/{kind}").body
        assert [one["key"] for one in listed] == sorted(one["key"] for one in listed)
        found += [(f"/{kind}/{one['key']}", one) for one in listed]
    return found


def test_what_get_gives_can_be_put_back_and_nothing_happens(full):
    agent, files = full.agent, full.written()
    objects = every_object(agent)
    assert len(objects) == 3 + 5 + 1 + 1
    generation = agent.status()["generation"]["desired"]
    with full.no_reload():
        for path, listed in objects:
            reply = agent.good(agent.get(path))
            one = agent.good(agent.put(path, reply.body, wait="5s"))
            assert int(one.headers["X-Thalassa-Generation"]) == generation, path
            assert one.headers["ETag"] == reply.headers["ETag"], path
            assert one.body["id"] == listed["id"] == "/".join([KINDS[path.split("/")[1]], listed["key"]])
            plan = agent.good(agent.put(path, reply.body, dryRun="true")).body
            assert plan["verdict"] == "noop" and not plan["operations"], (path, plan)
        body = {kind: agent.get(f"/{kind}").body for kind in KINDS}
        for kinds in (KINDS, ("frontends", "backends")):  # what is not spoken of stays
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
        assert rich[field] == FULL_BACKENDS["rich"][field], field
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
    objects = [strip(one) for _, one in every_object(scene.agent)]
    with scene.no_reload():
        for verdict, method, path, body in changes_of_every_kind(scene):
            reply = scene.agent.good(scene.agent.request(method, path, body, dryRun="true"))
            plan = reply.body
            assert plan["verdict"] == verdict, (method, path, body, plan)
            assert bool(plan["reasons"]) == (verdict == "reload"), plan
            assert bool(plan["operations"]) == (verdict == "runtime") or verdict == "reload", plan
    assert scene.written() == files
    assert scene.agent.status()["generation"] == status
    assert [strip(one) for _, one in every_object(scene.agent)] == objects
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


# what is so


def test_status_tells_what_haproxy_tells(scene):
    status = scene.agent.wait_applied()
    info = scene.haproxy.info()
    assert status["generation"]["desired"] == status["generation"]["applied"] > 0
    assert status["haproxy"]["state"] == "up"
    assert status["haproxy"]["version"] == info["Version"]
    assert str(status["haproxy"]["pid"]) == info["Pid"]
    assert abs(status["haproxy"]["uptime"] - int(info["Uptime_sec"])) <= 5
    assert status["haproxy"]["capabilities"]["add_backend"] == (scene.haproxy.version >= "3.4")
    assert status["registry"]["state"] == "ok" and status["registry"]["held"] == []
    assert status["pending"] == [] and status["failed"] == [] and status["switches"] == []


@pytest.mark.one_version
def test_config_is_the_file(scene):
    membership.agree(scene.agent)
    reply = scene.agent.get("/haproxy/config")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.body == open(scene.agent.options["haproxyCfgPath"]).read()


@pytest.mark.one_version
def test_members_are_shown_with_what_haproxy_sees(scene):
    members = membership.of_api(scene.agent)
    assert sorted(members) == sorted(scene.addresses)
    for address, one in members.items():
        assert one["id"] == f"/{scenes.SERVICE}/1.0.0/127.0.0.1/{address.split(':')[1]}"
        assert one["name"] == scenes.SERVICE and one["version"] == "1.0.0"
        assert one["observed"]["status"] == "UP" and one["observed"]["state"] == "ready"
    scene.haproxy.cli(f"set server live/live_{scene.addresses[0]} state maint")
    wait.equals(
        lambda: membership.of_api(scene.agent)[scene.addresses[0]]["observed"]["status"], "MAINT", "shown"
    )


@pytest.mark.one_version
def test_services_tell_versions_with_counts_and_health(scene, start_origin):
    new = start_origin("new", "2.0.0", count=3)
    scene.register(new)
    scene.registry.set_check(scene.ids[f"127.0.0.1:{new.ports[0]}"], "fail")
    scene.registry.set_check(scene.ids[f"127.0.0.1:{new.ports[1]}"], "warn")

    def counts():
        service = scene.agent.get(f"/services/{scenes.SERVICE}").body
        return {v["version"]: (v["instances"], v["passing"], v["warning"], v["critical"]) for v in service["versions"]}

    wait.equals(counts, {"1.0.0": (2, 2, 0, 0), "2.0.0": (3, 1, 1, 1)}, "counts")
    listed = scene.agent.get("/services")
    assert listed.status == 200 and scenes.SERVICE in str(listed.body)


@pytest.mark.one_version
def test_the_activity_tells_what_was_done_newest_first(scene):
    agent = scene.agent
    first = agent.get("/activity").body[0]["seq"]
    scene.put_backend(host="one.example")
    scene.put_frontend(natives=["maxconn 321"])
    entries = agent.get("/activity", since=first).body
    seqs = [one["seq"] for one in entries]
    assert seqs == sorted(seqs, reverse=True) and min(seqs) > first
    assert all({"type", "seq", "time", "verb", "object", "actor", "reason"} <= set(one) for one in entries)
    assert all(one["type"] == "activity" for one in entries)
    changed = [one["object"] for one in reversed(entries) if one["verb"] == "changed"]
    assert changed == ["backend/live", "frontend/web"]
    assert len(agent.get("/activity", limit=1).body) == 1
    for one in agent.get("/activity", filter="frontend/web").body:
        assert "frontend/web" in (one["object"] + one["reason"]), one
    assert agent.get("/activity", since=10**9).body == []
    for bad in ({"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"since": -1}):
        assert agent.get("/activity", **bad).status == 400, bad
    agent.restart()
    again = agent.get("/activity").body
    assert [one for one in again if one["seq"] in seqs] == entries
    assert again[0]["seq"] > seqs[0]


@pytest.mark.one_version
def test_metrics_are_well_formed_and_true(scene):
    scene.put_frontend(natives=["maxconn 500"])
    reply = scene.agent.get("/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = openmetrics.parse(reply.body)
    assert families["thalassa_reloads_total"].samples[()] == scene.haproxy.reloads()
    assert families["thalassa_haproxy_up"].samples[()] == 1
    assert families["thalassa_failed_objects"].samples[()] == 0
    generation = scene.agent.status()["generation"]["desired"]
    assert families["thalassa_generation_desired"].samples[()] == generation
    commands = families["thalassa_commands_total"].samples[()]
    scene.put_backend(host="x.example")
    families = openmetrics.parse(scene.agent.get("/metrics").body)
    assert families["thalassa_commands_total"].samples[()] > commands


@pytest.mark.one_version
def test_alive_is_not_yet_ready(scene):
    assert scene.agent.get("/healthz").status == 200
    assert scene.agent.get("/readyz").status == 200
    listed = scene.agent.request("HEAD", "/healthz")
    assert listed.status == 200 and listed.body == ""


def test_not_ready_while_haproxy_does_not_answer(start_scene):
    """With --haproxyStart never the agent waits for the HAProxy that somebody else runs."""
    scene = start_scene("2.6", begin=False, haproxyStart="never")
    assert scene.agent.get("/healthz").status == 200
    reply = scene.agent.get("/readyz")
    assert reply.status == 503 and reply.body["error"]
    assert scene.agent.status()["haproxy"]["state"] == "down"


# openapi.json


def documented(agent) -> list[tuple[str, str, dict]]:
    paths = agent.get("/openapi.json").body["paths"]
    methods = ("get", "put", "post", "delete")
    return [(path, m, about[m]) for path, about in paths.items() for m in methods if m in about]


@pytest.mark.one_version
def test_every_documented_call_exists_and_no_other_method(scene):
    calls = documented(scene.agent)
    assert len(calls) >= 20
    allowed = {}
    for path, method, _ in calls:
        allowed.setdefault(path, set()).add(method.upper())
    allowed["/policies/try"] |= allowed["/policies/{name}"]  # a policy may have this name
    for path, methods in allowed.items():
        reply = scene.agent.request("PATCH", path.replace("{name}", "live"))
        assert reply.status == 405, (path, reply)
        assert set(reply.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == methods, path


def resolve(root, schema):
    while "$ref" in schema and len(schema) == 1:
        at = root
        for word in schema["$ref"].lstrip("#/").split("/"):
            at = at[word]
        schema = at
    return schema


def fits(root, schema, value, at="") -> None:
    """What matters of JSON Schema: types, required members, enumerations, patterns, nesting."""
    schema = resolve(root, schema)
    if "$ref" in schema:
        fits(root, {"$ref": schema["$ref"]}, value, at)
    if "anyOf" in schema:
        problems = []
        for one in schema["anyOf"]:
            try:
                fits(root, one, value, at)
                break
            except AssertionError as error:
                problems.append(str(error))
        else:
            raise AssertionError("; ".join(problems))
    kinds = {
        "object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
        "number": (int, float), "null": type(None),
    }
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        good = any(isinstance(value, kinds[t]) and (t == "boolean") == isinstance(value, bool) for t in types)
        assert good, f"{at}: {value!r} is no {types}"
    assert "enum" not in schema or value in schema["enum"], f"{at}: {value!r} not in {schema['enum']}"
    assert "const" not in schema or value == schema["const"], f"{at}: {value!r}"
    if isinstance(value, str) and "pattern" in schema:
        assert re.search(schema["pattern"], value), f"{at}: {value!r} does not fit {schema['pattern']}"
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            fits(root, schema["items"], one, f"{at}[{i}]")
    if isinstance(value, dict):
        for name in schema.get("required", []):
            assert name in value, f"{at}: no {name}"
        for name, one in schema.get("properties", {}).items():
            if name in value:
                fits(root, one, value[name], f"{at}.{name}")
        if schema.get("additionalProperties") is False:
            extra = set(value) - set(schema["properties"])
            assert not extra, f"{at}: undocumented {extra}"


def test_answers_are_as_openapi_json_says(full):
    root = full.agent.get("/openapi.json").body
    names = {
        "/frontends": "web", "/backends": "rich", "/services": scenes.SERVICE, "/splits": "rich",
        "/policies": "beta",
    }
    one = full.agent.get("/backends/rich/members").body[0]
    member = f"{one['host']}:{one['port']}"
    for path, method, about in documented(full.agent):
        if method != "get" or path in ("/metrics", "/haproxy/config"):
            continue
        name = names.get("/" + path.split("/")[1], "x")
        reply = full.agent.good(full.agent.get(path.replace("{name}", name).replace("{member}", member)))
        answer = resolve(root, about["responses"]["200"])
        fits(root, answer["content"]["application/json"]["schema"], reply.body, path)
    error = root["components"]["schemas"]["Error"]
    for reply in (
        full.agent.get("/backends/nosuch"),
        full.agent.put("/backends/x", {"type": "magic"}),
        full.agent.put("/backends/x", {"type": "static", "natives": ["bogus"]}),
    ):
        fits(root, error, reply.body, "error")


@pytest.mark.one_version
def test_the_same_answers_over_many_connections_at_once(scene):
    """Reading does not disturb: 8 clients, 25 readings each of everything, under load."""
    paths = ["/frontends", "/backends", "/status", "/plan", "/services", "/activity", "/metrics", "/haproxy/config"]

    def read_all(_):
        client = Rest(port=scene.agent.options["port"])
        return [client.get(path).status for _ in range(25) for path in paths]

    with scene.load(), scene.no_reload(), concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = [status for found in pool.map(read_all, range(8)) for status in found]
    assert set(statuses) == {200}


def at_once(count, work) -> list:
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


@pytest.mark.one_version
def test_changes_of_many_clients_at_once_are_taken_one_after_another(scene):
    """8 clients, 5 changes each of one frontend: every answer has a generation of its own, the last
    one is what is stored and what HAProxy does."""
    before = scene.agent.status()["generation"]["desired"]

    def put_five(client):
        rest = Rest(port=scene.agent.options["port"])
        found = []
        for i in range(5):
            rule = {"type": "path", "operation": "path", "value": f"/c{client}-{i}", "backend": "nosuch"}
            body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "rules": [rule]}
            reply = scene.agent.good(rest.put("/frontends/web", body))
            found.append((int(reply.headers["X-Thalassa-Generation"]), rule["value"]))
        return found

    with scene.load(), scene.no_reload():
        answers = sorted(one for found in at_once(8, put_five) for one in found)
        scene.agent.wait_applied()
    assert [generation for generation, _ in answers] == [before + 1 + i for i in range(40)]
    assert scene.agent.get("/frontends/web").body["rules"][0]["value"] == answers[-1][1]
    assert [scene.answered_by(path) == 503 for _, path in answers] == [False] * 39 + [True]


@pytest.mark.one_version
def test_of_many_clients_with_the_same_etag_one_wins(scene):
    etag = scene.agent.get("/backends/live").headers["ETag"]

    def put(client):
        body = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0", "host": f"c{client}.example"}
        reply = Rest(port=scene.agent.options["port"]).put("/backends/live", body, {"If-Match": etag})
        return reply.status, client

    answers = sorted(at_once(8, put))
    assert [status for status, _ in answers] == [200] + [412] * 7
    assert scene.agent.get("/backends/live").body["host"] == f"c{answers[0][1]}.example"
