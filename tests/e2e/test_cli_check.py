# SPDX-License-Identifier: Apache-2.0
"""`thalassa check`: a line for what is well, what is missing and what fits."""

import json
import re

import pytest
import scene as scenes
from agent import words_of
from consul import READ_ALL
from peer import Peer
from prompt import names, thalassa, told

import parts
import ports


def findings(done) -> dict[str, list[str]]:
    """State -> "subject: text hint" of `check --json`."""
    found = {"ok": [], "warning": [], "missing": []}
    for one in told(done)["findings"]:
        found[one["state"]].append(f"{one['subject']}: {one['text']} {one.get('hint', '')}")
    assert done.returncode == (1 if found["missing"] else 0) and done.stderr == "", done
    return found


class Place:
    """Options of an agent that would run in a folder: nothing is missing but what a test takes."""

    def __init__(self, work, registry, version="2.6"):
        self.work = work
        self.options = registry.options | {
            "port": ports.free(), "apiSocket": work / "api.sock", "dbPath": work / "db",
            "haproxyPath": parts.haproxy(version), "haproxySocketPath": work / "admin.sock",
            "haproxyMasterSocketPath": work / "master.sock", "haproxyPidPath": work / "haproxy.pid",
            "haproxyCfgPath": work / "haproxy.cfg", "haproxyDir": work / "thalassa.d",
            "templateFile": "dev.haproxycfg.tmpl",
        }

    def check(self, **options) -> dict[str, list[str]]:
        return findings(thalassa("check", "--json", *words_of(self.options | options), cwd=self.work))


@pytest.fixture
def place(work, registry):
    return Place(work, registry)


def named(lines, *words) -> bool:
    return any(all(str(word) in line for word in words) for line in lines)


def test_check_before_the_first_start_finds_nothing_missing_and_leaves_no_trace(place, work):
    before = sorted(work.iterdir())
    found = place.check()
    assert found["missing"] == [], found
    assert named(found["ok"], "haproxy -c") and named(found["ok"], "version 2.6")
    assert sorted(work.iterdir()) == before
    lines = thalassa("check", *words_of(place.options), cwd=work).stdout.splitlines()
    assert all(re.match(r"(ok|warning) +\S|  +-> ", line) for line in lines[:-2]), lines
    assert lines[-1].startswith("nothing is missing")


def test_check_beside_a_running_agent(scene):
    agent = scene.agent
    by_environment = {"THALASSA_API_SOCKET": str(agent.options["apiSocket"])}
    found = findings(thalassa("check", "--json", *names(agent), env=by_environment))
    assert found["missing"] == [] and found["warning"] == [], found
    assert named(found["ok"], "an agent runs") and named(found["ok"], "level is admin")
    assert named(found["ok"], "1 frontends, 1 backends") and named(found["ok"], "written by Thalassa")
    elsewhere = ["--port", ports.free(), "--apiSocket", "off"]
    found = findings(thalassa("check", "--json", *names(agent), *elsewhere))
    assert named(found["missing"], "dbPath", agent.child.pid), found
    agent.stop()
    path = agent.folder / "haproxy.cfg"
    path.write_text(path.read_text() + "# by hand\n")
    found = findings(thalassa("check", "--json", *names(agent), *elsewhere))
    assert named(found["warning"], path, "edited by hand"), found


def test_check_names_what_is_missing(place, work, keeper):
    (work / "foreign.cfg").write_text("global\n")
    (work / "bad.tmpl").write_text("global\n    bogus word\n")
    (work / "broken.tmpl").write_text("{{#if x}}")
    (work / "bad.json").write_text("[1]")
    (work / "file").write_text("")
    backend = {"key": "b", "type": "static", "natives": ["bogus word"], "members": []}
    (work / "objects.json").write_text(json.dumps({"version": 1, "frontends": [], "backends": [backend]}))
    taken = keeper.keep(Peer(b"[]", status=404)).port
    cases = [
        ({"haproxyPath": "/no/haproxy"}, ["/no/haproxy", "--haproxyPath /usr/sbin/haproxy"]),
        ({"haproxyPath": "/bin/true"}, ["/bin/true", "version"]),
        ({"haproxyCfgPath": work / "foreign.cfg"}, ["foreign.cfg", "--adopt"]),
        ({"haproxyCfgPath": work / "no" / "x.cfg"}, [work / "no"]),
        ({"templateFile": work / "bad.tmpl"}, ["haproxy -c", "bogus"]),
        ({"templateFile": work / "broken.tmpl"}, ["template", "broken.tmpl:1"]),
        ({"persistence": work / "objects.json"}, ["haproxy -c", "backend/b", "bogus"]),
        ({"persistence": work / "bad.json"}, ["objects", "bad.json"]),
        ({"haproxyDir": work / "file"}, [work / "file", "no folder"]),
        ({"dbPath": work / "file"}, [work / "file", "no folder"]),
        ({"serviceReg": f"file:{work}/no.json"}, ["registry", "no.json"]),
        ({"serviceReg": f"file:{work}/bad.json"}, ["registry", "array"]),
        ({"serviceReg": "127.0.0.1", "serviceRegPort": ports.free()}, ["registry", "no connection"]),
        ({"serviceReg": "127.0.0.1", "serviceRegPort": taken}, ["registry", "404"]),
        ({"port": taken, "apiSocket": "off"}, ["API", taken, "in use"]),
        ({"host": "0.0.0.0"}, ["API", "--insecure"]),
        ({"apiSocket": "/tmp/" + "x" * 120}, ["API socket", "107 bytes"]),
        ({"haproxyStart": "never"}, ["admin socket", "No such file"]),
    ]
    for options, words in cases:
        found = place.check(**options)
        assert named(found["missing"], *words), (options, words, found)


@pytest.mark.parametrize("level", ["user", "operator"])
def test_check_sees_the_level_of_the_admin_socket(place, work, start_haproxy, haproxy_version, level):
    haproxy = start_haproxy(haproxy_version, f"""\
global
    stats socket {work}/admin.sock mode 600 level {level}
defaults
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend f
    mode http
    bind 127.0.0.1:{ports.free()}
""")
    found = place.check(haproxyPath=haproxy.binary, adopt=True)
    assert named(found["missing"], "admin socket", level, "admin is needed"), found
    assert named(found["ok"], "master socket", "answers"), found


def test_check_prints_the_options_that_fit_the_haproxy_it_finds(work, registry, start_haproxy):
    port = ports.free()
    haproxy = start_haproxy("2.6", f"frontend f\n    mode http\n    bind 127.0.0.1:{port}\n")
    (work / "other").mkdir()
    place = Place(work / "other", registry)
    found = place.check(haproxyStart="never", haproxyPath=haproxy.binary)
    lines = found["missing"] + found["warning"]
    for option, value in (("SocketPath", haproxy.admin), ("MasterSocketPath", haproxy.master_path)):
        assert named(lines, str(haproxy.config_path), f"--haproxy{option} {value}"), lines
    fitting = next(line for line in lines if str(haproxy.config_path) in line)
    given = dict(re.findall(r"--(haproxy\w+) (\S+)", fitting))
    found = place.check(haproxyStart="never", adopt=True, **given)
    assert found["missing"] == [], found


def test_check_names_the_rights_that_a_token_misses(place, work, start_consul):
    consul = start_consul(acl=True)
    consul.set_policy("half", 'service_prefix "" { policy = "read" }')
    consul.set_policy("all", READ_ALL)
    consul.register(scenes.SERVICE, 1, version="1")
    token = work / "token"
    options = {"serviceReg": "127.0.0.1", "serviceRegPort": consul.port, "serviceRegTokenFile": token}
    token.write_text(consul.create_token("half")[0])
    found = place.check(**options)
    assert named(found["missing"], "token", 'node_prefix "" { policy = "read" }'), found
    assert not named(found["missing"], "service_prefix"), found
    token.write_text(consul.create_token("all")[0])
    found = place.check(**options)
    assert found["missing"] == [] and named(found["ok"], "token", "services and nodes"), found
    token.write_text("00000000-0000-0000-0000-000000000000")
    found = place.check(**options)
    assert named(found["missing"], "registry", "ACL not found"), found
    assert token.read_text() not in str(found)
