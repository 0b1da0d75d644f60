# SPDX-License-Identifier: Apache-2.0
"""lua/thalassa.lua in a real HAProxy: the same decisions as the agent's function, from maps that change
at runtime, and `show thalassa` that tells where requests go."""

import random
import shutil

import policies
import pytest
import wait

import ports

GLOBAL = """\
global
    stats socket {folder}/admin.sock mode 600 level admin
    {tune}
    lua-load {folder}/lua/thalassa.lua

defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s

"""

DECIDE = """\
    http-request set-var(txn.ask) fe_name,map_str({folder}/maps/policies.map)
    http-request lua.thalassa_decide if {{ var(txn.ask) -m found }}
"""

# every variable in the answer
ASKED = """\
frontend web
    bind 127.0.0.1:{port}
    bind :::{both} v4v6
    http-request set-var(txn.salt) req.hdr(x-salt)
{decide}    http-request return status 200 hdr x-backend "%[var(txn.thalassa.backend)]" hdr x-policy "%[var(txn.thalassa.policy)]" hdr x-variant "%[var(txn.thalassa.variant)]" hdr x-done "%[var(txn.thalassa.done)]" hdr x-cookie-bucket "%[req.cook(uid),concat(:,txn.salt),xxh32(0),mod(10000)]" hdr x-src-bucket "%[src,concat(:,txn.salt),xxh32(0),mod(10000)]"
"""


class Lua:
    """HAProxy with lua/ and maps in the test's folder; `policies` and `lines` are what the maps have."""

    def __init__(self, version, folder, start, config, maps=None, lookups="frontend web path\n"):
        maps = {"web.path.a": {}, "web.path.b": {}, "web.rank": {}, **(maps or {})}
        self.folder = policies.lay_out(folder, maps, lookups)
        self.names, self.lines = maps["policies"], maps["policy-lines"]
        self.port, self.both = ports.free(), ports.free()
        tune = "" if version in ("2.6", "3.0") else "tune.lua.bool-sample-conversion normal"
        text = GLOBAL.format(folder=folder, tune=tune) + config.format(
            folder=folder, port=self.port, both=self.both, decide=DECIDE.format(folder=folder)
        )
        self.haproxy = start(version, text)
        self.asker = policies.Asker(self.port)

    def set(self, names, lines) -> None:
        """New lines first, then the list, then what is no longer named."""
        maps = f"{self.folder}/maps"
        policies.set_map(self.haproxy, f"{maps}/policy-lines.map", self.lines, {**self.lines, **lines})
        policies.set_map(self.haproxy, f"{maps}/policies.map", self.names, names)
        policies.set_map(
            self.haproxy, f"{maps}/policy-lines.map", {**self.lines, **lines}, lines
        )
        self.names, self.lines = names, lines

    def ask(self, method="GET", target="/", **headers) -> dict[str, str]:
        pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
        if "Host" not in headers:
            pairs.insert(0, ("Host", "a.example"))
        return self.asker.ask({"method": method, "target": target, "headers": pairs})

    def show(self, words) -> str:
        return self.haproxy.cli(f"show thalassa {words}")


@pytest.fixture
def start_lua(keeper, work, start_haproxy, haproxy_version):
    def start(config=ASKED, **named):
        lua = Lua(haproxy_version, work, start_haproxy, config, **named)
        keeper.stack.callback(lua.asker.close)
        return lua

    return start


@pytest.fixture
def lua(start_lua):
    return start_lua()


def test_lua_decides_as_the_agent_does(lua, scaled):
    """Random policies, changed at runtime; half of the requests meet one."""
    dice = random.Random(7)
    met = asked = 0
    for _ in range(scaled(80)):
        drawn = policies.draw_policies(dice, dice.randrange(1, 7))
        requests = [policies.draw_request(dice) for _ in range(30)]
        said = policies.decide(drawn, requests)
        lua.set(said["names"], said["lines"])
        for request, answer in zip(requests, said["answers"]):
            want = answer["withoutAgent"]
            got = lua.asker.ask(request)
            taken = want["decision"] == "taken"
            wanted = (want["backend"], want["policy"], want["set"]["variant"]) if taken else ("", "", "")
            assert (got["x-backend"], got["x-policy"], got["x-variant"]) == wanted, (request, drawn)
            assert got["x-done"] == "lua"
            met, asked = met + taken, asked + 1
    assert 0.25 * asked < met < 0.9 * asked


def one(match, backend="be1", **named) -> dict:
    return {"p": {"frontend": "web", "match": match, "action": {"backend": backend}, **named}}


COOKIES = [
    ["uid=a"],
    ["uid=a; uid=b"],
    ["x=1;uid=c"],
    ["uid=a", "sid=x; uid=d; UID=e"],
    ["uid=a=b"],
    ['uid="q"'],
    [" uid=f ; x"],
    ["uid = g"],
    ["uuid=1; uid=h; uid2=2"],
]


@pytest.mark.parametrize("lines", COOKIES, ids=lambda lines: "|".join(lines).replace(" ", "_"))
def test_a_share_takes_the_cookie_that_a_split_takes(lua, lines):
    request = {"method": "GET", "target": "/", "headers": [("Host", "a"), ("X-Salt", "p")]}
    request["headers"] += [("Cookie", line) for line in lines]
    said = policies.decide(one({"percent": {"share": 10000, "by": "cookie:uid"}}), [request])
    bucket = said["answers"][0]["steps"][0]["conditions"][0]["seen"].split()[1]
    assert lua.asker.ask(request)["x-cookie-bucket"] == bucket


def test_shares_are_those_of_splits(lua):
    """HAProxy's own hash of key and salt is the bucket that policies use."""
    pairs = [(f"user{i}", f"salt{i % 5}") for i in range(50)] + [("a" * 100, "s"), ("é", "s")]
    wanted = policies.decide({}, buckets=[list(pair) for pair in pairs])["buckets"]
    for (key, salt), bucket in zip(pairs, wanted):
        got = lua.ask(X_Salt=salt, Cookie=f"uid={key}")
        assert int(got["x-cookie-bucket"]) == bucket, (key, salt)
    bucket = policies.decide({}, buckets=[["127.0.0.1", "site"]])["buckets"][0]
    assert int(lua.ask(X_Salt="site")["x-src-bucket"]) == bucket


@pytest.mark.parametrize("host, src", [("127.0.0.1", "::ffff:127.0.0.1"), ("::1", "::1")])
def test_an_address_is_the_same_for_all(lua, keeper, host, src):
    """IPv4 through an IPv6 listener is in IPv4 networks, and hashed as HAProxy writes it."""
    asker = policies.Asker(lua.both, host)
    keeper.stack.callback(asker.close)
    request = {"method": "GET", "target": "/", "headers": [("Host", "a"), ("X-Salt", "p")], "src": src}
    bucket = int(asker.ask(request)["x-src-bucket"])
    for match, want in (
        ({"src": "127.0.0.0/8"}, host == "127.0.0.1"),
        ({"src": ["::/0"]}, host == "::1"),
        ({"percent": {"share": bucket + 1}}, True),
        ({"percent": {"share": bucket}}, False),
    ):
        said = policies.decide(one(match), [request])
        assert said["answers"][0]["decision"] == ("taken" if want else "none"), match
        lua.set(said["names"], said["lines"])
        assert asker.ask(request)["x-backend"] == ("be1" if want else ""), match


@pytest.mark.parametrize("when", ["at runtime", "in the file"])
def test_a_line_of_12_kb_counts_whole(start_lua, when):
    texts = [f"{i:04d}" + "x" * 90 for i in range(128)]
    said = policies.decide(one({"header": {"x-a": {"in": texts}}}))
    assert 12000 < len(said["lines"]["p"]) <= 12288
    if when == "at runtime":
        lua = start_lua()
        lua.set(said["names"], said["lines"])
    else:
        lua = start_lua(maps={"policies": said["names"], "policy-lines": said["lines"]})
    assert lua.ask(X_A=texts[0])["x-backend"] == "be1"
    assert lua.ask(X_A=texts[127])["x-backend"] == "be1"
    assert lua.ask(X_A="0000")["x-backend"] == ""


@pytest.mark.parametrize("line", ["", "2,be1,0,a,0", "1,be1,0,q", "1,be1", "1,be1,0,a,0,x"])
def test_a_line_that_cannot_be_read_leaves_the_route(lua, line):
    """Neither it nor what comes behind it decides, since it may have been meant."""
    good = policies.decide(one({}))["lines"]["p"]
    lua.set({"web": "bad,p"}, {"p": good, **({"bad": line} if line else {})})
    got = lua.ask()
    assert (got["x-backend"], got["x-done"]) == ("", "lua")
    lua.set({"web": "p"}, {"p": good})
    assert lua.ask()["x-backend"] == "be1"


def test_what_needs_the_agent_is_left_to_the_maps(lua):
    """A regular expression is not decided here; a policy whose other conditions fail is."""
    drawn = {
        **one({"host": "a.example", "header": {"x-a": {"regex": "^b"}}}),
        "q": {"frontend": "web", "priority": 200, "match": {}, "action": {"backend": "be2"}},
    }
    said = policies.decide(drawn)
    lua.set(said["names"], said["lines"])
    assert lua.ask(X_A="b")["x-backend"] == ""
    assert lua.ask(X_A="b", Host="b.example")["x-backend"] == "be2"
    assert lua.ask()["x-backend"] == "be2"  # without the header there is nothing to match
    assert "p -> be1 (has a regular expression: needs the agent)" in lua.show("policies")


def test_no_file_is_opened_after_the_start(lua):
    """As in a chroot: the folder is gone, maps go on changing."""
    shutil.rmtree(lua.folder / "lua")
    shutil.rmtree(lua.folder / "maps")
    said = policies.decide(one({"query": {"q": "1"}}))
    lua.set(said["names"], said["lines"])
    assert lua.ask(target="/?q=1")["x-backend"] == "be1"
    assert "policy" in lua.show("route GET http://a.example/?q=1")


def test_a_frontend_without_policies_does_not_ask(lua):
    assert lua.ask()["x-done"] == ""


ROUTED = """\
frontend web
    bind 127.0.0.1:{port}
    http-request set-var(txn.g) fe_name,map_str({folder}/maps/active.map,a)
    http-request set-var(txn.r) path,map_str_int({folder}/maps/web.path.a.map,999999) if {{ var(txn.g) -m str a }}
    http-request set-var(txn.r,ifgt) path,map_beg_int({folder}/maps/web.path_beg.a.map) if {{ var(txn.g) -m str a }}
    http-request set-var(txn.r,ifgt) pathq,map_reg_int({folder}/maps/web.url_reg.a.map) if {{ var(txn.g) -m str a }}
    http-request set-var(txn.r,ifgt) req.hdr(host),lower,map_dom_int({folder}/maps/web.hdr_dom.host.a.map) if {{ var(txn.g) -m str a }}
    http-request set-var(txn.r) path,map_str_int({folder}/maps/web.path.b.map,999999) if {{ var(txn.g) -m str b }}
    http-request set-var(txn.r,ifgt) path,map_beg_int({folder}/maps/web.path_beg.b.map) if {{ var(txn.g) -m str b }}
    http-request set-var(txn.r,ifgt) pathq,map_reg_int({folder}/maps/web.url_reg.b.map) if {{ var(txn.g) -m str b }}
    http-request set-var(txn.r,ifgt) req.hdr(host),lower,map_dom_int({folder}/maps/web.hdr_dom.host.b.map) if {{ var(txn.g) -m str b }}
    http-request set-var(txn.be) var(txn.r),map_str({folder}/maps/web.rank.map)
    http-request set-var(txn.be) fe_name,map_str({folder}/maps/default.map) if !{{ var(txn.be) -m found }}
    http-request set-var(txn.split) var(txn.be),map_str({folder}/maps/splits.map)
    http-request set-var(txn.bkt) rand(10000) if {{ var(txn.split),field(3,/) -m str none }}
    http-request set-var(txn.bkt) src,concat(:,txn.be),xxh32(0),mod(10000) if {{ var(txn.split) -m found }} !{{ var(txn.split),field(3,/) -m str none }}
    http-request set-var(txn.bkt) req.cook(uid),concat(:,txn.be),xxh32(0),mod(10000) if {{ var(txn.split),field(3,/) -m str cookie }} {{ req.cook(uid) -m len gt 0 }}
    http-request set-var(txn.be) var(txn.split),field(2,/) if {{ var(txn.bkt),sub(txn.split) lt 0 }} {{ var(txn.split),field(2,/),map_str({folder}/maps/proxies.map),nbsrv gt 0 }}
{decide}    http-request set-var(txn.be) var(txn.thalassa.backend) if {{ var(txn.thalassa.backend),map_str({folder}/maps/proxies.map),nbsrv gt 0 }}
    http-request set-var(txn.px) var(txn.be),map_str({folder}/maps/proxies.map)
    http-request return status 200 hdr x-be "%[var(txn.be)]" hdr x-px "%[var(txn.px)]"

backend site
    server s 127.0.0.1:9
backend files
    server s 127.0.0.1:9
backend thalassa.spare.1
    server s 127.0.0.1:9
    server t 127.0.0.1:9
backend empty
    server s 127.0.0.1:9 disabled
"""

MAPS = {
    "default": {"web": "site"},
    "proxies": {"site": "site", "files": "files", "be1": "thalassa.spare.1", "empty": "empty"},
    "web.path.a": {"/exact": "1", "/empty": "2"},
    "web.path_beg.a": {"/f": "3"},
    "web.url_reg.a": {"[?&]x=1": "4"},
    "web.hdr_dom.host.a": {"spare.example": "5"},
    "web.path.b": {},
    "web.path_beg.b": {"/f": "500001"},
    "web.url_reg.b": {},
    "web.hdr_dom.host.b": {},
    "web.rank": {"1": "files", "2": "empty", "3": "files", "4": "be1", "5": "be1", "500001": "be1"},
    "splits": {"site": "3000/be1/cookie", "files": "5000/empty/src"},
}
LOOKUPS = "frontend web path path_beg url_reg hdr_dom.host\ncookie uid\n"
REQUESTS = [
    ("/", {}),
    ("/exact", {}),
    ("/empty", {}),
    ("/files", {}),
    ("/files?x=1", {}),
    ("/?x=1", {}),
    ("/?x=2", {}),
    ("/", {"Host": "www.SPARE.example:80"}),
    ("/", {"X-A": "to-policy"}),
    ("/", {"X-A": "to-nobody"}),
    *[("/", {"Cookie": f"uid=u{i}"}) for i in range(20)],
]


def test_show_thalassa_route_tells_where_requests_go(start_lua):
    lua = start_lua(ROUTED, maps={key: dict(value) for key, value in MAPS.items()}, lookups=LOOKUPS)
    said = policies.decide(
        {
            "a": {
                "frontend": "web",
                "match": {"header": {"x-a": "to-policy"}},
                "action": {"backend": "files", "set": {"variant": "b"}},
            },
            **one({"header": {"x-a": "to-nobody"}}, backend="empty"),
        }
    )
    lua.set(said["names"], said["lines"])

    def check():
        seen = set()
        for target, headers in REQUESTS:
            pairs = {"Host": "a.example", **headers}
            got = lua.asker.ask({"method": "GET", "target": target, "headers": list(pairs.items())})
            words = " ".join(f"{name}:{value}" for name, value in pairs.items())
            told = lua.show(f"route GET http://ignored{target} {words} src=127.0.0.1")
            lines = dict(line.split(None, 1) for line in told.splitlines())
            assert lines["backend"] == got["x-be"], (told, target, headers)
            assert lines["proxy"].split(",")[0] == got["x-px"], (told, target, headers)
            seen.add(got["x-be"])
        return seen

    assert check() == {"site", "files", "be1", "empty"}
    lua.haproxy.cli(f"add map {lua.folder}/maps/active.map web b")
    assert "be1" in check()


def test_show_thalassa_lists_splits_and_policies(start_lua):
    lua = start_lua(ROUTED, maps={key: dict(value) for key, value in MAPS.items()}, lookups=LOOKUPS)
    assert lua.show("policies") == "no policies"
    said = policies.decide(one({}, priority=5))
    lua.set(said["names"], said["lines"])
    assert lua.show("policies") == "web: p -> be1"
    assert lua.show("splits").splitlines() == [
        "files: 50.00 % to empty, sticky src",
        "site: 30.00 % to be1, sticky cookie",
    ]
    assert lua.show("route GET").startswith("a method and a URL are wanted")
    assert "show thalassa route METHOD URL" in lua.show("")
    wait.until(lambda: "show thalassa" in lua.haproxy.cli("help"), "the command is in help")
