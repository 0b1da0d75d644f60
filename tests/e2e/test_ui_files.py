# SPDX-License-Identifier: Apache-2.0
"""The web UI's files over HTTP: browsers get the page where programs get the API, both as before."""

import gzip
import http.client
import re

import pytest

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = ["/", "/overview", "/activity", "/services", "/plan", "/config"]


@pytest.fixture
def agent(start_agent, registry):
    return start_agent("2.6", **registry.options)


def named(page) -> list[str]:
    """The files that the page names."""
    return re.findall(r'(?:src|href)="(/ui/[^"]+)"', page)


@pytest.mark.parametrize("path", PAGES)
def test_browsers_get_the_page_and_programs_the_api(agent, path):
    page = agent.good(agent.get(path, BROWSER))
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["Vary"]
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        reply = agent.get(path, accept)
        assert "html" not in reply.headers["Content-Type"], reply
        # without a frontend there is no HAProxy yet, whose version has to be learnt before it is planned
        wanted = {"/": (404,), "/overview": (404,), "/config": (405,), "/plan": (200, 503)}.get(path, (200,))
        assert reply.status in wanted
    assert agent.put("/config", {}, BROWSER).status == 200


def test_what_the_page_names_is_there_for_good_and_loads_nothing_else(agent):
    page = agent.get("/", BROWSER)
    files = named(page.body)
    assert any(file.endswith("/js/main.js") for file in files) and any(file.endswith(".css") for file in files)
    assert "<style" not in page.body and " style=" not in page.body
    assert not re.findall(r"<script(?![^>]*src=)", page.body)
    for file in files:
        reply = agent.good(agent.get(file))
        assert "immutable" in reply.headers["Cache-Control"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"""(?:import|from|fetch)[\s(]*["'`]https?://|url\(["']?https?://""", reply.body), file
        module = file.endswith(".js")
        assert reply.headers["Content-Type"].startswith("text/javascript" if module else ("text/css", "image/svg"))


def test_policy_lets_nothing_in_from_elsewhere(agent):
    headers = agent.get("/overview", BROWSER).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_file_that_is_known_is_not_sent_again(agent):
    file = named(agent.get("/", BROWSER).body)[-1]
    for encoding in ({}, {"Accept-Encoding": "gzip"}):
        first = agent.get(file, encoding)
        again = agent.get(file, encoding | {"If-None-Match": first.headers["ETag"]})
        assert (again.status, again.body) == (304, "")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert agent.get(file, encoding | {"If-None-Match": '"other"'}).status == 200
    assert agent.get(file, {"If-None-Match": first.headers["ETag"]}).status == 200, "that was the packed one"


def test_packed_for_those_who_can_unpack(agent):
    file = next(one for one in named(agent.get("/", BROWSER).body) if one.endswith("uplot.js"))
    answers = {}
    for encoding in ("gzip, br", "identity", "gzip;q=0"):
        connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=10)
        connection.request("GET", file, headers={"Accept-Encoding": encoding})
        reply = connection.getresponse()
        answers[encoding] = reply.getheader("Content-Encoding"), reply.read()
        assert "Accept-Encoding" in reply.getheader("Vary")
        connection.close()
    assert answers["gzip, br"][0] == "gzip" and answers["identity"][0] is answers["gzip;q=0"][0] is None
    assert gzip.decompress(answers["gzip, br"][1]) == answers["identity"][1] == answers["gzip;q=0"][1]
    assert len(answers["gzip, br"][1]) * 3 < len(answers["identity"][1])


def test_head_and_missing_files_and_wrong_methods(agent):
    file = named(agent.get("/", BROWSER).body)[-1]
    head, whole = agent.request("HEAD", file), agent.get(file)
    assert head.body == "" and head.headers["Content-Length"] == whole.headers["Content-Length"]
    missing = agent.get("/ui/js/none.js")
    assert missing.status == 404 and missing.body["error"]
    assert agent.get("/no-such-page", BROWSER).body["error"] == "no such path"
    assert agent.get("/ui/../../etc/passwd").status == 404
    assert agent.put(file, {}).status == 404
    assert agent.get("/", BROWSER | {"Host": "evil.example"}).status == 403


def test_licences_of_what_is_built_in(agent):
    text = agent.good(agent.get("/ui/licenses.txt")).body
    for name in ("Preact", "htm 3", "uPlot", "Pico"):
        assert name in text
    assert text.count("Permission is hereby granted") >= 3 and "Apache License" in text
