# SPDX-License-Identifier: Apache-2.0
"""The REST calls as a client sees them: what is so, what is documented, many clients at once."""

import concurrent.futures
import re

import everything
import membership
import openmetrics
import pytest
import scene as scenes
import wait
from rest import Rest


@pytest.fixture
def full(scene):
    return everything.put(scene)


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
    reloads = families["thalassa_reloads_total"].samples
    assert sum(reloads.values()) == reloads[(("reason", "natives"),)] == scene.haproxy.reloads()
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
        "/policies": "beta", "/stats": "stat/backend/rich",
    }
    wait.until(lambda: full.agent.get("/stats/stat/backend/rich").status == 200, "there are statistics")
    one = full.agent.get("/backends/rich/members").body[0]
    member = f"{one['host']}:{one['port']}"
    for path, method, about in documented(full.agent):
        if method != "get" or path in ("/metrics", "/haproxy/config"):
            continue
        name = names.get("/" + path.split("/")[1], "x")
        reply = full.agent.get(path.replace("{name}", name).replace("{member}", member))
        status = 426 if path == "/stream" else 200  # a handshake is missing
        assert reply.status == status, f"{path}: {reply.status}: {reply.body}"
        answer = resolve(root, about["responses"][str(status)])
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
