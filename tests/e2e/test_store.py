# SPDX-License-Identifier: Apache-2.0
"""What the agent remembers: whole or untouched, its own alone, and in and out as a file."""

import ctypes
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import files
import membership
import pytest
import wait

import ports

RULES = [{"type": "path", "operation": "path_beg", "value": "/a /b", "backend": "live"}]
BACKEND = {"key": "live", "type": "dynamic", "name": "site", "version": "1.0.0", "balance": "leastconn"}
STATIC = {"key": "fixed", "type": "static", "members": [{"host": "127.0.0.1", "port": 9}]}


def frontend() -> dict:
    bind = f"127.0.0.1:{ports.free()}"
    return {"key": "web", "bind": bind, "backend": "live", "rules": RULES, "natives": ["maxconn 100"]}


def short(agent) -> str:
    """The log of a start that failed: a few lines for people."""
    text = agent.log()
    assert len(text.splitlines()) <= 4, text
    return text


def state_file(agent) -> Path:
    return Path(agent.options["dbPath"]) / "state" / "data.mdb"


@pytest.fixture
def used(scene):
    """The agent has ended, its HAProxy runs, and the store holds objects."""
    membership.agree(scene.agent)
    scene.agent.stop()
    return scene


def start_fails(scene, *words):
    """The start ends with 1 or 2 and these words; traffic, files and store are as they were."""
    kept = files.look(scene.agent.options["dbPath"], *scene.written())
    with scene.load(), scene.no_reload():
        scene.agent.start(wait_ready=False)
        assert scene.agent.exit_status() in (1, 2)
    said = scene.agent.log()
    for word in words:
        assert word in said, said
    now = files.look(scene.agent.options["dbPath"], *scene.written())
    lock = str(Path(scene.agent.options["dbPath"]) / "lock")
    kept.pop(lock, None), now.pop(lock, None)
    assert {path: one.text for path, one in now.items()} == {path: one.text for path, one in kept.items()}


def hashed(text) -> int:
    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH3_64bits.restype = ctypes.c_uint64
    return library.XXH3_64bits(text, ctypes.c_size_t(len(text)))


def sealed(table, key, value) -> bytes:
    """A record as the store writes it: a checksum over table, key and value, then the value."""
    total = hashed(table)
    for text in (key, value):
        total = (total ^ hashed(text)) * 0x9E3779B97F4A7C15 % 2**64
    return total.to_bytes(8, sys.byteorder) + value


@pytest.mark.one_version
def test_a_store_of_a_newer_version_is_refused_and_left_alone(used):
    path = state_file(used.agent)
    text = path.read_bytes()
    before, after = (b"format" + sealed(b"meta", b"format", number) for number in (b"1", b"9"))
    assert before in text
    path.write_bytes(text.replace(before, after))
    start_fails(used, "newer", str(path.parent))


@pytest.mark.one_version
@pytest.mark.parametrize("damage", ["garbage", "cut", "empty", "flipped"])
def test_a_damaged_store_is_refused_and_left_alone(used, damage):
    path = state_file(used.agent)
    text = path.read_bytes()
    broken = {
        "garbage": os.urandom(len(text)),
        "cut": text[: len(text) // 2],
        "empty": b"",
        "flipped": text.replace(b"roundrobin", b"Roundrobin"),
    }
    path.write_bytes(broken[damage])
    start_fails(used, "damaged", str(path.parent))
    path.write_bytes(text)
    with used.no_reload():
        used.agent.start()
        used.agent.wait_applied()


@pytest.mark.one_version
def test_a_damaged_history_is_set_aside_and_the_agent_serves(used):
    history = Path(used.agent.options["dbPath"]) / "history"
    (history / "data.mdb").write_bytes(b"\0" * 20000)
    with used.load(), used.no_reload():
        used.agent.start()
        used.agent.wait_applied()
    assert history.with_name("history.damaged").exists()
    assert used.agent.get("/frontends/web").status == 200
    assert used.agent.get("/activity").status == 200


@pytest.fixture
def small_disk(work):
    """A file system of 16 MiB."""
    if os.getuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = work / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", "-l", path], check=True)


def fill(path) -> None:
    """Until nothing more goes on the disk."""
    filler = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (65536, 1):
            try:
                while os.write(filler, b"x" * size):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC
    finally:
        os.close(filler)


def test_a_full_disk_refuses_changes_and_keeps_what_is(small_disk, start_scene):
    scene = start_scene("2.6", dbPath=small_disk / "db")
    stored = scene.agent.get("/frontends").body
    fill(small_disk / "filler")
    rules = [
        {"type": "path", "operation": "path", "value": "/" + "x" * 3000, "backend": "live"} for _ in range(200)
    ]
    with scene.load(), scene.no_reload():
        body = {"bind": f"127.0.0.1:{scene.port}", "backend": "live", "rules": rules}
        reply = scene.agent.put("/frontends/web", body)
        assert reply.status == 503 and reply.body["error"], reply
        assert scene.agent.get("/frontends").body == stored
        os.unlink(small_disk / "filler")
        scene.put_frontend(rules=rules[:1])
    scene.agent.restart()
    assert scene.agent.get("/frontends/web").body["rules"] == rules[:1]


@pytest.mark.one_version
@pytest.mark.parametrize("shared", ["dbPath", "haproxyCfgPath"])
def test_a_second_agent_is_refused(scene, start_agent, work, shared):
    own = {"dbPath": work / "db2", "haproxyCfgPath": work / "two" / "haproxy.cfg"}
    own |= {"haproxyDir": work / "two" / "d", "apiSocket": work / "two.sock"}
    own |= {"haproxySocketPath": work / "a2.sock", "haproxyMasterSocketPath": work / "m2.sock"}
    (work / "two").mkdir()
    own[shared] = scene.agent.options[shared]
    if shared == "haproxyCfgPath":
        own["haproxyDir"] = scene.agent.options["haproxyDir"]
    with scene.load(), scene.no_reload():
        other = start_agent(
            "2.6", wait_ready=False, name="second", **own, **scene.registry.options
        )
        assert other.exit_status() in (1, 2)
    assert str(own[shared]) in short(other)
    assert scene.agent.get("/healthz").status == 200


@pytest.mark.one_version
def test_objects_and_generation_survive_a_restart(used):
    used.agent.start()
    before = used.agent.get("/frontends").body, used.agent.get("/backends").body
    generation = used.agent.status()["generation"]["desired"]
    assert generation > 0
    used.agent.restart()
    after = used.agent.get("/frontends").body, used.agent.get("/backends").body
    assert [one["key"] for one in after[1]] == [one["key"] for one in before[1]] == ["live"]
    assert after[0] == before[0]
    assert used.agent.status()["generation"]["desired"] == generation


# the persistence file


def persisted(path) -> dict:
    body = json.loads(Path(path).read_text())
    assert body["version"] == 1
    return body


def start_with(start_agent, registry, path, **more):
    return start_agent("2.6", persistence=path, **registry.options, **more)


def test_the_persistence_file_is_taken_and_written_back_on_each_change(start_agent, registry, work):
    path = work / "thalassa.json"
    path.write_text(json.dumps({"frontends": [frontend()], "backends": [BACKEND, STATIC]}))
    agent = start_with(start_agent, registry, path)
    assert [one["key"] for one in agent.get("/backends").body] == ["fixed", "live"]
    assert agent.get("/frontends/web").body["rules"] == RULES
    agent.good(agent.put("/backends/third", {"type": "static"}))
    wait.until(lambda: [b["key"] for b in persisted(path)["backends"]] == ["fixed", "live", "third"], "written")
    agent.good(agent.delete("/backends/third"))
    wait.until(lambda: [b["key"] for b in persisted(path)["backends"]] == ["fixed", "live"], "written")


def stored(agent) -> list[dict]:
    """All objects, without what HAProxy does with their members just now."""
    found = agent.get("/frontends").body + agent.get("/backends").body
    for one in found:
        for member in one.get("members", []):
            del member["observed"]
    return found


def test_what_was_written_gives_the_same_objects_to_an_empty_store(start_agent, registry, work):
    path = work / "thalassa.json"
    path.write_text(json.dumps({"frontends": [frontend()], "backends": [BACKEND, STATIC]}))
    agent = start_with(start_agent, registry, path)
    agent.good(agent.put("/backends/third", {"type": "static", "cookie": "C", "natives": ["fullconn 10"]}))
    wait.until(lambda: len(persisted(path)["backends"]) == 3, "written")
    before = stored(agent)
    text = path.read_text()
    agent.stop()
    agent.start(dbPath=work / "db-two")
    assert stored(agent) == before
    assert json.loads(path.read_text()) == json.loads(text)


def test_a_store_that_holds_objects_wins_over_the_file(start_agent, registry, work):
    path = work / "thalassa.json"
    agent = start_with(start_agent, registry, path)
    agent.good(agent.put("/backends/mine", {"type": "static"}))
    agent.stop()
    path.write_text(json.dumps({"version": 1, "frontends": [], "backends": [STATIC]}))
    agent.start()
    assert [one["key"] for one in agent.get("/backends").body] == ["mine"]


def test_a_folder_holds_the_persistence_file(start_agent, registry, work):
    folder = work / "persist"
    folder.mkdir()
    agent = start_with(start_agent, registry, folder)
    agent.good(agent.put("/backends/mine", {"type": "static"}))
    wait.until(lambda: list(folder.iterdir()), "a file is in the folder")
    (path,) = folder.iterdir()
    assert [one["key"] for one in persisted(path)["backends"]] == ["mine"]


BAD = {"key": "bad one", "type": "static"}
WORSE = {"key": "worse", "type": "magic"}


def test_objects_that_do_not_pass_are_listed_and_stop_the_import(start_agent, registry, work):
    path = work / "thalassa.json"
    text = json.dumps({"version": 1, "frontends": [frontend()], "backends": [BAD, STATIC, WORSE]})
    path.write_text(text)
    agent = start_agent("2.6", wait_ready=False, persistence=path, **registry.options)
    assert agent.exit_status() == 2
    lines = agent.log().splitlines()
    assert len([line for line in lines if "bad one" in line]) == 1, lines
    assert len([line for line in lines if "worse" in line and "type" in line]) == 1, lines
    assert "--importSkipBad" in agent.log()
    assert path.read_text() == text
    assert not os.path.exists(agent.options["haproxyCfgPath"])


def test_bad_objects_may_be_skipped(start_agent, registry, work):
    path = work / "thalassa.json"
    path.write_text(json.dumps({"version": 1, "frontends": [], "backends": [BAD, STATIC, WORSE]}))
    agent = start_with(start_agent, registry, path, importSkipBad=True)
    assert [one["key"] for one in agent.get("/backends").body] == ["fixed"]
    assert "bad one" in agent.log() and "worse" in agent.log()


def test_unknown_fields_of_the_file_are_a_warning(start_agent, registry, work):
    path = work / "thalassa.json"
    path.write_text(json.dumps({"frontends": [], "backends": [STATIC | {"colour": "red"}]}))
    agent = start_with(start_agent, registry, path)
    assert [one["key"] for one in agent.get("/backends").body] == ["fixed"]
    assert "colour" in agent.log()


@pytest.mark.parametrize("text", ["{", "[]", '{"version":2}', '{"backends":{}}'])
def test_a_file_of_another_form_stops_the_start_and_is_kept(start_agent, registry, work, text):
    path = work / "thalassa.json"
    path.write_text(text)
    agent = start_agent("2.6", wait_ready=False, persistence=path, **registry.options)
    assert agent.exit_status() == 2
    assert str(path) in short(agent)
    assert path.read_text() == text


def test_an_empty_store_does_not_empty_a_running_haproxy(used, work):
    """The store is lost, HAProxy serves: it goes on serving, and the agent says so."""
    files_before = used.written()
    with used.load(), used.no_reload():
        used.agent.start(dbPath=work / "db-new")
        wait.stays(lambda: used.agent.healthy(), "the agent lives", 3)
    assert used.written() == files_before
    assert len(used.haproxy.servers("live")) == 2
