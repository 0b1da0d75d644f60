# SPDX-License-Identifier: Apache-2.0
"""What is done from the browser is done: asked first, shown while it goes on, refused in the API's words."""

import pytest
import wait


@pytest.fixture
def scene(start_scene, start_origin, consul, haproxy_version):
    first, second = start_origin("s1", "1.0.0", count=2), start_origin("s2", "2.0.0", count=2)
    scene = start_scene(haproxy_version, [first], consul, drainTimeout="2s")
    scene.register(second)
    scene.second = second
    return scene


def choose(browser, version) -> None:
    browser.click('[aria-label^="live follows"]')
    browser.click(f'[role=menu] button:has-text("{version}")')
    browser.wait("dialog[open]")


def confirm(browser) -> None:
    browser.click("dialog[open] button[type=submit]")


def member_row(address) -> str:
    return f'.members tr[data-key="{address}"]'


def test_switch_from_the_menu_moves_the_traffic(scene, start_browser):
    """The menu has the versions with their counts; no request fails."""
    browser = start_browser(scene.agent.port).begin()
    with scene.no_reload(), scene.load():
        browser.click('[aria-label^="live follows"]')
        wait.equals(
            lambda: browser.texts("[role=menuitemradio]"),
            ["1.0.0 2 of 2 instances healthy", "2.0.0 2 of 2 instances healthy"],
            "versions with counts",
        )
        browser.click('[role=menu] button:has-text("2.0.0")')
        browser.shows("dialog .consequence", "No reload")
        assert scene.agent.get("/backends/live").body["version"] == "1.0.0", "asked first"
        confirm(browser)
        browser.wait("dialog", "detached")
        browser.shows('li[data-key="live"] .progress', "2.0.0")
        browser.shows('li[data-key="live"] .steps .now', "done", timeout=30)
    assert scene.answered_by().startswith("s2")
    browser.shows('[aria-label^="live follows"]', "2.0.0")
    browser.shows(".said", "live follows 2.0.0") if browser.count(".said p") else None
    browser.click('nav >> text="Activity"')
    browser.shows(".log", "switched")
    browser.must_be_clean()


def test_a_switch_that_is_refused_is_told_in_the_words_of_the_api(scene, start_browser):
    browser = start_browser(scene.agent.port).begin()
    choose(browser, "2.0.0")
    for port in scene.second.ports:
        scene.deregister(f"127.0.0.1:{port}")
    wait.until(
        lambda: [one["version"] for one in scene.agent.get("/services/site").body["versions"]] == ["1.0.0"], "it is gone"
    )
    confirm(browser)
    browser.shows("dialog .failure", "knows no passing instance")
    browser.shows("dialog", "Switch nevertheless")
    browser.click("dialog button.quiet")
    assert scene.agent.get("/backends/live").body["version"] == "1.0.0"
    browser.must_be_clean(allowed=["409"])


def test_drain_weight_and_ready_of_one_member(scene, start_browser):
    browser = start_browser(scene.agent.port).begin()
    browser.toggle("live")
    address = scene.addresses[0]
    server = f"live_{address}"
    row = member_row(address)
    state = lambda: scene.haproxy.servers("live")[server]  # noqa: E731

    browser.click(f'{row} button:text-is("Drain")')
    browser.shows("dialog .consequence", "No reload")
    assert state() == "UP"
    browser.click("dialog button.quiet")
    browser.wait("dialog", "detached")
    assert state() == "UP", "cancelled is not done"

    browser.click(f'{row} button:text-is("Drain")')
    confirm(browser)
    browser.shows(f"{row} .m-state", "drain")
    wait.until(lambda: state().startswith("DRAIN"), "drained")
    browser.shows(f"{row} .by", "drain by 127.0.0.1")

    browser.click(f"{row} .value")
    browser.fill("dialog input[type=number]", "7")
    confirm(browser)
    browser.shows(f"{row} .value", "7")
    wait.equals(lambda: int(scene.haproxy.servers_state("live")[server]["srv_uweight"]), 7, "weight")

    browser.click(f'{row} button:text-is("Maint")')
    confirm(browser)
    browser.shows(f"{row} .m-state", "maint")

    browser.click(f'{row} button:text-is("Ready")')
    confirm(browser)
    browser.shows(f"{row} .m-state", "up")
    wait.equals(state, "UP", "ready")
    browser.must_be_clean()


def test_the_slider_of_a_split(scene, start_browser):
    scene.put_static("other", scene.second)
    body = {"targets": [{"backend": "live", "weight": 10000}, {"backend": "other", "weight": 0}], "sticky": "none"}
    scene.agent.good(scene.agent.put("/splits/live", body, wait="10s"))
    browser = start_browser(scene.agent.port).begin()
    browser.toggle("live")
    assert scene.answered_by().startswith("s1")
    browser.click(".split input[type=range]")
    browser.press("End")
    browser.shows(".split output", "100 %")
    browser.click('.split button:text-is("Set")')
    browser.shows("dialog", "Send 100 % of live to other")
    confirm(browser)
    wait.until(lambda: scene.answered_by().startswith("s2"), "all of it goes there")
    browser.shows('.backends li[data-key="live"]', "100 % to other")
    browser.must_be_clean()


def test_a_held_loss_is_taken(haproxy_version, start_scene, start_consul, start_origin, start_browser):
    """Consul has lost its data: the members serve, are shown with the reason, and go when it is said."""
    consul = start_consul(dev=False)
    scene = start_scene(haproxy_version, [start_origin(count=2)], consul, drainTimeout="1s")
    browser = start_browser(scene.agent.port).begin("/services")
    consul.kill()
    consul.restart(wipe=True)
    browser.shows(".registry .notice", "live: 2 members held", timeout=40)
    browser.shows(".problems", "disturbance")
    assert scene.get().status == 200
    browser.click('.registry [aria-label="Accept the loss of live"]')
    browser.shows("dialog", "Accept the loss of 2 members of live")
    confirm(browser)
    browser.wait("dialog", "detached")
    wait.equals(lambda: scene.haproxy.servers("live"), {}, "they are gone", timeout=20)
    wait.until(lambda: browser.count(".registry .notice") == 0, "nothing is held")
    browser.goto("/overview")
    browser.shows('.backends li[data-key="live"]', "empty")
    browser.must_be_clean()
