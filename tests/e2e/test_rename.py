# SPDX-License-Identifier: Apache-2.0
"""What HAProxy remembers of a proxy goes to the backend that it served, over a reload that gives the
backend its own name: render/rename.c between a real dump and a real start."""

import subprocess

import parts
import ports
from rest import Rest

SPARE = "thalassa.http-first.1"
REQUESTS = 7

TEXT = """\
global
    stats socket {folder}/admin.sock mode 600 level admin expose-fd listeners
    server-state-file {folder}/server.state
{stats}
defaults thalassa.http-first
    mode http
    balance first
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    load-server-state-from-file global
frontend web from thalassa.http-first
    bind 127.0.0.1:{port}
    use_backend %[path,field(2,/)]
"""


class Renamed:
    def __init__(self, version, folder, start_haproxy, origin):
        self.has_guid, self.folder, self.origin = version != "2.6", folder, origin
        self.port = ports.free()
        stats = f"    stats-file {folder}/stats.file" if self.has_guid else ""
        self.text = TEXT.format(folder=folder, stats=stats, port=self.port)
        self.state, self.stats = folder / "server.state", folder / "stats.file"
        self.state.write_text("1\n")
        self.stats.write_text("")
        old = self.backend("live", self.server("live", "live_old:1"))
        self.haproxy = start_haproxy(version, self.text + old + self.backend(SPARE))

    def backend(self, name, *servers) -> str:
        lines = [f"backend {name} from thalassa.http-first", "    mode http"]
        lines += [f"    guid be:{name}"] if self.has_guid else []
        return "\n".join(lines + [f"    server {server}" for server in servers]) + "\n"

    def server(self, proxy, name) -> str:
        """As in the file and on the command line; checks are rare, so that states are what was kept."""
        place = name.split("_", 1)[1]
        guid = f" guid sv:{proxy}:{place}" if self.has_guid else ""
        return f"{name} 127.0.0.1:{self.origin.port} weight 10 check inter 1h{guid}"

    def add(self, proxy, name, weight, state) -> None:
        self.haproxy.cli(f"add server {proxy}/{self.server(proxy, name)}")
        self.haproxy.cli(f"enable health {proxy}/{name}")
        self.haproxy.cli(f"set server {proxy}/{name} weight {weight}")
        self.haproxy.cli(f"set server {proxy}/{name} state {state}")

    def get(self, backend) -> int:
        return Rest("127.0.0.1", self.port).get(f"/{backend}/").status

    def reload_as(self, text, *renames) -> None:
        self.state.write_text(self.haproxy.cli("show servers state") + "\n")
        if self.has_guid:
            self.stats.write_text(self.haproxy.cli("dump stats-file") + "\n")
        driver = parts.built("rename-driver")
        stats = self.stats if self.has_guid else ""
        subprocess.run([driver, self.state, stats, *renames], check=True)
        self.haproxy.write(self.text + text)
        self.haproxy.reload()

    def total(self, backend, name="BACKEND") -> int:
        rows = self.haproxy.stat()
        return int(next(r["stot"] for r in rows if r["pxname"] == backend and r["svname"] == name))


def test_state_and_counters_follow_the_name(haproxy_version, work, start_haproxy, start_origin):
    scene = Renamed(haproxy_version, work, start_haproxy, start_origin("s1"))
    scene.add(SPARE, "live_a:1", 20, "ready")
    scene.add(SPARE, "live_b:2", 30, "drain")
    scene.add(SPARE, "live_c:3", 40, "maint")
    assert [scene.get(SPARE) for _ in range(REQUESTS)] == [200] * REQUESTS
    assert [scene.get("live") for _ in range(3)] == [200] * 3
    before = scene.haproxy.servers_state(SPARE)
    members = [scene.server("live", name) for name in ("live_a:1", "live_b:2", "live_c:3")]
    scene.reload_as(scene.backend("live", *members) + scene.backend(SPARE), f"{SPARE}=live")
    after = scene.haproxy.servers_state("live")
    assert set(after) == {"live_a:1", "live_b:2", "live_c:3"}
    for name, row in after.items():
        for column in ("srv_op_state", "srv_admin_state", "srv_uweight", "srv_port"):
            assert row[column] == before[name][column], (name, column)
    kept = REQUESTS if scene.has_guid else 0
    assert (scene.total("live"), scene.total("live", "live_a:1")) == (kept, kept)
    assert scene.total(SPARE) == 0
    assert scene.get("live") == 200
    assert scene.total("live") == kept + 1


def test_names_that_change_hands(haproxy_version, work, start_haproxy, start_origin):
    """live is served by the spare, and what was live serves another backend: both at once."""
    scene = Renamed(haproxy_version, work, start_haproxy, start_origin("s1"))
    scene.add(SPARE, "live_a:1", 20, "ready")
    scene.haproxy.cli("set server live/live_old:1 weight 77")
    assert [scene.get(SPARE) for _ in range(REQUESTS)] == [200] * REQUESTS
    assert [scene.get("live") for _ in range(3)] == [200] * 3
    text = scene.backend("live", scene.server("live", "live_a:1"))
    text += scene.backend("other", scene.server("other", "live_old:1"))
    scene.reload_as(text, f"{SPARE}=live", "live=other")
    assert scene.haproxy.servers_state("live")["live_a:1"]["srv_uweight"] == "20"
    assert scene.haproxy.servers_state("other")["live_old:1"]["srv_uweight"] == "77"
    if scene.has_guid:
        assert (scene.total("live"), scene.total("other")) == (REQUESTS, 3)
