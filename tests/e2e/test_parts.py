# SPDX-License-Identifier: Apache-2.0
"""The parts of the tests keep their own promises."""

import os
import signal
import socket
import subprocess
import sys

import load
import pytest
import wait
from agent import words_of
from consul import READ_ALL
from haproxy import HaproxyError
from proc import Child
from rest import Rest
from scene import LEAST_REQUESTS

import ports
import proc


def proxies(port, *servers) -> str:
    lines = [f"frontend web\n    bind 127.0.0.1:{port}\n    default_backend live\n", "backend live"]
    for name, origin_port in servers:
        lines.append(f"    server {name} 127.0.0.1:{origin_port} check inter 100ms")
    return "\n".join(lines) + "\n"


def test_haproxy_serves_an_origin(haproxy_version, start_haproxy, start_origin):
    origin, port = start_origin("s1", "1.2.0"), ports.free()
    haproxy = start_haproxy(haproxy_version, proxies(port, ("a", origin.port)))
    assert haproxy.info()["Version"].startswith(haproxy_version)
    reply = Rest(port=port).get("/where?x=1", {"Host": "site.example"})
    assert reply.status == 200
    assert reply.body == "s1 1.2.0 site.example /where?x=1\n"
    assert reply.headers["X-Origin"] == "s1"


def test_haproxy_cli_tells_refusal_from_success(haproxy_version, start_haproxy, start_origin):
    origin, port = start_origin(), ports.free()
    haproxy = start_haproxy(haproxy_version, proxies(port, ("a", origin.port)))
    assert haproxy.cli("set server live/a state drain") == ""
    wait.equals(lambda: haproxy.servers("live"), {"a": "DRAIN"}, "drained", ignore=(OSError,))
    assert haproxy.servers_state("live")["a"]["srv_port"] == str(origin.port)
    assert "live/a" in haproxy.servers_state()
    with pytest.raises(HaproxyError, match="No such"):
        haproxy.cli("set server live/nobody state drain")
    with pytest.raises(HaproxyError, match="Unknown command"):
        haproxy.cli("bogus")
    assert "No such" in haproxy.cli("set server live/nobody state drain", check=False)


def test_a_child_that_ended_is_not_waited_for(start_haproxy):
    with pytest.raises(wait.Hopeless, match="bogus"):
        start_haproxy("2.6", "bogus\n")


def test_haproxy_map_is_read_and_written_in_bulk(haproxy_version, start_haproxy, work):
    path = work / "hosts.map"
    path.write_text("a.example live\n")
    rule = f"    http-request set-var(txn.x) req.hdr(host),map_str({path})\n"
    haproxy = start_haproxy(haproxy_version, f"frontend web\n    bind 127.0.0.1:{ports.free()}\n{rule}")
    assert haproxy.maps() == [str(path)]
    haproxy.cli(f"add map {path}", payload="b.example two\nc.example three words here\n")
    wanted = [("a.example", "live"), ("b.example", "two"), ("c.example", "three words here")]
    assert haproxy.show_map(path) == wanted


def test_haproxy_reload_is_counted_and_loses_no_request(haproxy_version, start_haproxy, start_origin):
    origin, port = start_origin(), ports.free()
    haproxy = start_haproxy(haproxy_version, proxies(port, ("a", origin.port)))
    worker, master = haproxy.worker_pid(), haproxy.master_pid()
    before = haproxy.reloads()
    with load.Prober(port) as prober:
        wait.until(lambda: prober.count > 20, "requests before")
        haproxy.reload()
        seen = prober.count
        wait.until(lambda: prober.count > seen + 20, "requests after")
    assert haproxy.reloads() == before + 1
    assert haproxy.worker_pid() != worker
    assert haproxy.master_pid() == master
    assert not prober.failures
    assert prober.names() == {"s1"}


def test_haproxy_refuses_a_bad_configuration(haproxy_version, start_haproxy):
    haproxy = start_haproxy(haproxy_version, proxies(ports.free()))
    worker = haproxy.worker_pid()
    haproxy.write("backend live\n    bogus\n")
    status, words = haproxy.check()
    assert status != 0 and "bogus" in words
    haproxy.master("reload")
    wait.equals(haproxy.worker_pid, worker, "the old worker goes on")


@pytest.mark.parametrize("dev", [True, False], ids=["dev", "server"])
def test_consul_registers_and_forgets(start_consul, dev):
    consul = start_consul(dev=dev)
    id = consul.register("web", 8080, version="1.0.0", tags=["v1"], weights=(10, 1))
    found = consul.instances("web")
    assert [one["Service"]["Meta"]["version"] for one in found] == ["1.0.0"]
    assert found[0]["Service"]["Weights"] == {"Passing": 10, "Warning": 1}

    def worst():
        order = ["passing", "warning", "critical"]
        return max((c["Status"] for one in consul.instances("web") for c in one["Checks"]), key=order.index)

    consul.set_check(id, "fail")
    wait.equals(worst, "critical", "check fails")
    consul.set_check(id, "warn")
    wait.equals(worst, "warning", "check warns")
    consul.set_check(id, "pass")
    consul.maintenance(id)
    wait.equals(worst, "critical", "maintenance")
    consul.deregister(id)
    wait.equals(lambda: consul.instances("web"), [], "gone")


def test_consul_takes_many_instances_at_once(consul):
    consul.bulk_register(
        "many", [{"node": f"n{i}", "port": 1000 + i, "version": "2.0.0"} for i in range(50)]
    )
    consul.catalog_register("many", "one-more", 999)
    found = consul.instances("many")
    assert len(found) == 51
    assert {one["Checks"][0]["Status"] for one in found} == {"passing"}
    consul.bulk_deregister([f"n{i}" for i in range(50)])
    consul.catalog_deregister("one-more")
    assert consul.instances("many") == []


def test_consul_with_rights_shows_nothing_to_strangers(start_consul):
    consul = start_consul(acl=True)
    consul.register("web", 8080)
    wait.until(lambda: consul.instances("web"), "registered")
    assert Rest(port=consul.port).get("/v1/health/service/web").body == []
    consul.set_policy("read", READ_ALL)
    secret, accessor = consul.create_token("read")
    assert len(consul.health("web", token=secret).body) == 1
    consul.set_policy("read", 'node_prefix "" { policy = "read" }')
    wait.equals(lambda: consul.health("web", token=secret).body, [], "rights taken away")
    consul.delete_token(accessor)
    wait.equals(lambda: consul.health("web", token=secret).status, 403, "token gone")


def test_consul_server_keeps_its_data_over_kill(start_consul):
    consul = start_consul(dev=False)
    consul.register("web", 8080)
    consul.catalog_register("web", "ext", 8081)
    wait.until(lambda: len(consul.instances("web")) == 2, "both")
    consul.kill()
    with pytest.raises(OSError):
        consul.health("web")
    consul.restart()
    wait.equals(lambda: len(consul.instances("web")), 2, "both again", timeout=30)
    consul.restart(wipe=True)
    assert consul.instances("web") == []


def test_origin_fails_on_request_and_counts(start_origin):
    origin = start_origin("o", count=2)
    one, two = origin.ports
    origin.fail(port=one)
    assert origin.rest(one).get("/").status == 500
    assert origin.rest(two).get("/").body.startswith(f"o-{two} 1.0.0 ")
    origin.fail(False, port=one)
    assert origin.rest(one).get("/health").status == 200
    assert origin.requests(one) == 2
    origin.kill()
    with pytest.raises(OSError):
        origin.rest(one).get("/")
    origin.restart()
    assert origin.ports == [one, two]
    assert origin.rest(one).get("/").status == 200


def test_origin_spreads_a_slow_body(start_origin):
    origin = start_origin()
    with socket.create_connection(("127.0.0.1", origin.port), 10) as connection:
        connection.sendall(b"GET /slow?ms=600&chunks=3 HTTP/1.0\r\n\r\n")
        pieces = []
        while piece := connection.recv(4096):
            pieces.append(piece)
    assert b"".join(pieces).endswith(b"\r\n\r\ns1 2\ns1 1\ns1 0\n")
    assert len(pieces) >= 3


def test_origin_on_ipv6(start_origin):
    origin = start_origin(host="::1")
    assert origin.rest().get("/").status == 200


def test_wrk_meets_an_origin_fast_enough(start_origin):
    result = load.wrk(f"http://127.0.0.1:{start_origin().port}/", seconds=2)
    assert result.failed == 0
    assert result.requests > LEAST_REQUESTS  # what "0 failed requests" is counted at


def test_wrk_counts_what_fails(start_origin):
    origin = start_origin()
    origin.fail()
    result = load.wrk(f"http://127.0.0.1:{origin.port}/", seconds=1, connections=2)
    assert result.non_2xx == result.requests > 0
    assert load.parse_wrk("1 requests in 1s\n Socket errors: connect 1, read 2, write 3, timeout 4\n")[3:] == (
        1, 2, 3, 4,
    )


def test_load_that_is_ended_early_tells_its_numbers(start_origin):
    origin = start_origin()
    running = load.Wrk(f"http://127.0.0.1:{origin.port}/", seconds=60)
    wait.until(lambda: origin.requests() > 1000, "requests")
    result = running.finish()
    assert result.failed == 0
    assert result.requests > 1000


@pytest.mark.parametrize("keepalive", [False, True], ids=["close", "keepalive"])
def test_prober_sees_each_failure(start_origin, keepalive):
    origin = start_origin()
    with load.Prober(origin.port, keepalive=keepalive) as prober:
        wait.until(lambda: prober.count > 100, "answers")
        assert not prober.failures
        origin.fail()
        wait.until(lambda: prober.failures, "a 500 is a failure")
        origin.kill()
        wait.until(lambda: "Connection" in prober.failures[-1][1], "a refusal is a failure")


def test_ports_differ_and_are_free():
    taken = [ports.free() for _ in range(50)]
    assert len(set(taken)) == 50
    ports.release_all()


def test_a_port_held_by_another_test_process_is_not_given():
    mine = ports.free()
    code = f"import ports; ports.FIRST, ports.LAST = {mine}, {mine + 1}; ports.free()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=os.path.dirname(__file__), capture_output=True, text=True
    )
    assert "no free port" in done.stderr
    ports.release_all()


def test_a_daemon_of_a_child_ends_with_the_test(keeper):
    child = Child("shell", ["/bin/sh", "-c", "setsid sleep 1000 & echo $!"], keeper.folder)
    daemon = int(wait.until(child.log, "pid of the daemon"))
    assert child.exit_status() == 0
    child.stop()
    assert os.path.exists(f"/proc/{daemon}")
    proc.end_adopted()
    assert not os.path.exists(f"/proc/{daemon}")


def test_a_daemon_that_ends_leaves_no_zombie(keeper):
    child = Child("shell", ["/bin/sh", "-c", "setsid sleep 1000 & echo $!"], keeper.folder)
    daemon = int(wait.until(child.log, "pid of the daemon"))
    assert child.exit_status() == 0
    os.kill(daemon, signal.SIGKILL)
    wait.until(lambda: not os.path.exists(f"/proc/{daemon}"), "reaped by nobody's call")


def test_reaping_takes_no_exit_status_from_a_child(keeper):
    for _ in range(50):
        assert subprocess.run(["/bin/sh", "-c", "exit 7"], check=False).returncode == 7


def test_options_become_words():
    options = {"port": 1, "insecure": True, "debug": False, "label": None, "allowedHosts": ["a", "b"]}
    assert words_of(options) == [
        "--port", "1", "--insecure", "--allowedHosts", "a", "--allowedHosts", "b",
    ]
