# SPDX-License-Identifier: Apache-2.0
"""Who reaches the API: programs of this machine, and no page in somebody's browser."""

import http.client
import socket

import pytest
import wait
from rest import Rest

import ports


@pytest.fixture
def agent(start_agent, registry):
    return start_agent("2.6", **registry.options)


BODY = {"type": "static", "members": []}


def raw(port, text) -> bytes:
    """What a server says to these bytes, until it closes."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        got = b""
        while piece := connection.recv(65536):
            got += piece
    return got


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://evil.example:443", "null", "http://127.0.0.1", "http://localhost:1", "file://"],
)
def test_a_page_of_another_site_changes_nothing_and_reads_nothing(agent, origin):
    header = {"Origin": origin}
    assert agent.put("/backends/x", BODY, header).status == 403
    assert agent.delete("/backends/x", header).status == 403
    assert agent.post("/backends/x", {"version": "1"}, header).status == 403
    for path in ("/backends", "/status", "/haproxy/config", "/metrics"):
        assert agent.get(path, header).status == 403, path
    assert agent.get("/backends").body == []


def test_a_preflight_of_another_site_allows_nothing(agent):
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    reply = agent.request("OPTIONS", "/backends/x", None, headers)
    assert not [name for name in reply.headers if name.lower().startswith("access-control-")]
    for path in ("/backends", "/status"):
        reply = agent.get(path)
        assert not [name for name in reply.headers if name.lower().startswith("access-control-")]


def test_a_page_of_the_agent_itself_may_do_everything(agent):
    port = agent.options["port"]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        headers = {"Origin": f"http://{host}", "Host": host}
        assert agent.put("/backends/x", BODY, headers).status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_a_name_that_was_rebound_to_this_machine_is_refused(agent, host):
    for path in ("/backends", "/healthz", "/openapi.json"):
        assert agent.get(path, {"Host": host}).status == 403, path
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert agent.put("/backends/x", BODY, headers).status == 403
    assert agent.get("/backends").body == []


def test_allowed_hosts_are_names_of_the_agent(start_agent, registry):
    agent = start_agent("2.6", allowedHosts="lb.example", **registry.options)
    assert agent.get("/backends", {"Host": "lb.example:10000"}).status == 200
    assert agent.get("/backends", {"Host": "LB.example"}).status == 200
    assert agent.get("/backends", {"Host": "other.example"}).status == 403


def test_requests_that_two_parsers_could_read_differently_are_refused(agent):
    port = agent.options["port"]
    for lines in (
        "Content-Length: 2\r\nContent-Length: 5\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Host: a.example\r\n",
        "Content-Length: +2\r\n",
        "X : y\r\n",
    ):
        got = raw(port, f"PUT /backends/x HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n{{}}")
        answers = [line for line in got.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        assert answers and all(line.startswith(b"HTTP/1.1 4") for line in answers), (lines, got)


def test_the_unix_socket_takes_what_the_port_takes(agent):
    unix = Rest(unix=agent.options["apiSocket"])
    assert unix.put("/backends/x", BODY).status == 200
    assert [one["key"] for one in agent.get("/backends").body] == ["x"]
    assert unix.get("/backends", {"Host": "evil.example"}).status == 403
    assert unix.get("/backends", {"Origin": "http://evil.example"}).status == 403


def test_the_agent_listens_on_this_machine_only(agent):
    lines = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
    wanted = f":{agent.options['port']:04X}"
    found = [line[1] for line in lines if line[1].endswith(wanted) and line[3] == "0A"]
    assert found == [f"0100007F{wanted}"]
    six = [line.split()[1] for line in open("/proc/net/tcp6").readlines()[1:]]
    assert not [address for address in six if address.endswith(wanted)]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_another_address_without_insecure_is_refused(start_agent, registry, host):
    agent = start_agent("2.6", wait_ready=False, host=host, **registry.options)
    assert agent.exit_status() == 2
    assert "--insecure" in agent.log() and host in agent.log()


def test_another_address_with_insecure_is_served(start_agent, registry):
    agent = start_agent("2.6", wait_ready=False, host="0.0.0.0", insecure=True, **registry.options)
    wait.until(agent.healthy, "answers")
    assert agent.get("/backends").status == 200


def test_an_api_port_in_use_ends_the_start_with_one_line(start_agent, registry):
    with socket.create_server(("127.0.0.1", ports.free())) as other:
        port = other.getsockname()[1]
        agent = start_agent("2.6", wait_ready=False, port=port, **registry.options)
        assert agent.exit_status() in (1, 2)
        assert str(port) in agent.log()
        assert len(agent.log().splitlines()) <= 3, agent.log()


def test_a_slow_client_holds_nobody_up(agent):
    """Half a request on many connections; the others are answered at once."""
    held = []
    try:
        for _ in range(100):
            connection = socket.create_connection(("127.0.0.1", agent.options["port"]), 10)
            connection.sendall(b"PUT /backends/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
            held.append(connection)
        quick = Rest(port=agent.options["port"], timeout=2)
        for _ in range(20):
            assert quick.get("/healthz").status == 200
        # and their patience ends: what comes last is the end of the connection
        held[0].settimeout(15)
        while held[0].recv(4096):
            pass
    except ConnectionResetError:
        pass
    finally:
        for connection in held:
            connection.close()


def test_a_kept_connection_serves_many_requests(agent):
    connection = http.client.HTTPConnection("127.0.0.1", agent.options["port"], timeout=10)
    try:
        for _ in range(50):
            connection.request("GET", "/healthz")
            reply = connection.getresponse()
            assert (reply.status, reply.read()) == (200, b'{"status":"ok"}')
    finally:
        connection.close()
