# SPDX-License-Identifier: Apache-2.0
"""The golden files of the renderer (tests/golden/render) on real HAProxy: they pass `haproxy -c`
without a warning, route as their rules say, and each of their server lines can be added at runtime."""

import re
import shutil

import parts
import ports
import wait
from haproxy import Haproxy
from rest import Rest

GOLDEN = parts.ROOT / "tests" / "golden" / "render"
FOLDER = "/var/lib/thalassa"


def set_of(version) -> str:
    return "2.6" if version in ("2.6", "3.0") else "3.4"


def install(name, folder):
    """The files of a set as HAProxy finds them in `folder`; returns the configuration."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(GOLDEN / name / "maps", folder / "maps")
    shutil.copytree(parts.ROOT / "lua", folder / "lua")
    for file in ("spoe.conf", "lookups.txt"):
        if (GOLDEN / name / file).exists():
            shutil.copy(GOLDEN / name / file, folder)
    (folder / "server.state").write_text("1\n")
    (folder / "stats.file").write_text("")
    text = (GOLDEN / name / "haproxy.cfg").read_text().replace(FOLDER, str(folder))
    (folder / "haproxy.cfg").write_text(text)
    return text


class Golden:
    """A set that runs: its ports are others, its servers are origins named after the backends."""

    def __init__(self, version, folder, start_origin, start_haproxy):
        self.text = install(set_of(version), folder)
        self.frontends = {}
        # ::1 is in the files; a machine without IPv6 runs this, too
        self.text = self.text.replace(" [::1]:", " 127.0.0.1:")
        for port in sorted(set(re.findall(r"bind 127\.0\.0\.1:(\d+)", self.text))):
            self.frontends[port] = ports.free()
            self.text = self.text.replace(f"bind 127.0.0.1:{port}", f"bind 127.0.0.1:{self.frontends[port]}")
        self.text = re.sub(r"(?m)^( *server (\w+)_\S+) 127\.0\.0\.1:\d+ ", self._origin_line, self.text)
        self.start_origin, self.origins = start_origin, {}
        for backend in ("live", "staged", "sticky", "least", "hashed", "apis", "dbs", "checked"):
            self.origins[backend] = start_origin(backend).port
        self.text = re.sub(r"@(\w+)@", lambda m: str(self.origins.get(m[1], 9)), self.text)
        self.haproxy = start_haproxy(version, self.text)

    @staticmethod
    def _origin_line(match) -> str:
        return f"{match[1]} 127.0.0.1:@{match[2]}@ "

    def get(self, port, path, **headers):
        """Status and the words of the origin: NAME VERSION HOST TARGET."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        reply = Rest("127.0.0.1", self.frontends[str(port)]).get(path, headers)
        return reply.status, str(reply.body).split()

    def backend(self, port, path, **headers):
        status, words = self.get(port, path, **headers)
        return words[0] if status == 200 else status


def test_files_pass_the_check_without_a_warning(haproxy_version, work):
    names = {
        "2.6": ["2.6", "predecessor", "spelled-out"],
        "3.0": ["2.6", "predecessor", "spelled-out", "default"],
    }.get(haproxy_version, ["spelled-out", "3.4", "default"])
    for name in names:
        folder = work / name
        install(name, folder)
        status, words = Haproxy(haproxy_version, folder).check()
        assert status == 0, words
        assert "WARNING" not in words and "ALERT" not in words, words


def test_rules_route_in_their_order(haproxy_version, work, start_origin, start_haproxy):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)
    wanted = [
        (8001, "/", {}, "live"),
        (8002, "/", {}, "live"),
        (8001, "/favicon.ico", {}, "staged"),
        (8001, "/robots.txt?x=1", {}, "staged"),
        (8001, "/robots.txt/", {}, "live"),
        (8001, "/api/x", {}, "apis"),
        (8001, "/api/v2/x", {}, "apis"),
        (8001, "/it's", {}, "sticky"),
        (8001, "/article/7", {}, "least"),
        (8001, "/article/7/8", {}, "live"),
        (8001, "/find?q=x", {}, "hashed"),
        (8001, "/find", {}, "live"),
        (8001, "/?debug=1", {}, "staged"),
        (8001, "/anchor", {}, "staged"),  # its pattern starts with '#', a comment in a map file
        (8001, "/api/?debug=1", {}, "apis"),
        (8001, "/x", {"Host": "STAGED.example.COM:8080"}, "staged"),
        (8001, "/x", {"Host": "www.staged.example.com"}, "staged"),
        (8001, "/x", {"Host": "notstaged.example.com"}, "live"),
        (8001, "/x", {"X_Tenant": "blue"}, 503),
        (8001, "/api/x", {"X_Tenant": "blue"}, "apis"),
        (8001, "/x", {"X_Tenant": "BLUE"}, "live"),
        # natives: set-path is seen by the rules, allow does not skip them, use_backend comes behind
        (8003, "/old", {}, "staged"),
        (8003, "/x", {}, "apis"),
        (8003, "/least", {}, "least"),
        (8003, "/least/rule", {}, "sticky"),
        (8003, "/allowed", {}, "apis"),
        (8003, "/denied", {}, 403),
        (8003, "/here", {}, 302),
        (8004, "/", {}, "dbs"),
        (8005, "/", {}, 503),
    ]
    got = [(port, path, sent, golden.backend(port, path, **sent)) for port, path, sent, _ in wanted]
    assert got == wanted


def test_host_header_comes_from_the_map(haproxy_version, work, start_origin, start_haproxy):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)
    assert golden.get(8001, "/", Host="elsewhere")[1][2:] == ["shop.example.com", "/"]
    assert golden.get(8001, "/api/", Host="elsewhere")[1][2:] == ["elsewhere", "/api/"]
    golden.haproxy.cli(f"set map {work}/maps/host.map live other.example.com")
    assert golden.get(8001, "/", Host="elsewhere")[1][2:] == ["other.example.com", "/"]


def test_one_command_flips_the_rules(haproxy_version, work, start_origin, start_haproxy):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)
    golden.haproxy.cli(f"add map {work}/maps/web.path_beg.b.map /new 500001")
    golden.haproxy.cli(f"add map {work}/maps/web.rank.map 500001 least")
    assert golden.backend(8001, "/new") == "live"
    golden.haproxy.cli(f"set map {work}/maps/active.map web b")
    assert golden.backend(8001, "/new") == "least"
    assert golden.backend(8001, "/api/") == "live"


def test_checks_pass_and_servers_are_up(haproxy_version, work, start_origin, start_haproxy):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)

    def checked():
        rows = {(r["pxname"], r["svname"]): r for r in golden.haproxy.stat()}
        # live and staged by HTTP, checked by HTTP in mode tcp, dbs by a connection
        for backend, status in [("live", "L7OK"), ("staged", "L7OK"), ("checked", "L7OK"), ("dbs", "L4OK")]:
            found = [r for (px, sv), r in rows.items() if px == backend and sv.startswith(backend)]
            assert found and all(r["status"] == "UP" and r["check_status"] == status for r in found), found
        return True

    wait.until(checked, "checks pass")


def test_a_sticky_cookie_finds_a_server_added_at_runtime(
    haproxy_version, work, start_origin, start_haproxy
):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)
    line = re.search(r"server (sticky_127\S+) \S+ weight 1 (.*)", golden.text)
    added = start_origin("added").port
    args = re.sub(r"guid \S+", "guid sv:sticky:added", line[2])
    golden.haproxy.cli(f"add server sticky/added 127.0.0.1:{added} weight 1 {args}")
    golden.haproxy.cli("set server sticky/added state ready")
    golden.haproxy.cli(f"set server sticky/{line[1]} state maint")
    reply = Rest("127.0.0.1", golden.frontends["8001"]).get("/it's")
    cookie = reply.headers["Set-Cookie"].split(";")[0]
    assert reply.body.split()[0] == "added" and cookie.startswith("SRV=")
    golden.haproxy.cli(f"set server sticky/{line[1]} state ready")
    for _ in range(6):
        assert golden.backend(8001, "/it's", Cookie=cookie) == "added"


def test_each_server_line_can_be_added_at_runtime(haproxy_version, work, start_origin, start_haproxy):
    golden = Golden(haproxy_version, work, start_origin, start_haproxy)
    backend, count = None, 0
    for line in golden.text.splitlines():
        words = line.split(None, 3)
        if words and words[0] == "backend":
            backend = words[1]
        elif words and words[0] == "server" and backend != "thalassa.agents":
            rest = re.sub(r"guid (\S+)", r"guid \1:again", words[3])
            reply = golden.haproxy.cli(f"add server {backend}/again{count} {words[2]} {rest}")
            assert "New server registered" in reply, (line, reply)
            count += 1
    assert count == 13
