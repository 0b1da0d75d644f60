# SPDX-License-Identifier: Apache-2.0
"""Where requests and connections go, and what changes without a reload."""

import socket

import membership
import pytest
import scene as scenes
import wait
from haproxy import Haproxy
from rest import Rest

import ports


def talk(port, text="GET / HTTP/1.0\r\n\r\n") -> str:
    """Bytes through a tcp frontend: the name in the origin's answer, or what came instead."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(text.encode())
        got = b""
        try:
            while piece := connection.recv(65536):
                got += piece
        except ConnectionResetError:
            pass
    return got.decode().split("\r\n\r\n", 1)[-1].split(" ")[0]


@pytest.fixture
def raw(start_scene, start_origin, haproxy_version):
    """Two tcp backends `a` and `b`, a tcp frontend `db` to `a`."""
    scene = start_scene(haproxy_version, origins=[], begin=False)
    scene.first, scene.second = start_origin("s-a"), start_origin("s-b")
    scene.put_static("a", scene.first, mode="tcp", wait=scenes.NO_WAIT)
    scene.put_static("b", scene.second, mode="tcp", balance="leastconn", wait=scenes.NO_WAIT)
    scene.put_frontend("db", mode="tcp", backend="a")
    wait.until(lambda: scenes.is_listening(scene.port), "db listens")
    return scene


def test_tcp_connections_reach_their_backend_and_move_without_a_reload(raw):
    assert talk(raw.port) == "s-a"
    with raw.no_reload():
        for backend in ("b", "a", "b"):
            raw.put_frontend("db", mode="tcp", backend=backend)
            assert talk(raw.port) == f"s-{backend}"


def test_a_long_tcp_connection_outlives_a_reload(raw):
    with socket.create_connection(("127.0.0.1", raw.port), 10) as connection:
        connection.sendall(b"GET /slow?ms=1500&chunks=15 HTTP/1.0\r\n\r\n")
        first = connection.recv(4096)
        with raw.reloads(1):
            raw.put_frontend("db", mode="tcp", backend="a", natives=["maxconn 99"])
        rest = b""
        while piece := connection.recv(4096):
            rest += piece
    assert first and (first + rest).endswith(b"s-a 0\n")


def test_tcp_members_come_and_go_without_a_reload(raw, start_origin):
    third = start_origin("s-c")
    with raw.no_reload():
        raw.put_static("a", raw.first, third, mode="tcp")
        wait.until(lambda: talk(raw.port) == "s-c", "the new member serves")
        raw.put_static("a", third, mode="tcp")
        membership.agree(raw.agent, "a")
        assert {talk(raw.port) for _ in range(4)} == {"s-c"}


@pytest.mark.one_version
def test_a_frontend_and_its_backend_have_one_mode(raw):
    reply = raw.agent.put("/backends/a", {"type": "static", "mode": "http"})
    assert reply.status == 409, reply
    reply = raw.agent.put("/frontends/web", {"bind": f"127.0.0.1:{ports.free()}", "backend": "a"})
    assert reply.status == 409, reply


def test_tcp_to_a_backend_that_does_not_exist_is_closed(raw):
    raw.put_frontend("db", mode="tcp", backend="later")
    assert talk(raw.port) == ""
    raw.put_static("later", raw.second, mode="tcp")
    wait.equals(lambda: talk(raw.port), "s-b", "served once it exists")


def test_a_backend_that_comes_later_is_served_then(start_scene, haproxy_version):
    """503 until it exists. 3.4 can create it at runtime, older ones from a spare: no reload; and a
    dry run has told which way it goes."""
    scene = start_scene(haproxy_version, begin=False)
    scene.put_frontend(backend="later")
    wait.equals(scene.answered_by, 503, "nobody is there")
    body = {"type": "dynamic", "name": scenes.SERVICE, "version": "1.0.0"}
    plan = scene.agent.good(scene.agent.put("/backends/later", body, dryRun="true")).body
    with scene.reloads(1 if plan["verdict"] == "reload" else 0):
        scene.put_backend("later")
        wait.until(lambda: scene.answered_by() != 503, "served")
    membership.agree(scene.agent, "later")


def host_seen(scene, path="/") -> str:
    return scene.get(path, {"Host": "asked.example"}).body.split()[2]


def test_the_host_header_of_a_backend_changes_without_a_reload(scene):
    assert host_seen(scene) == "asked.example"
    with scene.no_reload(), scene.load():
        for host in ("one.example", "two.example:8080", None):
            scene.put_backend(host=host)
            assert host_seen(scene) == (host or "asked.example")


@pytest.fixture
def picky(keeper, work):
    """An origin that passes one check only: `GET /good`, or `HEAD /hosted` with the Host check.example."""
    folder = work / "picky"
    folder.mkdir()
    origin = keeper.keep(Haproxy("2.6", folder, name="picky"))
    origin.host, origin.port, origin.version = "127.0.0.1", ports.free(), "1.0.0"
    origin.ports = [origin.port]
    good = "{ method GET } { path /good }"
    hosted = "{ method HEAD } { path /hosted } { req.hdr(host) check.example }"
    return origin.start(
        f"frontend f\n    bind 127.0.0.1:{origin.port}\n"
        f"    http-request return status 200 if {good} or {hosted}\n    http-request deny\n"
    )


def test_the_health_uri_of_a_backend_changes_without_a_reload(start_scene, picky, haproxy_version):
    scene = start_scene(haproxy_version, origins=[picky], begin=False, version="1.0.0")
    health = {"uri": "/good", "interval": 100}
    scene.begin(health=health)
    with scene.no_reload():
        scene.put_backend(health=health | {"uri": "/bad"})
        scene.agent.wait_members("live", scene.addresses, status="DOWN")
        scene.put_backend(health=health)
        scene.agent.wait_members("live", scene.addresses)


@pytest.mark.one_version
def test_a_check_sends_method_version_and_host_as_told(start_scene, picky, haproxy_version):
    scene = start_scene(haproxy_version, origins=[picky], begin=False, version="1.0.0")
    health = {"method": "HEAD", "uri": "/hosted", "httpVersion": "HTTP/1.1", "interval": 100}
    scene.begin(host="check.example", health=health)
    with scene.no_reload():
        scene.put_backend(host="other.example", health=health)
        scene.agent.wait_members("live", scene.addresses, status="DOWN")
        scene.put_backend(host="check.example", health=health)
        scene.agent.wait_members("live", scene.addresses)


def test_a_sticky_cookie_leads_back_to_the_same_member(start_scene, start_origin, haproxy_version):
    origin = start_origin(count=4)
    scene = start_scene(haproxy_version, origins=[origin], begin=False)
    scene.begin(cookie="STICKY")
    reply = scene.get()
    cookie = reply.headers["Set-Cookie"].split(";")[0]
    assert cookie.startswith("STICKY=")
    served = {scene.answered_by(headers={"Cookie": cookie}) for _ in range(12)}
    assert served == {reply.body.split()[0]}
    assert len({scene.answered_by() for _ in range(12)}) == 4
    scene.haproxy.reload()
    assert {scene.answered_by(headers={"Cookie": cookie}) for _ in range(8)} == served


@pytest.mark.parametrize("keepalive, lives", [("default", True), ("server-close", True), ("close", False)])
def test_keepalive_is_what_was_asked_for_with_rules_and_without(start_scene, keepalive, lives):
    scene = start_scene("2.6")
    rule = {"type": "path", "operation": "path", "value": "/x", "backend": "live"}
    for rules in ([], [rule]):
        scene.put_frontend(keepalive=keepalive, rules=rules)
        with socket.create_connection(("127.0.0.1", scene.port), 10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = connection.recv(65536).lower()
            assert got.startswith(b"http/1.1 200")
            assert (b"connection: close" not in got) == lives


@pytest.mark.one_version
def test_natives_are_in_force(scene):
    natives = ["http-request deny deny_status 429 if { path /teapot }", "http-request set-path /seen if { path /hidden }"]
    rule = {"type": "path", "operation": "path", "value": "/seen", "backend": "nosuch"}
    scene.put_frontend(natives=natives, rules=[rule])
    assert scene.get("/teapot").status == 429
    assert scene.answered_by("/hidden") == 503  # the rule sees the path that the native has set
    scene.put_backend(natives=["http-response set-header X-Native yes"])
    assert scene.get().headers["X-Native"] == "yes"


@pytest.mark.one_version
def test_a_native_use_backend_comes_after_the_rules(scene, start_origin):
    other = start_origin("other")
    scene.put_static("other", other)
    native = "use_backend other if { path_beg /n }"
    rule = {"type": "path", "operation": "path_beg", "value": "/n/rule", "backend": "live"}
    scene.put_frontend(natives=[native], rules=[rule])
    assert scene.answered_by("/n/x") == "other"
    assert scene.answered_by("/n/rule") != "other"
    assert scene.answered_by("/x") != "other"


@pytest.mark.one_version
def test_several_addresses_serve_one_frontend(scene):
    more = [ports.free(), ports.free()]
    scene.put_frontend(bind=",".join(f"127.0.0.1:{port}" for port in [scene.port, *more]))
    for port in [scene.port, *more]:
        assert scene.answered_by(port=port) != 503


def test_absolute_targets_are_routed_as_their_paths(scene, start_origin):
    other = start_origin("other")
    scene.put_static("other", other)
    rules = [
        {"type": "url", "operation": "url_beg", "value": "/u?x", "backend": "other"},
        {"type": "path", "operation": "path", "value": "/p", "backend": "other"},
    ]
    scene.put_frontend(rules=rules)
    client = Rest(port=scene.port)
    for target in ("/u?x=1", "/p", "/p?y"):
        for full in (target, f"http://site.example{target}"):
            reply = client.get(full, {"Host": "site.example"})
            assert reply.body.split()[0] == "other", full
