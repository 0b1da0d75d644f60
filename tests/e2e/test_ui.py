# SPDX-License-Identifier: Apache-2.0
"""What a browser shows: each page with real objects, for everybody, and what is wrong first."""

import os
import signal

import load
import pytest
import wait

LONGEST_MS = 400  # of one task, CPU time; 150 were seen on a busy machine with 200 backends
PAGES = ["overview", "activity", "services", "plan", "config"]
SCREENS = [(1440, 900), (360, 780)]
RULES = [
    {"type": "path", "operation": "path_beg", "value": "/files/", "backend": "files"},
    {"type": "header", "header": "host", "operation": "hdr_dom", "value": "files.example", "backend": "files"},
]


@pytest.fixture
def scene(start_scene, start_origin, consul, haproxy_version):
    """Two versions of the service; `web` with rules, a native, a split."""
    first, second = start_origin("s1", "1.0.0", count=3), start_origin("s2", "2.0.0", count=2)
    scene = start_scene(haproxy_version, [first], consul)
    scene.register(second)
    scene.put_static("files", second)
    scene.put_frontend(rules=RULES, natives=["http-request set-header X-By thalassa"])
    body = {"targets": [{"backend": "live", "weight": 9000}, {"backend": "files", "weight": 1000}], "sticky": "src"}
    scene.agent.good(scene.agent.put("/splits/live", body, wait="10s"))
    return scene


def test_pages_show_what_is(scene, start_browser):
    browser = start_browser(scene.agent.port).begin("/")
    browser.shows(".frontends .row", "open")
    assert browser.texts(".backends .toggle") == ["files", "live"]
    browser.shows('.backends li[data-key="live"]', "3/3")
    browser.shows('.backends li[data-key="live"]', "10 % to files")
    browser.toggle("live")
    members = [f"{host}" for host in browser.texts(".members .address")]
    assert members == sorted(scene.addresses)
    browser.shows('.members tr[data-key] .m-state', "up")
    browser.toggle("web")
    browser.shows(".routes", "/files/")
    browser.shows(".frontends pre", "X-By")
    browser.click('nav >> text="Activity"')
    browser.shows(".log", "frontend/web")
    browser.click('nav >> text="Services"')
    browser.shows(".service:has-text('site')", "2.0.0")
    browser.click('nav >> text="Plan"')
    browser.shows(".verdict", "Nothing to do")
    browser.click('nav >> text="Configuration"')
    browser.shows(".code", "global")
    browser.fill("input[type=search]", "backend live")
    browser.shows(".code", "backend live")
    browser.must_be_clean()


def test_figures_are_those_of_the_traffic(scene, start_browser):
    browser = start_browser(scene.agent.port).begin()

    def figure(name) -> str:
        return browser.text(f'.frontends li[data-key="web"] .cell:has(.k:text-is("{name}")) .v')

    assert figure("req/s") == "0"
    traffic = load.Wrk(f"http://127.0.0.1:{scene.port}/", seconds=60, connections=4)
    try:
        wait.until(lambda: figure("req/s") not in ("0", "–"), "requests are shown", timeout=20)
        browser.toggle("live")
        browser.shows(".members", "L4OK")
        browser.wait(".chart canvas")
        wait.until(lambda: browser.text(".chart .c-requests b") not in ("0", "–"), "the chart has them")
        browser.click('.choice button:text-is("24 h")')
        wait.until(lambda: browser.count(".history canvas") or browser.count(".history .empty"), "a day, or that there is none yet")
    finally:
        traffic.stop()
    wait.until(lambda: figure("req/s") == "0", "no traffic is shown as none", timeout=20)
    browser.must_be_clean()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_everybody_can_use_every_page(scene, start_browser, theme):
    """axe-core finds nothing serious, and nothing is wider than the screen."""
    browser = start_browser(scene.agent.port)
    for width, height in SCREENS:
        browser.begin(width=width, height=height, theme=theme)
        for page in PAGES:
            browser.goto(f"/{page}")
            browser.live()
            browser.wait("h1, h2")
            if page == "overview":
                browser.toggle("live")
                browser.toggle("web")
                browser.wait(".members .m-do")
                browser.wait(".chart canvas >> nth=1")
            assert browser.axe() == [], (page, width)
            assert browser.evaluate("document.documentElement.scrollWidth") <= width, (page, width)
    browser.begin(theme=theme)
    browser.toggle("live")
    browser.click('[aria-label^="Drain"] >> nth=0')
    browser.wait("dialog[open] .consequence.is-ok")
    assert browser.axe() == []
    browser.must_be_clean()


def test_the_theme_is_kept(scene, start_browser):
    browser = start_browser(scene.agent.port).begin(theme="light")
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    light = browser.evaluate(colour)
    browser.click(".theme")
    wait.until(lambda: browser.evaluate(colour) != light, "it is dark")
    dark = browser.evaluate(colour)
    browser.goto("/plan")
    browser.live()
    assert browser.evaluate(colour) == dark
    browser.theme("dark")
    browser.click(".theme")
    wait.equals(lambda: browser.evaluate(colour), light, "it is light again")


def test_nothing_needs_a_mouse(scene, start_browser):
    browser = start_browser(scene.agent.port).begin()
    focus = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"

    def tab_to(text, key="Tab", most=60) -> None:
        for _ in range(most):
            browser.press(key)
            if text in (browser.evaluate(focus) or ""):
                outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline not in ("none", ""), f"{text}: the focus is not seen"
                return
        raise AssertionError(f"{text} is not reached")

    tab_to("Skip to the content")
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.id") == "main"
    tab_to("live follows site 1.0.0")
    browser.press("Enter")
    wait.until(lambda: "1.0.0" in (browser.evaluate(focus) or ""), "the menu has the focus")
    browser.press("Escape")
    assert browser.count("[role=menu]") == 0
    assert "live follows" in browser.evaluate(focus)
    browser.press("Enter")
    wait.until(lambda: "healthy" in (browser.evaluate(focus) or ""), "the menu has the focus")
    browser.press("ArrowDown")
    assert "2.0.0" in browser.evaluate(focus)
    browser.press("Enter")
    browser.wait("dialog[open]")
    assert browser.evaluate("document.activeElement.innerText") == "Cancel"
    browser.press("Escape")
    browser.wait("dialog", "detached")
    assert scene.agent.get("/backends/live").body["version"] == "1.0.0"
    browser.must_be_clean()


def test_a_dead_haproxy_is_the_first_thing_to_see(start_scene, haproxy_version, start_browser):
    """The agent may not start it; one that may does, and all is well again."""
    scene = start_scene(haproxy_version)
    scene.agent.restart(haproxyStart="never")
    scene.agent.wait_applied()
    browser = start_browser(scene.agent.port).begin()
    browser.shows('.backends li[data-key="live"] .state', "up")
    assert browser.count(".problems") == 0
    for pid in (scene.haproxy.master_pid(), scene.haproxy.worker_pid()):
        os.kill(pid, signal.SIGKILL)
    browser.shows("[data-test=haproxy]", "down", timeout=20)
    browser.shows(".problems .notice.is-bad", "HAProxy does not answer")
    browser.shows('.backends li[data-key="live"] .state', "unknown")
    assert browser.evaluate("document.title").startswith("(")
    scene.agent.restart(haproxyStart="auto")
    browser.shows("[data-test=haproxy]", "up", timeout=30)
    browser.shows('.backends li[data-key="live"] .state', "up", timeout=30)
    wait.until(lambda: browser.count(".problems") == 0, "the problem is gone", timeout=20)
    browser.must_be_clean(allowed=["ERR_", "WebSocket"])


def test_a_page_that_is_not_there(scene, start_browser):
    browser = start_browser(scene.agent.port)
    browser.open()
    assert browser.goto("/nothing") == 404
    assert browser.goto("/ui/js/nothing.js") == 404
    assert browser.goto("/backends/nothing") == 404


def test_many_backends_do_not_freeze_the_page(start_agent, registry, haproxy_version, start_browser, scaled):
    """All that is drawn is what is seen, whatever there is."""
    agent = start_agent(haproxy_version, **registry.options)
    count, members = max(60, scaled(200)), 50
    backends = [
        {"key": f"b{n:03}", "type": "static", "health": {"uri": "/", "interval": 60000},
         "members": [{"host": f"127.{1 + n // 200}.{1 + n % 200}.{1 + m}", "port": 9} for m in range(members)]}
        for n in range(count)
    ]
    for first in range(0, count, 100):
        agent.good(agent.put("/config", {"backends": backends[first:first + 100]}))
    browser = start_browser(agent.port)
    browser.open()
    browser.trace()
    browser.goto("/overview")
    browser.live()
    browser.shows(".backends h2", str(count))
    assert browser.count(".backends .row") < 50
    assert browser.evaluate("document.querySelectorAll('*').length") < 5000
    browser.toggle("b000")
    browser.shows(".members", "127.1.1.1:9")
    assert browser.count(".members tr[data-key]") < 45, "the box draws what is seen of it"
    for _ in range(40):
        browser.press("PageDown")
    browser.press("End")
    browser.wait(f'.backends .toggle:text-is("b{count - 1:03}")')
    browser.fill("input[type=search]", "127.1.7.3:9")
    wait.until(lambda: browser.texts(".backends .toggle") == ["b006"], "found by a member's address")
    assert browser.traced() < LONGEST_MS
    browser.must_be_clean()
