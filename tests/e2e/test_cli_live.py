# SPDX-License-Identifier: Apache-2.0
"""`activity --follow` and `status --watch`: at a prompt that is left alone."""

import json
import re
import signal
import subprocess

import pytest
import wait
from prompt import one_line, thalassa
from prompt_live import Live

import parts
import ports

pytestmark = pytest.mark.one_version


@pytest.fixture
def live(keeper, scene):
    """live(words..., size=(rows, columns)) -> Live"""
    return lambda *words, **named: keeper.keep(Live(scene.agent, *words, **named))


def newest(agent) -> int:
    return agent.get("/activity", limit=1).body[0]["seq"]


def change(scene, count, name="more") -> None:
    for weight in range(count):
        member = {"host": "127.0.0.1", "port": scene.origins[0].port, "weight": 1 + weight}
        body = {"type": "static", "members": [member]}
        scene.agent.good(scene.agent.put(f"/backends/{name}", body))


def shown(one) -> list[dict]:
    return [json.loads(line) for line in one.out.splitlines()]


def test_follow_shows_every_entry_once_over_restarts(scene, live):
    agent = scene.agent
    follower = live("activity", "--follow", "--json", "--limit", 2)
    wait.until(lambda: len(shown(follower)) == 2, "it has begun")
    first = shown(follower)[0]["seq"]
    change(scene, 30)
    agent.restart()
    change(scene, 20)
    agent.kill()
    follower.wait_for("no agent answers", "err")
    agent.start()
    change(scene, 140, "other")
    last = wait.until(lambda: wait_still(agent), "nothing happens any more")
    follower.wait_for(f'"seq":{last},')
    assert follower.interrupt() == 0
    expected = agent.get("/activity", since=first - 1, limit=1000).body[::-1]
    assert shown(follower) == expected and len(expected) > 150
    assert [entry["seq"] for entry in expected] == sorted({entry["seq"] for entry in expected})
    said = follower.err.splitlines()
    assert said and all(line.startswith("thalassa: activity: ") for line in said), said
    assert [line for line in said if "answers again" in line], said


def wait_still(agent) -> int:
    """The newest number, if it is that of an agent that has nothing to do."""
    last = newest(agent)
    agent.wait_applied()
    return last if newest(agent) == last else 0


def test_follow_filters_and_is_a_table_for_people(scene, live):
    agent = scene.agent
    change(scene, 3)
    follower = live("activity", "more", "--filter", "CHANGED", "--follow", "--limit", 1)
    wait.until(lambda: len(follower.out.splitlines()) == 2, "titles and one entry")
    change(scene, 2, "other")
    change(scene, 2)
    wait.until(lambda: len(follower.out.splitlines()) == 4, "two more")
    assert follower.interrupt() == 0 and follower.err == ""
    lines = follower.out.splitlines()
    at = lines[0].index("OBJECT")
    assert lines[0].split() == ["TIME", "WHAT", "OBJECT", "BY", "REASON"]
    assert all(line[at:].startswith("backend/more ") for line in lines[1:]), lines
    told = agent.get("/activity", filter="more changed", limit=3).body[::-1]
    assert [line.split()[2] for line in lines[1:]] == [entry["verb"] for entry in told]


def test_another_store_is_told(scene, live):
    agent = scene.agent
    follower = live("activity", "--follow", "--json")
    change(scene, 30)
    follower.wait_for(f'"seq":{newest(agent)},')
    agent.restart(dbPath=agent.folder / "another")
    follower.wait_for("activity begins anew", "err")
    follower.wait_for(f'"seq":{newest(agent)},"time"')
    assert follower.interrupt() == 0


def test_status_is_repeated_below_itself_without_a_terminal(scene, live):
    agent = scene.agent
    watcher = live("status", "--watch", "100ms")
    wait.until(lambda: watcher.out.count("\n\ntime ") >= 2, "three pages")
    agent.stop()
    watcher.wait_for("no answer     since ")
    agent.start()
    before = watcher.out.count("generation")
    wait.until(lambda: watcher.out.count("generation") > before, "it goes on")
    assert watcher.interrupt() == 0 and watcher.err == ""
    pages = watcher.out.split("\n\n")
    assert all(page.startswith("time          20") for page in pages)
    assert all(("no answer" in page) != ("haproxy" in page) for page in pages[:-1])
    missing = [page for page in pages if "no answer" in page]
    assert all(str(agent.options["apiSocket"]) in page and " ago): no agent answers" in page for page in missing)


def test_status_is_a_line_of_json_each_time(scene, live):
    agent = scene.agent
    watcher = live("status", "--watch=100ms", "--json")
    wait.until(lambda: len(watcher.out.splitlines()) >= 3, "three lines")
    agent.stop()
    watcher.wait_for("no agent answers", "err")
    agent.start()
    watcher.wait_for("answers again", "err")
    count = len(watcher.out.splitlines())
    wait.until(lambda: len(watcher.out.splitlines()) > count, "it goes on")
    assert watcher.interrupt() == 0
    assert all(one["haproxy"]["state"] for one in shown(watcher))
    assert len(watcher.err.splitlines()) == 2


PAGE = re.compile(r"(?:\r\x1b\[(\d+)A|\x1b\[H\x1b\[2J)?((?:\x1b\[K[^\x1b]*\r\n)+)\x1b\[J")


def pages_of(out) -> list[list[str]]:
    """Rows of each page; all that was written are pages, each in the place of the one before."""
    rest, rows, pages = out, 0, []
    while found := PAGE.match(rest):
        assert rows == 0 or found[1] is None or int(found[1]) == rows, out
        lines = found[2].replace("\x1b[K", "").split("\r\n")[:-1]
        rows, rest = len(lines), rest[found.end() :]
        pages.append(lines)
    assert rest in ("", "^C\r\n", "^C\n"), repr(rest)
    return pages


def test_status_stays_in_its_place_on_a_terminal(scene, live):
    agent = scene.agent
    watcher = live("status", "--watch", "100ms", size=(6, 50))
    watcher.wait_for("more lines")
    agent.stop()
    watcher.wait_for("no answer")
    agent.start()
    before = len(watcher.out)
    wait.until(lambda: "version" in watcher.out[before:], "it goes on")
    watcher.resize(40, 200)
    before = len(watcher.out)
    wait.until(lambda: "pending" in watcher.out[before:], "all of it on a larger terminal")
    assert watcher.interrupt() == 0 and watcher.err == ""
    pages = pages_of(watcher.out)
    small = [page for page in pages if "more lines" in page[-1]]
    assert small and all(len(page) <= 5 and max(map(len, page)) < 50 for page in small)
    assert len(pages[-1]) > 5 and "more lines" not in pages[-1][-1]
    assert watcher.out.count("\x1b[2J") >= 1 and watcher.out.endswith("\n")


def test_ctrl_z_and_back_begins_at_the_top(scene, live):
    watcher = live("status", "--watch", "1m", size=(40, 100))
    watcher.wait_for("pending")
    before = len(watcher.out)
    watcher.process.send_signal(signal.SIGSTOP)
    watcher.process.send_signal(signal.SIGCONT)
    wait.until(lambda: "\x1b[2J" in watcher.out[before:] and "pending" in watcher.out[before:], "painted again")
    assert watcher.interrupt() == 0


def test_ctrl_c_does_not_wait_for_an_agent_that_stands_still(scene, live):
    watcher = live("status", "--watch", "100ms")
    watcher.wait_for("\n\ntime")
    scene.agent.child.signal(signal.SIGSTOP)
    try:
        size = wait.until(lambda: len(watcher.out), "something is written")
        wait.stays(lambda: len(watcher.out) - size < 10000, "it waits", 0.3)
        assert watcher.interrupt() == 0
    finally:
        scene.agent.child.signal(signal.SIGCONT)


@pytest.mark.parametrize("words", [["status", "--watch", "100ms"], ["activity", "--follow"]])
def test_it_ends_when_nobody_reads(scene, words):
    """As `| head -1` does."""
    words = [parts.built("thalassa"), *words, "--apiSocket", scene.agent.options["apiSocket"]]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=scene.agent.env) as one:
        assert one.stdout.readline()
        one.stdout.close()
        assert one.wait(10) in (0, -signal.SIGPIPE)


def test_it_does_not_begin_without_an_agent(work):
    for words in (["status", "--watch"], ["activity", "--follow"]):
        done = thalassa(*words, "--apiSocket", work / "nobody.sock")
        one_line(done, 1, f"thalassa: {words[0]}: no agent answers at ", "nobody.sock")
        assert done.stdout == ""


def test_wrong_words_are_told():
    at = ["--port", ports.free()]
    one_line(thalassa("status", "--watch", "5", *at), 2, "--watch", "such as 500ms, 30s or 5m", '"5"')
    one_line(thalassa("status", "--watch", "1ms", *at), 2, "--watch: 100ms to 60m wanted")
    one_line(thalassa("activity", "--follow=yes", *at), 2, "--follow takes no value")
    one_line(thalassa("activity", "--limit", "0", *at), 2, "--limit: a number from 1 to 1000")
    one_line(thalassa("activity", "--follow", "--limit", "1001", *at), 2, "--limit: a number from 0 to 1000")
    one_line(thalassa("activity", "--filter", *at), 2, "--filter: WORDS wanted")
    one_line(thalassa("members", "live", "--watch", *at), 2, 'unknown option "--watch"')
