# SPDX-License-Identifier: Apache-2.0
"""Nothing really changed: no command is sent, no file is written, HAProxy is not reloaded. Proven by
who stands between: every command that the agent sends to either socket of HAProxy is recorded."""

import contextlib

import files
import ports
import pytest
import wait
from recorder import Recorder, is_reading
from scene import SERVICE

RULES = [
    {"type": "path", "operation": "path_beg", "value": "/api /v2", "backend": "apis"},
    {"type": "url", "operation": "url_reg", "value": "^/a.*b$", "backend": "live"},
    {"type": "header", "header": "host", "operation": "hdr_dom", "value": "a.test", "backend": "apis"},
]
HEALTH = {"method": "GET", "uri": "/health", "interval": 500}
STEADY = ("srv_addr", "srv_port", "srv_op_state", "srv_admin_state", "srv_uweight")
ROUNDS = 3  # observations of HAProxy that the agent makes before we believe that it does nothing


@pytest.fixture
def start_still_scene(start_scene, start_origin, keeper):
    """start_still_scene(haproxy_version, registry) -> StillScene"""
    options = {"statsInterval": "300ms", "drainTimeout": "1s"}

    def start(haproxy_version, registry):
        origins = [start_origin(count=4)]
        scene = start_scene(haproxy_version, origins, registry, begin=False, **options)
        return StillScene(scene, keeper)

    return start


class StillScene:
    """Two frontends, three backends, rules; recorders on the sockets; everything applied."""

    def __init__(self, scene, keeper):
        self.scene, self.agent, self.haproxy = scene, scene.agent, scene.haproxy
        scene.agent.good(scene.agent.put("/config", self._objects(scene), wait="20s"))
        for name in ("live", "apis", "fixed"):
            scene.agent.wait_members(name, scene.addresses)
        files.wait_still(*self.paths())
        scene.agent.stop()
        options = scene.agent.options
        self.admin = keeper.keep(Recorder(options["haproxySocketPath"]))
        self.master = keeper.keep(Recorder(options["haproxyMasterSocketPath"]))
        self.haproxy.admin, self.haproxy.master_path = self.admin.real, self.master.real
        self.before = self.look()
        scene.agent.start()
        scene.agent.wait_applied()

    @staticmethod
    def _objects(scene) -> dict:
        web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "live", "rules": RULES}
        live = {"key": "live", "type": "dynamic", "name": SERVICE, "version": "1.0.0"}
        apis = live | {"key": "apis", "health": HEALTH, "server": ["maxconn 100"]}
        members = [{"host": o.host, "port": port} for o in scene.origins for port in o.ports]
        fixed = {"key": "fixed", "type": "static", "balance": "leastconn", "members": members}
        web["natives"] = ["option forwardfor"]
        return {"frontends": [web], "backends": [live, apis, fixed]}

    def paths(self) -> list:
        options = self.agent.options
        return [options["haproxyCfgPath"], options["haproxyDir"]]

    def look(self) -> dict:
        """All that must stay: files, maps, members, worker and reloads."""
        servers = self.haproxy.servers_state()
        return {
            "files": files.look(*self.paths()),
            "maps": {path: self.haproxy.show_map(path) for path in self.haproxy.maps()},
            "servers": {name: [row[key] for key in STEADY] for name, row in servers.items()},
            "process": self.scene.identity(),
        }

    def wait_rounds(self) -> None:
        """The agent has looked at HAProxy several times since now."""
        seen = self.admin.count("show servers state")
        enough = seen + ROUNDS
        wait.until(lambda: self.admin.count("show servers state") >= enough, "the agent looks")

    @contextlib.contextmanager
    def nothing_happens(self):
        generation = self.agent.status()["generation"]
        yield
        self.agent.wait_applied()
        self.wait_rounds()
        assert self.admin.changing() == []
        assert self.master.changing() == []
        assert self.look() == self.before
        assert self.agent.status()["generation"] == generation


def test_what_a_recorder_calls_reading():
    for command in ("show info", "@1 show info", "prompt", "set severity-output number", ""):
        assert is_reading(command), command
    for command in ("set server a/b state ready", "@1 set map x y z", "reload", "del server a/b"):
        assert not is_reading(command), command


@pytest.mark.one_version
def test_a_recorder_passes_everything_on(haproxy_version, start_haproxy, keeper, work):
    (work / "hosts.map").write_text("a.test one\n")
    rule = f"    http-request set-var(txn.x) req.hdr(host),map_str({work}/hosts.map)\n"
    haproxy = start_haproxy(haproxy_version, f"frontend web\n    bind 127.0.0.1:{ports.free()}\n{rule}")
    recorder = keeper.keep(Recorder(haproxy.admin))
    assert haproxy.info()["Pid"] == str(haproxy.worker_pid())
    assert recorder.changing() == []
    haproxy.cli(f"add map {work}/hosts.map", payload="b.test two")
    haproxy.cli(f"set map {work}/hosts.map a.test three;show info")
    assert haproxy.show_map(work / "hosts.map") == [("a.test", "three"), ("b.test", "two")]
    assert [one.split()[0] for one in recorder.changing()] == ["add", "b.test", "set"]
    recorder.stop()
    assert haproxy.info()["Pid"]


def test_a_recorder_sees_what_is_sent(start_still_scene, haproxy_version, registry):
    """The proof proves: one new member is seen as commands, and as files written."""
    still = start_still_scene(haproxy_version, registry)
    still.scene.deregister(still.scene.addresses[0])
    wait.until(lambda: [c for c in still.admin.changing() if c.startswith("del server live/")], "seen")
    wait.until(lambda: files.look(*still.paths()) != still.before["files"], "files are written")


def test_the_same_objects_again_are_nothing(start_still_scene, haproxy_version, registry):
    """PUT of what GET gives, of the same with other spelling, twice, alone and all at once."""
    still = start_still_scene(haproxy_version, registry)
    agent = still.agent
    with still.nothing_happens():
        for path in ("/frontends/web", "/backends/live", "/backends/apis", "/backends/fixed"):
            stored = agent.get(path)
            for body in (stored.body, dict(reversed(stored.body.items()))):
                again = agent.good(agent.put(path, body))
                assert again.headers["ETag"] == stored.headers["ETag"]
        frontend = agent.get("/frontends/web").body
        agent.good(agent.put("/frontends/web", frontend | {"bind": f" {frontend['bind']} , "}))
        backend = agent.get("/backends/apis").body
        health = backend["health"] | {"interval": "500"}
        agent.good(agent.put("/backends/apis", backend | {"health": health, "host": ""}))
        agent.good(agent.post("/backends/live", {"version": "1.0.0"}))
        everything = {kind: agent.get(f"/{kind}").body for kind in ("frontends", "backends")}
        agent.good(agent.put("/config", everything, prune="true"))
        assert agent.get("/plan").body["verdict"] == "noop"


def test_an_agent_that_returns_changes_nothing(start_still_scene, haproxy_version, registry):
    """Stopped and started, and killed and started."""
    still = start_still_scene(haproxy_version, registry)
    with still.nothing_happens():
        still.agent.restart()
        still.wait_rounds()
        still.agent.kill()
        still.agent.start()


@pytest.mark.one_version
def test_another_order_of_the_same_list_is_nothing(start_still_scene, haproxy_version, registry):
    """The registry's file with its instances in another order, another service in it, only touched."""
    still = start_still_scene(haproxy_version, registry)
    with still.nothing_happens():
        found = registry.services[SERVICE]
        registry.services[SERVICE] = dict(reversed(found.items()))
        registry._write()
        still.wait_rounds()
        registry.register("unused", 1)
        still.wait_rounds()
        registry.path.touch()


@pytest.mark.one_version
def test_a_consul_that_restarts_and_members_that_register_again_are_nothing(
    start_still_scene, haproxy_version, start_consul
):
    """Every instance registers again, in another order, with other outputs of its check; then Consul is
    killed and returns with its data."""
    consul = start_consul(dev=False)
    still = start_still_scene(haproxy_version, consul)
    scene = still.scene
    with still.nothing_happens():
        for address in reversed(scene.addresses):
            consul.register(SERVICE, int(address.rsplit(":", 1)[1]), version="1.0.0")
            consul.set_check(scene.ids[address], "pass", note="still well")
        still.wait_rounds()
        consul.kill()
        wait.until(lambda: still.agent.status()["registry"]["state"] == "down", "down")
        consul.restart()
        wait.until(lambda: still.agent.status()["registry"]["state"] == "ok", "ok", timeout=40)
