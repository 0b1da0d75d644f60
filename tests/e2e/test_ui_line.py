# SPDX-License-Identifier: Apache-2.0
"""A browser whose connection is cut: it says so, comes back by itself, has missed nothing and nothing twice."""

import re

import wait
from relay import Relay

# what the browser itself writes when a connection is refused
CUT = ["ERR_", "WebSocket"]


def static(scene, n) -> None:
    scene.agent.good(scene.agent.put(f"/backends/b{n}", {"type": "static", "members": [{"host": "127.0.0.1", "port": 9}]}))


def seqs(browser) -> list[int]:
    return browser.evaluate("[...document.querySelectorAll('.log li[data-seq]')].map((li) => Number(li.dataset.seq))")


def known(scene) -> list[int]:
    return [one["seq"] for one in scene.agent.get("/activity", limit=1000).body]


def test_what_was_missed_comes_without_a_gap_and_without_a_double(scene, keeper, start_browser):
    relay = keeper.keep(Relay(scene.agent.port))
    browser = start_browser(relay.port).begin("/activity", height=6000)
    wait.equals(lambda: seqs(browser), known(scene), "all that happened")
    for turn in range(3):
        relay.cut()
        browser.shows("[data-test=connection]", "not connected")
        browser.shows(".lost", "No connection to the agent")
        for n in range(5):
            static(scene, 10 * turn + n)
        relay.mend()
        browser.live(timeout=30)
        assert browser.count(".lost") == 0
        wait.equals(lambda: seqs(browser), known(scene), "what was missed is there, once")
    assert [one["resumed"] for one in browser.hellos()] == [False, True, True, True]
    browser.click('nav >> text="Overview"')
    wait.equals(lambda: len(browser.texts(".backends .toggle")), 16, "backends made meanwhile")
    browser.must_be_clean(CUT)


def test_the_agent_comes_back_as_another(scene, start_browser):
    """What is shown stays until the new one has told everything; then it is that, and only that."""
    browser = start_browser(scene.agent.port).begin()
    static(scene, 1)
    browser.wait('.backends .toggle:text-is("b1")')
    scene.agent.kill()
    browser.shows("[data-test=connection]", "not connected")
    assert browser.texts(".backends .toggle") == ["b1", "live"]
    assert scene.get().status == 200
    scene.agent.start()
    scene.agent.good(scene.agent.delete("/backends/b1"))
    browser.live(timeout=30)
    wait.equals(lambda: browser.texts(".backends .toggle"), ["live"], "what was deleted is gone")
    browser.shows('.backends li[data-key="live"]', "2/2")
    assert [one["resumed"] for one in browser.hellos()][-1] is False
    browser.must_be_clean(CUT)


def test_try_now_does_not_wait(scene, keeper, start_browser):
    relay = keeper.keep(Relay(scene.agent.port))
    browser = start_browser(relay.port).begin()
    relay.cut()

    def seconds_to_wait() -> int:
        return int(re.search(r"Next try in (\d+)|now", browser.text(".lost")).group(1) or 0)

    wait.until(lambda: seconds_to_wait() >= 6, "it waits longer and longer", timeout=60)
    relay.mend()
    browser.click(".lost button")
    browser.live(timeout=4)
    browser.must_be_clean(CUT)
