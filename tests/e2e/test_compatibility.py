# SPDX-License-Identifier: Apache-2.0
"""What the predecessor's users have: their command line, their objects, their HAProxy."""

import json
import shlex
from pathlib import Path

import load
import pytest
import users
import wait
from agent import Agent
from proc import Child
from rest import Rest

import ports

EXAMPLE = (
    "thalassa --haproxyCfgPath {folder}/haproxy.cfg --debug --persistence '{folder}/thalassa.json' "
    "--templateFile dev.haproxycfg.tmpl --haproxyPidPath {folder}/ --label 'myapp-dev'"
)


class Predecessor:
    """The command as it stands, by an ordinary user; added are what a shared machine needs."""

    def __init__(self, keeper, start_origin):
        self.folder = keeper.folder / "home"
        self.folder.mkdir()
        users.own(self.folder)
        self.origin, self.port, self.web = start_origin(), ports.free(), ports.free()
        self.registry_port = ports.free()  # nobody answers there
        words = shlex.split(EXAMPLE.format(folder=self.folder))
        words[0] = users.reachable_program(keeper.folder)
        added = ["--port", self.port]
        added += ["--haproxySocketPath", self.folder / "s.sock", "--serviceRegPort", self.registry_port]
        env = {"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        self.child = keeper.keep(
            Child("agent", [*users.prefix(), *words, *added], keeper.folder, env=env, cwd=self.folder)
        )
        self.rest = Rest(port=self.port)
        wait.until(self.alive, "answers", timeout=20)

    def alive(self):
        self.child.must_live()
        return self.rest.get("/healthz").status == 200


@pytest.fixture
def predecessor(keeper, start_origin):
    return Predecessor(keeper, start_origin)


def test_the_example_command_runs_for_an_ordinary_user(predecessor):
    """HAProxy is started, serves, and every file lies where the options say."""
    rest, folder = predecessor.rest, predecessor.folder
    member = {"host": "127.0.0.1", "port": predecessor.origin.port}
    assert rest.put("/backends/live", {"type": "static", "members": [member]}).status == 200
    body = {"bind": f"127.0.0.1:{predecessor.web}", "backend": "live"}
    assert rest.put("/frontends/myapp", body, wait="15s").status == 200
    with load.Prober(predecessor.web) as prober:
        wait.until(lambda: prober.count > 200, "served")
    assert prober.names() == {"s1"} and not prober.failures
    assert (folder / "haproxy.cfg").exists()
    pid = int((folder / "haproxy.pid").read_text().split()[0])
    assert Path(f"/proc/{pid}/comm").read_text().startswith("haproxy")
    persisted = json.loads((folder / "thalassa.json").read_text())
    assert [one["key"] for one in persisted["frontends"]] == ["myapp"]
    assert rest.get("/status").body["label"] == "myapp-dev"
    if users.is_root():
        owner = Path(f"/proc/{pid}").stat().st_uid
        assert owner == (folder / "haproxy.cfg").stat().st_uid != 0


def test_objects_in_the_predecessors_form_are_taken(predecessor):
    """As its documentation shows them: id, _type, key, numbers as texts, empty host, POST with key."""
    rest = predecessor.rest
    backend = {
        "_type": "backend", "key": "myapp", "type": "dynamic", "name": "myapp", "version": "1.0.0",
        "balance": "roundrobin", "host": "", "mode": "http", "members": [], "natives": [],
    }
    assert rest.put("/backends/myapp", {"id": "backend/myapp"} | backend).status == 200
    static = {
        "type": "static", "health": {"method": "GET", "uri": "/checkity-check", "httpVersion": "HTTP/1.0", "interval": "5000"},
        "members": [{"host": "127.0.0.1", "port": str(predecessor.origin.port)}],
    }
    assert rest.put("/backends/fixed", static).status == 200
    frontend = {
        "_type": "frontend", "key": "web", "bind": f"127.0.0.1:{predecessor.web},,", "backend": "fixed",
        "mode": "http", "keepalive": "default", "natives": [],
        "rules": [
            {"type": "path", "operation": "path_beg", "value": "/old", "backend": "myapp"},
            {"type": "url", "operation": "url", "value": "/x?y", "backend": "myapp"},
            {"type": "header", "header": "host", "operation": "hdr_dom", "value": "myapp.example", "backend": "myapp"},
        ],
    }
    assert rest.put("/frontends/web", frontend, wait="15s").status == 200
    assert [one["key"] for one in rest.get("/backends").body] == ["fixed", "myapp"]
    assert rest.get("/frontends/web").body["backend"] == "fixed"
    assert rest.get("/backends/myapp").body["id"] == "backend/myapp"
    assert rest.get("/backends/myapp/members").body == []
    assert Rest(port=predecessor.web).get("/").body.startswith("s1 ")
    assert Rest(port=predecessor.web).get("/old").status == 503
    reply = rest.post("/backends/myapp", {"key": "myapp", "name": "myapp", "version": "1.0.1"}, force="true")
    assert reply.status == 200
    assert rest.get("/backends/myapp").body["version"] == "1.0.1"
    for path in ("/frontends/web", "/backends/myapp", "/backends/fixed"):
        assert rest.delete(path).status == 200, path
        assert rest.get(path).status == 404, path
    assert rest.get("/haproxy/config").headers["Content-Type"] == "text/plain; charset=utf-8"


# a configuration that is somebody else's

OTHERS = "global\n    maxconn 5\ndefaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"


def test_a_configuration_of_somebody_else_is_never_overwritten(start_agent, registry, work):
    path = work / "haproxy.cfg"
    path.write_text(OTHERS)
    agent = start_agent("2.6", wait_ready=False, **registry.options)
    assert agent.exit_status() == 2
    assert "--adopt" in agent.log() and str(path) in agent.log()
    assert len(agent.log().splitlines()) <= 3, agent.log()
    assert path.read_text() == OTHERS
    assert sorted(one.name for one in work.glob("haproxy.cfg*")) == ["haproxy.cfg"]


def test_an_adopted_configuration_is_kept_beside(start_scene, work, haproxy_version):
    path = work / "haproxy.cfg"
    path.write_text(OTHERS)
    scene = start_scene(haproxy_version, adopt=True)
    assert scene.answered_by() != 503
    assert path.read_text() != OTHERS
    assert (work / "haproxy.cfg.before-thalassa").read_text() == OTHERS
    # once is enough: the next start needs no --adopt and overwrites no copy
    scene.agent.restart(adopt=None)
    scene.put_frontend(natives=["maxconn 10"])
    assert (work / "haproxy.cfg.before-thalassa").read_text() == OTHERS


def test_a_haproxy_that_serves_is_adopted_without_a_lost_request(
    start_haproxy, start_agent, start_origin, registry, haproxy_version
):
    """Somebody's HAProxy runs; the agent takes it over with the same frontend."""
    origin, port = start_origin(), ports.free()
    proxies = (
        f"frontend web\n    bind 127.0.0.1:{port}\n    default_backend live\n"
        f"backend live\n    server s 127.0.0.1:{origin.port}\n"
    )
    haproxy = start_haproxy(haproxy_version, proxies)
    text = haproxy.config_path.read_text()
    master = haproxy.master_pid()
    with load.Prober(port) as prober:
        wait.until(lambda: prober.count > 100, "requests")
        agent: Agent = start_agent(haproxy_version, adopt=True, haproxyStart="never", **registry.options)
        wait.stays(lambda: haproxy.reloads() == 0, "an empty store changes nothing", 2)
        body = {
            "backends": [{"key": "live", "type": "static", "members": [{"host": "127.0.0.1", "port": origin.port}]}],
            "frontends": [{"key": "web", "bind": f"127.0.0.1:{port}", "backend": "live"}],
        }
        agent.good(agent.put("/config", body, wait="10s"))
        seen = prober.count
        wait.until(lambda: prober.count > seen + 100, "requests after")
    assert not prober.failures
    assert haproxy.master_pid() == master and haproxy.reloads() == 1
    assert haproxy.config_path.with_name("haproxy.cfg.before-thalassa").read_text() == text
    assert agent.get("/haproxy/config").body == haproxy.config_path.read_text() != text
