# SPDX-License-Identifier: Apache-2.0
"""What cannot be is refused with a clear word, and neither traffic nor a file notices."""

import contextlib
import os
import shutil
import socket
import stat

import membership
import pytest
import scene as scenes
import wait

import parts
import ports

RULE = {"type": "path", "operation": "path", "value": "/x", "backend": "live"}
MEMBER = {"host": "127.0.0.1", "port": 8080}
HTTP11 = {"httpVersion": "HTTP/1.1"}
EVIL = "\n    use_backend evil if TRUE"


def frontend(**fields):
    return "PUT", "/frontends/new", {"bind": "127.0.0.1:1234", "backend": "live"} | fields


def rule(**fields):
    return frontend(rules=[RULE, RULE | fields])


def backend(**fields):
    return "PUT", "/backends/new", {"type": "static"} | fields


def dynamic(**fields):
    return "PUT", "/backends/new", {"type": "dynamic", "name": "site", "version": "1.0.0"} | fields


def member(**fields):
    return backend(members=[MEMBER, MEMBER | fields])


# what is sent, the status, the field that is named
REFUSED = [
    (rule(value="/x" + EVIL), 400, "rules[1].value"),
    (rule(value="/x\r"), 400, "rules[1].value"),
    (rule(value="-f /etc/passwd"), 400, "rules[1].value"),
    (rule(value="-i /x"), 400, "rules[1].value"),
    (rule(value="#x"), 400, "rules[1].value"),
    (rule(value="/x\x7f"), 400, "rules[1].value"),
    (rule(operation="path_reg", value="^/(open"), 400, "rules[1].value"),
    (rule(operation="path_end"), 400, "rules[1].operation"),
    (rule(type="url"), 400, "rules[1].type"),
    (rule(backend="a b"), 400, "rules[1].backend"),
    (rule(backend="live" + EVIL), 400, "rules[1].backend"),
    (rule(colour="red"), 400, "rules[1].colour"),
    (rule(type="header", operation="hdr_dom", header="a b"), 400, "rules[1].header"),
    (rule(type="header", operation="hdr_dom", header="x" + EVIL), 400, "rules[1].header"),
    (rule(type="header", operation="hdr_dom"), 400, "rules[1].header"),
    (frontend(bind="127.0.0.1:80" + EVIL), 400, "bind"),
    (frontend(bind="127.0.0.1:80 # x"), 400, "bind"),
    (frontend(bind="127.0.0.1:80 ssl crt 'x"), 400, "bind"),
    (frontend(bind='127.0.0.1:80"'), 400, "bind"),
    (frontend(bind="127.0.0.1:80;x"), 400, "bind"),
    (frontend(bind="127.0.0.1:70000"), 400, "bind"),
    (frontend(bind="${HOME}:80"), 400, "bind"),
    (frontend(bind="127.0.0.1"), 400, "bind"),
    (frontend(bind=" , "), 400, "bind"),
    (frontend(bind=None), 400, "bind"),
    (frontend(bind=80), 400, "bind"),
    (frontend(backend=""), 400, "backend"),
    (frontend(backend="live;"), 400, "backend"),
    (frontend(mode="udp"), 400, "mode"),
    (frontend(keepalive="often"), 400, "keepalive"),
    (frontend(mode="tcp", rules=[RULE]), 400, "rules"),
    (frontend(mode="tcp"), 409, "backend"),
    (frontend(key="other"), 400, "key"),
    (frontend(name="other"), 400, "name"),
    (frontend(_type="backend"), 400, "_type"),
    (frontend(colour="red"), 400, "colour"),
    (frontend(natives=["maxconn 10" + EVIL]), 400, "natives[0]"),
    (frontend(natives=["maxconn 10", "backend evil"]), 400, "natives[1]"),
    (frontend(natives=["'backend' evil"]), 400, "natives[0]"),
    (frontend(natives=["back\\end evil"]), 400, "natives[0]"),
    (frontend(natives=["bind :1"]), 400, "natives[0]"),
    (frontend(natives=["default_backend x"]), 400, "natives[0]"),
    (backend(type="magic"), 400, "type"),
    (backend(type=None), 400, "type"),
    (dynamic(name=None), 400, "name"),
    (dynamic(version=""), 400, "version"),
    (dynamic(version="1" + EVIL), 400, "version"),
    (backend(balance="static-rr"), 400, "balance"),
    (backend(host="a b"), 400, "host"),
    (backend(host="a;b"), 400, "host"),
    (backend(host="a" + EVIL), 400, "host"),
    (backend(health={"uri": "x"}), 400, "health.uri"),
    (backend(health={"uri": "/x y"}), 400, "health.uri"),
    (backend(health={"uri": "/x#"}), 400, "health.uri"),
    (backend(health={"uri": "/x'"}), 400, "health.uri"),
    (backend(health={"uri": "/x" + EVIL}), 400, "health.uri"),
    (backend(health={"method": "DELETE"}), 400, "health.method"),
    (backend(health={"interval": 0}), 400, "health.interval"),
    (backend(health={"interval": "soon"}), 400, "health.interval"),
    (backend(health=HTTP11), 400, "host"),
    (backend(cookie="a b"), 400, "cookie"),
    (backend(cookie="a;b"), 400, "cookie"),
    (backend(server=["maxconn 10" + EVIL]), 400, "server[0]"),
    (backend(server=["maxconn many"]), 400, "server[0]"),
    (backend(server=["weight 10"]), 400, "server[0]"),
    (backend(server=["maxconn 10", "nosuch"]), 400, "server[1]"),
    (backend(server=["sni ${HOME}"]), 400, "server[0]"),
    (backend(natives=["server s 127.0.0.1:80"]), 400, "natives[0]"),
    (backend(natives=["balance first"]), 400, "natives[0]"),
    (member(host="127.0.0.1 weight 3"), 400, "members[1].host"),
    (member(host="x" + EVIL), 400, "members[1].host"),
    (member(host="0.0.0.0"), 400, "members[1].host"),
    (member(host="unix@/tmp/x"), 400, "members[1].host"),
    (member(host=None), 400, "members[1].host"),
    (member(port=0), 400, "members[1].port"),
    (member(port=65536), 400, "members[1].port"),
    (member(port="8080x"), 400, "members[1].port"),
    (member(port=None), 400, "members[1].port"),
    (member(weight=257), 400, "members[1].weight"),
    (member(), 400, "members"),
    (("PUT", "/frontends/a%20b", {"bind": ":1", "backend": "live"}), 400, None),
    (("PUT", "/frontends/a%0Ab", {"bind": ":1", "backend": "live"}), 400, None),
    (("PUT", "/frontends/" + "x" * 129, {"bind": ":1", "backend": "live"}), 400, None),
    (("PUT", "/backends/thalassa.x", {"type": "static"}), 400, None),
    (("PUT", "/backends/web", {"type": "static"}), 409, None),
    (("PUT", "/frontends/live", {"bind": ":1", "backend": "live"}), 409, None),
    (("POST", "/backends/live", {}), 400, "version"),
    (("POST", "/backends/live", {"version": "1.0.0", "colour": "red"}), 400, "colour"),
    (("POST", "/backends/live", {"version": "7.7.7"}), 409, None),
    (("POST", "/backends/nosuch", {"version": "1.0.0"}), 404, None),
    (("POST", "/registry/accept", {"backend": "nosuch"}), 404, None),
    (("DELETE", "/backends/live", None), 409, None),
    (("DELETE", "/frontends/nosuch", None), 404, None),
    (("PUT", "/config", {"frontends": [{"key": "new", "bind": "x", "backend": "live"}]}), 400, "frontends[0].bind"),
    (("PUT", "/config", {"frontend": []}), 400, "frontend"),
    (("PUT", "/frontends/new", "{"), 400, None),
    (("PUT", "/frontends/new", "[]"), 400, None),
    (("PUT", "/frontends/new", b'{"bind":"\xff"}'), 400, None),
    (("PUT", "/frontends/new", '{"x":' + "[" * 33 + "]" * 33 + "}"), 400, None),
    (("PUT", "/frontends/new", '{"bind":"' + "x" * 1100000 + '"}'), 413, None),
]


def refused(reply, statuses, field=None, words=()):
    """One clear line, the field where there is one, and the words that must be somewhere."""
    assert reply.status in statuses, reply
    assert reply.body["error"] and "\n" not in reply.body["error"], reply.body
    if field:
        assert reply.body.get("field") == field, reply.body
    said = " ".join(reply.body.values())
    for word in words:
        assert word in said, reply.body


def put_frontend(scene, name="web", **fields):
    body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live"} | fields
    return scene.agent.put(f"/frontends/{name}", body)


@contextlib.contextmanager
def untouched(scene):
    """Load without a failure, no reload, no byte and no object changed."""
    membership.agree(scene.agent)
    objects = [scene.agent.get(path).body for path in ("/frontends", "/backends")]
    stored = [[strip(one) for one in all] for all in objects]
    generation = scene.agent.status()["generation"]
    files = scene.written()
    with scene.load(), scene.no_reload():
        yield
    assert scene.written() == files
    assert scene.agent.status()["generation"] == generation
    now = [scene.agent.get(path).body for path in ("/frontends", "/backends")]
    assert [[strip(one) for one in all] for all in now] == stored


def strip(thing):
    """Without what is observed, and so may change."""
    return {k: v for k, v in thing.items() if k != "members"}


@pytest.mark.one_version
def test_what_is_malformed_is_refused_by_field(scene):
    wrong = []
    with untouched(scene):
        for (method, path, body), status, field in REFUSED:
            reply = scene.agent.request(method, path, body, {"Content-Type": "application/json"})
            try:
                refused(reply, {status}, field)
            except AssertionError:
                wrong.append((method, path, str(body)[:300], status, field, reply.status, reply.body))
    assert not wrong


@pytest.mark.one_version
def test_a_body_that_is_no_json_by_its_type_is_refused(scene):
    body = '{"bind":":1","backend":"live"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/html"):
        refused(scene.agent.put("/frontends/new", body, {"Content-Type": kind}), {415})
    assert scene.agent.get("/frontends/new").status == 404


def test_a_native_that_haproxy_does_not_take_is_refused_in_its_words(scene):
    with untouched(scene):
        reply = put_frontend(scene, natives=["http-request bogus-action"])
        refused(reply, {422}, words=["bogus-action", "web"])
        reply = put_frontend(scene, "new", bind=f"127.0.0.1:{ports.free()}", natives=["nosuch-keyword 1"])
        refused(reply, {422}, words=["nosuch-keyword", "new"])
        reply = scene.agent.put("/backends/other", {"type": "static", "natives": ["http-response bogus"]})
        refused(reply, {422}, words=["bogus", "other"])
        config = {"frontends": [], "backends": [{"key": "other", "type": "static", "natives": ["timeout bogus"]}]}
        refused(scene.agent.put("/config", config), {422}, words=["bogus", "other"])
        reply = put_frontend(scene, natives=['http-request deny if { path "/x }'])
        refused(reply, {422}, words=["web"])


@pytest.mark.one_version
def test_bind_parameters_that_haproxy_does_not_take_are_refused_in_its_words(scene):
    with untouched(scene):
        reply = put_frontend(scene, bind=f"127.0.0.1:{scene.port} ssl crt /no/such.pem")
        refused(reply, {422}, words=["/no/such.pem", "web"])


def test_a_port_that_somebody_else_has_is_refused(scene):
    with socket.create_server(("127.0.0.1", ports.free())) as other:
        port = other.getsockname()[1]
        with untouched(scene):
            refused(put_frontend(scene, "new", bind=f"127.0.0.1:{port}"), {409, 422}, words=[str(port)])
            both = f"127.0.0.1:{scene.port},127.0.0.1:{port}"
            refused(put_frontend(scene, bind=both), {409, 422}, words=[str(port)])
    with scene.reloads(1):
        scene.agent.good(put_frontend(scene, "new", bind=f"127.0.0.1:{port}"))
        wait.until(lambda: scenes.is_listening(port), "the port is free now")


@pytest.mark.one_version
def test_an_address_of_another_machine_is_refused(scene):
    with untouched(scene):
        reply = put_frontend(scene, "new", bind="192.0.2.1:8080")
        refused(reply, {409, 422}, words=["192.0.2.1"])


@pytest.fixture
def haproxy_link(work, haproxy_version):
    link = work / "haproxy"
    link.symlink_to(parts.haproxy(haproxy_version))
    return link


@pytest.mark.one_version
def test_a_haproxy_program_that_is_gone_stops_reloads_and_nothing_else(
    start_scene, start_origin, haproxy_link, haproxy_version
):
    scene = start_scene(haproxy_version, haproxyPath=haproxy_link)
    extra = start_origin("s2")
    target = os.readlink(haproxy_link)
    with untouched(scene):
        haproxy_link.unlink()
        reply = put_frontend(scene, natives=["maxconn 500"])
        refused(reply, {422, 500, 503}, words=[str(haproxy_link)])
    with scene.load(), scene.no_reload():
        scene.register(extra)
        scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{extra.port}"])
    haproxy_link.symlink_to(target)
    with scene.load(), scene.reloads(1):
        scene.put_frontend(natives=["maxconn 500"])


def own_template(work):
    """A copy of a shipped one, with the partials beside it."""
    folder = work / "templates"
    shutil.copytree(parts.ROOT / "templates", folder)
    return folder / "dev.haproxycfg.tmpl"


@pytest.mark.parametrize("text", ["{{#each frontends}}", "{{frontendHelper}}"])
def test_a_template_that_cannot_be_rendered_is_named_with_its_line(start_agent, registry, work, text):
    path = own_template(work)
    line = len(path.read_text().splitlines()) + 1
    path.write_text(path.read_text() + text + "\n")
    agent = start_agent("2.6", templateFile=path, **registry.options)
    place = f"{path.name}:{line}:"
    wait.until(lambda: place in agent.log(), "told in the log")
    body = {"bind": f"127.0.0.1:{ports.free()}", "backend": "live"}
    refused(agent.put("/frontends/web", body), {422}, words=[place])
    assert agent.get("/frontends").body == []
    assert not os.path.exists(agent.options["haproxyCfgPath"])


@pytest.mark.parametrize("kind", ["gone", "folder"])
def test_a_template_that_cannot_be_read_is_named_at_start(start_agent, registry, work, kind):
    path = work / "own.tmpl"
    if kind == "folder":
        path.mkdir()
    agent = start_agent("2.6", wait_ready=False, templateFile=path, **registry.options)
    assert agent.exit_status() == 2
    assert str(path) in agent.log()
    assert len(agent.log().splitlines()) <= 3


def test_a_template_that_became_bad_stops_reloads_and_nothing_else(
    start_scene, start_origin, work, haproxy_version
):
    path = own_template(work)
    good = path.read_text()
    scene = start_scene(haproxy_version, templateFile=path)
    with untouched(scene):
        for bad, word in (("{{#each frontends}}", "each"), ("bogus-section\n", "bogus-section")):
            path.write_text(good + bad)
            refused(put_frontend(scene, natives=["maxconn 500"]), {422}, words=[word])
        path.unlink()
        refused(put_frontend(scene, natives=["maxconn 500"]), {422}, words=[str(path)])
    extra = start_origin("s2")
    with scene.load(), scene.no_reload():
        scene.register(extra)
        scene.agent.wait_members("live", [*scene.addresses, f"127.0.0.1:{extra.port}"])
    path.write_text(good)
    with scene.load(), scene.reloads(1):
        scene.put_frontend(natives=["maxconn 500"])
    membership.agree(scene.agent)


@pytest.mark.one_version
def test_only_its_owner_reads_what_may_hold_secrets(scene):
    """The store is the agent's alone; what HAProxy reads is readable."""
    store = scene.agent.options["dbPath"]
    assert stat.S_IMODE(os.stat(store).st_mode) & 0o077 == 0
    for path in scene.written():
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o644, path
    assert stat.S_IMODE(os.stat(scene.agent.options["apiSocket"]).st_mode) == 0o660
