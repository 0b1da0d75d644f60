# SPDX-License-Identifier: Apache-2.0
"""The program at a prompt: options, subcommands, exit statuses."""

import json
import re
import subprocess

import membership
import pytest
import scene as scenes
import wait
from agent import environment

import parts
import ports

OPTIONS = """host port label serviceReg serviceRegPort datacenter location haproxySocketPath haproxyPidPath
haproxyCfgPath templateFile persistence sudo debug dbPath config apiSocket haproxyPath
haproxyMasterSocketPath haproxyReloadCmd haproxyCheckCmd haproxyStart haproxyDir adopt drainTimeout
addState statsInterval statsRetention metricsMembers maxShrink panic drift register serviceRegTokenFile serviceRegCa
serviceRegCert serviceRegKey haproxyStats insecure allowedHosts allowEmptySwitch minHealthy warmup switchTimeout
importSkipBad activityEntries""".split()


def thalassa(*words, env=None, cwd="/") -> subprocess.CompletedProcess:
    return subprocess.run(
        [parts.built("thalassa"), *[str(word) for word in words]],
        capture_output=True, text=True, timeout=30, check=False, env=environment(**(env or {})), cwd=cwd,
    )


def refused(done, *words):
    """Exit 2, nothing on stdout, one line on stderr that holds the words."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


# options


def test_help_names_every_option_and_subcommand():
    for words in (["--help"], ["status", "--help"]):
        done = thalassa(*words)
        assert done.returncode == 0 and done.stderr == ""
        for name in OPTIONS:
            assert re.search(rf"--{name}\b", done.stdout), name
        for name in ("check", "render", "plan", "status", "switch", "apply"):
            assert re.search(rf"^\s+{name}\b", done.stdout, re.MULTILINE), name
        assert max(len(line) for line in done.stdout.splitlines()) <= 80


@pytest.mark.parametrize(
    "words, named",
    [
        (["--nosuch"], ["--nosuch"]),
        (["--port"], ["--port"]),
        (["--port", "70000"], ["--port", "70000"]),
        (["--port", "http"], ["--port", "http"]),
        (["--addState", "maybe"], ["--addState", "maybe", "checked"]),
        (["--haproxyStart", "sometimes"], ["--haproxyStart", "never"]),
        (["--statsInterval", "soon"], ["--statsInterval", "soon"]),
        (["--maxShrink", "150%"], ["--maxShrink", "150"]),
        (["--minHealthy", "-1"], ["--minHealthy", "-1"]),
        (["--haproxyStats", "nowhere"], ["--haproxyStats", "nowhere"]),
        (["--config", "/no/such/file"], ["/no/such/file"]),
        (["--templateFile", "/no/such.tmpl"], ["/no/such.tmpl"]),
        (["--templateFile", "nosuch.tmpl"], ["nosuch.tmpl"]),
        (["--serviceReg", "file:/no/such.json"], ["/no/such.json"]),
        (["--serviceRegTokenFile", "/no/such.token"], ["/no/such.token"]),
        (["--serviceRegToken", "secret"], ["--serviceRegToken"]),
        (["nosuch-command"], ["nosuch-command"]),
    ],
)
def test_a_bad_option_ends_with_one_clear_line(words, named, work):
    own = ["--dbPath", work / "db", "--haproxyCfgPath", work / "haproxy.cfg", "--port", ports.free()]
    own += ["--haproxySocketPath", work / "a.sock", "--haproxyPidPath", work / "pid"]
    command = words if words == ["nosuch-command"] else [*own, *words]
    refused(thalassa(*command, cwd=work), *named)
    assert not (work / "haproxy.cfg").exists()


def test_the_configurations_folder_is_not_made_up(work):
    """A slip of the pen there would be a HAProxy of its own."""
    own = ["--dbPath", work / "db", "--haproxyCfgPath", work / "haprxy" / "haproxy.cfg"]
    refused(thalassa(*own, "--serviceReg", f"file:{work}", cwd=work), "--haproxyCfgPath", "haprxy")
    assert not (work / "haprxy").exists()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(start_agent, registry, work):
    path = work / "thalassa.conf"
    path.write_text('label = "of the file"\nlocation = "rack 1"\n')
    options = registry.options | {"config": path}
    agent = start_agent("2.6", **options)
    assert agent.status()["label"] == "of the file"
    agent.stop()
    agent.env["THALASSA_LABEL"] = "of the environment"
    agent.start()
    assert agent.status()["label"] == "of the environment"
    agent.restart(label="of the command line")
    assert agent.status()["label"] == "of the command line"


@pytest.mark.parametrize(
    "text, words",
    [('nosuch = "x"\n', ["nosuch", ":1"]), ('label = "a"\nport = "x"\n', ["port", ":2"]), ("label = \n", ["conf"])],
)
def test_a_bad_configuration_file_is_named_with_its_line(work, text, words):
    path = work / "thalassa.conf"
    path.write_text(text)
    refused(thalassa("--config", path), str(path), *words)


# subcommands, with an agent


def told(done) -> dict | list:
    """What `--json` prints: whole JSON and nothing else."""
    assert done.returncode == 0, done
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.one_version
def test_tables_for_people_and_json_for_programs(scene):
    """The JSON is what the REST call gives."""
    agent = scene.agent
    membership.agree(agent)
    cases = [
        (["status"], "/status", ["up", "ok"]),
        (["frontends"], "/frontends", ["web", f"127.0.0.1:{scene.port}", "live"]),
        (["backends"], "/backends", ["live", scenes.SERVICE, "1.0.0"]),
        (["members", "live"], "/backends/live/members", [*scene.addresses, "UP"]),
        (["services"], "/services", [scenes.SERVICE, "1.0.0"]),
        (["services", scenes.SERVICE], f"/services/{scenes.SERVICE}", ["1.0.0"]),
        (["frontends", "web"], "/frontends/web", ["web", "live"]),
        (["backends", "live"], "/backends/live", ["live", "1.0.0"]),
        (["activity"], "/activity", ["frontend/web", "changed"]),
    ]
    for words, path, shown in cases:
        table = agent.run(*words)
        assert table.returncode == 0 and table.stderr == "", (words, table)
        for word in shown:
            assert word in table.stdout, (words, word, table.stdout)
        body = told(agent.run(*words, "--json"))
        assert shape(body) == shape(agent.get(path).body), words


def shape(thing):
    """Names and types: numbers move on between two readings."""
    if isinstance(thing, dict):
        return {name: shape(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [shape(value) for value in thing][:3]
    return type(thing)


@pytest.mark.one_version
def test_they_find_the_agent_by_host_and_port_as_well(scene):
    done = thalassa("frontends", "--json", "--apiSocket", "off", "--port", scene.agent.options["port"])
    assert [one["key"] for one in told(done)] == ["web"]


@pytest.mark.one_version
def test_plan_tells_whether_there_is_something_to_do(scene):
    scene.agent.restart(drift="report")
    scene.agent.wait_applied()
    done = scene.agent.run("plan")
    assert done.returncode == 0 and done.stderr == "", done
    assert told(scene.agent.run("plan", "--json"))["verdict"] == "noop"
    scene.haproxy.cli(f"set server live/live_{scene.addresses[0]} weight 99")

    def shown():
        return f"live/live_{scene.addresses[0]}" in scene.agent.run("plan").stdout

    wait.until(shown, "the difference is shown")
    assert told(scene.agent.run("plan", "--json"))["verdict"] == "runtime"


@pytest.mark.one_version
def test_switch_switches(scene, start_origin):
    new = start_origin("new", "2.0.0")
    done = scene.agent.run("switch", "live", "2.0.0")
    assert done.returncode == 1 and "2.0.0" in done.stderr, done
    assert len(done.stderr.splitlines()) == 1
    scene.register(new)
    wait.until(lambda: "2.0.0" in str(scene.agent.get("/services").body), "known")
    with scene.load(), scene.no_reload():
        done = scene.agent.run("switch", "live", "2.0.0")
        assert done.returncode == 0, done
        wait.equals(lambda: list(scene.haproxy.servers("live")), [f"live_127.0.0.1:{new.port}"], "switched")
    assert scene.agent.get("/backends/live").body["version"] == "2.0.0"


@pytest.mark.one_version
def test_apply_sends_a_file_of_objects(scene, work):
    path = work / "objects.json"
    member = {"host": "127.0.0.1", "port": scene.origins[0].port}
    path.write_text(json.dumps({"backends": [{"key": "more", "type": "static", "members": [member]}]}))
    assert scene.agent.run("apply", path).returncode == 0
    assert [one["key"] for one in scene.agent.get("/backends").body] == ["live", "more"]
    path.write_text(json.dumps({"backends": [{"key": "more", "type": "magic"}]}))
    done = scene.agent.run("apply", path)
    assert done.returncode == 1 and "backends[0].type" in done.stderr, done
    done = scene.agent.run("apply", work / "nosuch.json")
    assert done.returncode == 2 and "nosuch.json" in done.stderr, done


@pytest.mark.parametrize(
    "words",
    [["members"], ["switch", "live"], ["switch"], ["status", "extra"], ["status", "--nosuch"], ["apply"]],
)
def test_wrong_words_are_refused(words):
    refused(thalassa(*words), words[0] if "--nosuch" not in words else "--nosuch")


@pytest.mark.one_version
def test_what_is_not_there_is_one_line_and_exit_1(scene):
    for words in (["members", "nosuch"], ["backends", "nosuch"], ["frontends", "nosuch"], ["services", "nosuch"]):
        done = scene.agent.run(*words)
        assert done.returncode == 1 and done.stdout == "", (words, done)
        assert "nosuch" in done.stderr and len(done.stderr.splitlines()) == 1, done


def test_without_an_agent_one_line_and_exit_1(work):
    for words in (["status"], ["plan", "--json"], ["switch", "live", "1"]):
        done = thalassa(*words, "--apiSocket", work / "nobody.sock")
        assert done.returncode == 1 and done.stdout == "", done
        assert "nobody.sock" in done.stderr and len(done.stderr.splitlines()) == 1, done


@pytest.mark.one_version
def test_render_prints_what_would_be_written(scene):
    """Of the running agent's objects: the very file, but for its mark."""
    membership.agree(scene.agent)
    done = scene.agent.run("render")
    assert done.returncode == 0 and done.stderr == "", done
    text = scene.agent.get("/haproxy/config").body
    assert done.stdout.splitlines()[1:] == text.splitlines()[1:]
    path = scene.agent.folder / "rendered.cfg"
    path.write_text(done.stdout)
    assert scene.haproxy.check(path)[0] == 0


@pytest.mark.one_version
def test_version_is_the_agents(scene):
    done = thalassa("version")
    assert done.returncode == 0 and scene.agent.status()["version"] in done.stdout
