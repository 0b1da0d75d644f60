# SPDX-License-Identifier: Apache-2.0
"""Subcommands in detail: what is read, changed and rendered, and strange peers."""

import json
import os
import re
import signal
import subprocess

import files
import membership
import pytest
import wait
from peer import Peer
from prompt import names, one_line, thalassa, told

import ports

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


# strange peers


@pytest.fixture
def start_peer(keeper):
    """start_peer(body, status=200, content_type=...) -> port"""
    return lambda *args, **named: keeper.keep(Peer(*args, **named)).port


def test_nothing_from_the_network_moves_the_terminal(start_peer):
    evil = "a\x1b[2J\x9b31m\u202e\x7f\r\nb"
    status = {"version": evil, "label": evil, "haproxy": {"state": evil, "version": evil}}
    status |= {"pending": [evil], "failed": [{"object": evil, "error": evil}]}
    port = start_peer(json.dumps(status, ensure_ascii=False).encode())
    done = thalassa("status", "--port", port)
    assert done.returncode == 0 and not CONTROL.search(done.stdout), repr(done.stdout)
    done = thalassa("status", "--json", "--port", port)
    assert done.returncode == 0 and not CONTROL.search(done.stdout), repr(done.stdout)
    assert told(done) == status
    port = start_peer(json.dumps({"error": evil, "detail": evil}).encode(), status=409)
    done = thalassa("switch", "live", "2", "--port", port)
    assert done.returncode == 1 and not CONTROL.search(done.stderr), repr(done.stderr)
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "status, body",
    [(404, b"<html>nothing here"), (200, b"<html>hi"), (500, b""), (200, b'{"a":'), (200, b"\xff")],
)
def test_another_program_that_answers_is_one_line(start_peer, status, body):
    port = start_peer(body, status, "text/html")
    for words in (["status"], ["frontends", "--json"], ["plan"]):
        done = thalassa(*words, "--port", port)
        one_line(done, 1, f"thalassa: {words[0]}: ")
        assert done.stdout == ""


def test_what_cannot_be_written_is_a_failure(start_peer):
    port = start_peer(b"[]")
    with open("/dev/full", "w") as full:
        sinks = {"capture_output": False, "stdout": full, "stderr": subprocess.PIPE}
        done = thalassa("frontends", "--port", port, **sinks)
    one_line(done, 1, "standard output", "No space left")


def test_a_host_with_a_port_is_told_where_the_port_goes():
    one_line(thalassa("status", "--host", "127.0.0.1:1"), 1, "127.0.0.1:1", "its port is --port")


def test_help_of_one_command():
    done = thalassa("help", "switch")
    assert done.returncode == 0 and done.stdout.startswith("Usage: thalassa switch BACKEND VERSION "), done
    assert len(done.stdout.splitlines()) < 12 and done.stderr == ""
    assert thalassa("help").stdout == thalassa("--help").stdout
    one_line(thalassa("help", "nosuch"), 2, "thalassa: help: ", "--help")


# reading


def test_status_tells_that_haproxys_program_is_missing(start_agent, registry):
    agent = start_agent("2.6", haproxyPath="/no/haproxy", **registry.options)
    wait.until(lambda: "cannot run /no/haproxy" in agent.run("status").stdout, "the reason")
    assert agent.status()["haproxy"]["state"] == "down"


def test_activity_takes_words_and_a_limit(scene):
    for n in range(3):
        scene.put_static(f"more{n}", *scene.origins)
    listed = told(scene.agent.run("activity", "--json", "more1", "changed"))
    assert "backend/more1" in [one["object"] for one in listed]
    texts = [json.dumps(one).lower() for one in listed]
    assert all("more1" in text and "changed" in text for text in texts)
    assert len(told(scene.agent.run("activity", "--limit", 2, "--json"))) == 2
    table = scene.agent.run("activity", "--limit=1").stdout.splitlines()
    assert len(table) == 2 and table[0].split() == ["TIME", "WHAT", "OBJECT", "BY", "REASON"]
    for wrong in ("0", "1001", "x", "-1"):
        one_line(scene.agent.run("activity", "--limit", wrong), 2, "--limit")


def test_a_name_with_strange_letters_is_not_found(scene):
    for name in ("a/b", "%2e%2e", "..", "?x=1", "a b", "é"):
        for command in ("frontends", "backends", "members", "services"):
            one_line(scene.agent.run(command, name), 1, f"thalassa: {command}: ")


# changes


def test_switch_waits_until_the_new_members_serve(scene, start_origin):
    scene.register(start_origin("new", "2.0.0"))
    wait.until(lambda: "2.0.0" in str(scene.agent.get("/services").body), "known")
    done = scene.agent.run("switch", "live", "2.0.0", "--dryRun")
    assert done.returncode == 0 and "runtime" in done.stdout, done
    assert scene.agent.get("/backends/live").body["version"] == "1.0.0"
    with scene.load():
        done = scene.agent.run("switch", "live", "2.0.0", "--wait", "20s")
        assert done.returncode == 0 and "HAProxy runs it" in done.stdout and done.stderr == "", done
        assert scene.answered_by() == "new"


def test_shares_and_weights_that_cannot_be_are_not_sent():
    at = ["--port", ports.free()]
    one_line(thalassa("split", "live", "live=90", "new=20.5", *at), 2, "the shares make 110.50 %, not 100 %")
    one_line(thalassa("weight", "live", "h:1", "-5", *at), 2, "a weight from 0 to 256", '"-5"')
    one_line(thalassa("policy", "try", "GET", "/", "x=1", *at), 2, 'NAME:VALUE, frontend=NAME or src=ADDRESS', '"x=1"')


def test_switch_takes_a_service_and_force(scene, start_origin):
    scene.register(start_origin("other", "7"), service="other")
    done = scene.agent.run("switch", "live", "7", "--service", "other", "--force", "--json")
    assert done.returncode == 0, done
    body = scene.agent.get("/backends/live").body
    assert (body["name"], body["version"]) == ("other", "7") == (told(done)["name"], told(done)["version"])


def test_a_wait_that_runs_out_is_a_failure(scene):
    """HAProxy stands still, so that nothing can be applied."""
    worker = scene.haproxy.worker_pid()
    os.kill(worker, signal.SIGSTOP)
    try:
        path = scene.agent.folder / "objects.json"
        rule = {"type": "path", "operation": "path", "value": "/x", "backend": "live"}
        web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "live", "rules": [rule]}
        path.write_text(json.dumps({"frontends": [web]}))
        done = scene.agent.run("apply", path, "--wait", "500ms", "--json")
        one_line(done, 1, "does not run it yet", "generation 3")
        assert told(done) is not None
    finally:
        os.kill(worker, signal.SIGCONT)
    scene.agent.wait_applied()


def test_apply_prunes_warns_and_refuses(scene):
    agent = scene.agent
    web = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": "nosuch"}
    done = agent_applies(agent, {"frontends": [web]}, "--dryRun")
    assert done.returncode == 0 and "default.map" in done.stdout, done
    assert "thalassa: apply: warning: " in done.stderr and "nosuch" in done.stderr
    assert agent.get("/frontends/web").body["backend"] == "live"
    done = agent_applies(agent, {"frontends": [web]}, "--prune", "--wait", "10s")
    assert done.returncode == 0 and "HAProxy runs it" in done.stdout, done
    assert agent.get("/backends").body == []
    done = agent_applies(agent, {"frontends": [web | {"natives": ["bogus word"]}]})
    one_line(done, 1, "frontend/web", "bogus")
    rule = {"type": "path", "operation": "path", "value": "/", "backend": 7}
    done = agent_applies(agent, {"frontends": [web | {"rules": [rule]}]})
    one_line(done, 1, "frontends[0].rules[0].backend")


def agent_applies(agent, body, *flags):
    words = ["apply", "-", *flags, "--apiSocket", agent.options["apiSocket"]]
    return thalassa(*words, stdin=json.dumps(body), env=agent.env)


@pytest.mark.parametrize("text", ['{"frontends":[', "", '{"a":1}x', "[" * 40])
def test_a_file_that_is_no_json_is_not_sent(start_peer, work, text):
    path = work / "broken.json"
    path.write_text(text)
    one_line(thalassa("apply", path, "--port", ports.free()), 2, path, "JSON")


# render


def test_render_gives_the_agents_file_from_each_source(scene, start_origin):
    agent = scene.agent
    scene.register(start_origin("third", "1.0.0"))
    agent.wait_members("live", scene.ids)
    rule = {"type": "path", "operation": "path_beg", "value": "/x", "backend": "fixed"}
    scene.put_static("fixed", *scene.origins)
    scene.put_frontend(rules=[rule])
    membership.agree(agent)

    def written():
        text = (agent.folder / "haproxy.cfg").read_text().splitlines()[1:]
        assert sum(line.startswith("    server live_") for line in text) == 3
        assert any(line.startswith("    server fixed_") for line in text)
        return text

    wait.until(written, "the file has all members", ignore=(OSError, AssertionError))
    files.wait_still(agent.options["haproxyCfgPath"])
    text = written()
    by_environment = {"THALASSA_API_SOCKET": str(agent.options["apiSocket"])}
    done = thalassa("render", *names(agent), env=by_environment)
    assert done.returncode == 0 and done.stderr == "", done
    assert done.stdout.splitlines()[1:] == text, "objects and members of the agent that holds the store"
    frontends, backends = agent.get("/frontends").body, agent.get("/backends").body
    agent.stop()
    before = store_of(agent)
    done = thalassa("render", *names(agent), env=by_environment)
    assert done.returncode == 0 and done.stdout.splitlines()[1:] == text, "from the store"
    assert store_of(agent) == before
    path = agent.folder / "objects.json"
    path.write_text(json.dumps({"version": 1, "frontends": frontends, "backends": backends}))
    done = thalassa("render", *names(agent), "--persistence", path)
    lines = [line for line in text if not line.startswith("    server live_")]
    assert done.returncode == 0 and done.stdout.splitlines()[1:] == lines, "from a file, which has no members"


def store_of(agent) -> dict:
    folder = agent.options["dbPath"]
    return {str(path): path.stat().st_size for path in folder.rglob("data.mdb")}


def test_render_of_nothing_leaves_no_trace(work):
    own = ["--dbPath", work / "db", "--haproxyCfgPath", work / "h" / "haproxy.cfg"]
    own += ["--templateFile", "dev.haproxycfg.tmpl"]
    done = thalassa("render", *own, "--haproxyVersion", "3.0", cwd=work)
    assert done.returncode == 0 and "stats-file" in done.stdout, done
    done = thalassa("render", *own, "--haproxyVersion", "2.6", cwd=work)
    assert done.returncode == 0 and "stats-file" not in done.stdout, done
    assert list(work.iterdir()) == []


def test_render_says_what_is_wrong(work):
    own = ["--dbPath", work / "db", "--port", ports.free()]
    one_line(thalassa("render", *own, "--haproxyVersion", "2.4"), 2, "--haproxyVersion", "2.4")
    one_line(thalassa("render", *own, "--haproxyVersion", "new"), 2, "--haproxyVersion", "new")
    one_line(thalassa("render", *own, "--running"), 1, "no agent answers")
    one_line(thalassa("render", *own, "--running", "--haproxyVersion", "3.0"), 2, "--running")
    one_line(thalassa("render", *own, "--haproxyPath", "/no/haproxy"), 1, "/no/haproxy")
    one_line(thalassa("render", *own, "--haproxyPath", "/bin/true"), 1, "/bin/true")
    one_line(thalassa("render", *own, "--persistence", work / "no.json"), 1, "no.json")
    template = work / "bad.tmpl"
    template.write_text("global\n{{#each frontends}}\n")
    one_line(thalassa("render", *own, "--haproxyVersion", "3.0", "--templateFile", template), 1, "bad.tmpl:2")
