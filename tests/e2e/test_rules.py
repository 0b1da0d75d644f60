# SPDX-License-Identifier: Apache-2.0
"""Rules are maps inside; outside they are what acl and use_backend lines would be."""

import random

import load
import pytest
import wait
from asker import Asker
from haproxy import Haproxy

import scene as scenes

BACKENDS = ["b0", "b1", "b2", "b3", "b4"]
REST = "rest"  # the default backend; no rule names it
SEGMENTS = ["a", "ab", "abc", "b", "img", "app", "app1", "v1", "it's", "x;y", "$HOME", "A", "p%20q"]
QUERIES = ["", "?x=1", "?x=12", "?y", "?x=1&y=2", "?u=/a/b"]
HOSTS = ["example.com", "www.example.com", "Example.COM", "api", "shop.Example.org", "10.0.0.1", "com"]
PATH_REGEXES = [
    (r"^/a(b|c)?/", "/ab/x"),
    (r"\.(png|jpg)$", "/img/x.png"),
    (r"/v[0-9]+(/|$)", "/app/v22"),
    (r"^/$", "/"),
    (r"b{2,3}", "/abb"),
    (r"it's", "/it's/x"),
    (r"^/(?i)APP", "/app/y"),
    (r"\$HOME|\\", "/$HOME"),
]
URL_REGEXES = [
    (r"[?&]x=[0-9]+$", "/a?y&x=77"),
    (r"^/a[^?]*\?", "/abc/d?z"),
    (r"x=1(&|$)", "/?x=1&z"),
    (r"^/b", "/b/c?x=3"),
]
KINDS = ["path", "path_beg", "path_reg", "url", "url_beg", "url_reg", "hdr_dom"]


def random_path(rng) -> str:
    segments = [rng.choice(SEGMENTS) for _ in range(rng.randint(0, 3))]
    return "/" + "/".join(segments) + ("/" if segments and rng.random() < 0.2 else "")


def random_pattern(rng, kind) -> str:
    if kind == "hdr_dom":
        return rng.choice(HOSTS)
    if kind.endswith("_reg"):
        return rng.choice(URL_REGEXES if kind == "url_reg" else PATH_REGEXES)[0]
    path = random_path(rng)
    return path + rng.choice(QUERIES) if kind.startswith("url") else path


def random_rule(rng, earlier) -> dict:
    if earlier and rng.random() < 0.1:
        return rng.choice(earlier) | {"backend": rng.choice(BACKENDS)}
    kind = rng.choice(KINDS)
    patterns = [random_pattern(rng, kind) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
    value = "" if rng.random() < 0.03 else " ".join(patterns)
    rule = {"operation": kind, "value": value, "backend": rng.choice(BACKENDS)}
    if kind == "hdr_dom":
        return rule | {"type": "header", "header": rng.choice(["host", "Host"])}
    return rule | {"type": kind.split("_")[0]}


def random_rules(rng) -> list[dict]:
    rules = []
    for _ in range(rng.randint(0, 25)):
        rules.append(random_rule(rng, rules))
    return rules


def example(rng, rule) -> tuple[str, dict]:
    """A target and headers that this rule was made for; an earlier one may take it."""
    kind, pattern = rule["operation"], rng.choice(rule["value"].split() or ["/nothing"])
    if kind == "hdr_dom":
        before, after = rng.choice([("", ""), ("www.", ""), ("", ":8080"), ("not", "")])
        return random_path(rng), {"Host": rng.choice([pattern, pattern.upper()]).join([before, after])}
    if kind.endswith("_reg"):
        return dict(PATH_REGEXES + URL_REGEXES).get(pattern, pattern), {}
    return pattern + (rng.choice(["", "/x", "x", "/a/b"]) if kind.endswith("_beg") else ""), {}


def random_request(rng, rules) -> tuple[str, dict]:
    if rules and rng.random() < 0.6:
        return example(rng, rng.choice(rules))
    return random_path(rng) + rng.choice(QUERIES), {"Host": rng.choice(HOSTS + ["other.test"])}


def quoted(pattern) -> str:
    return "'" + pattern.replace("'", "'\\''") + "'"


def plain_lines(rules) -> str:
    """The same list as an operator writes it by hand."""
    lines = []
    for number, rule in enumerate(rules):
        fetch = "hdr_dom(host) -i" if rule["operation"] == "hdr_dom" else rule["operation"]
        patterns = " ".join(quoted(pattern) for pattern in rule["value"].split())
        if patterns:
            lines.append(f"    acl r{number} {fetch} -- {patterns}\n")
            lines.append(f"    use_backend {rule['backend']} if r{number}\n")
    return "".join(lines)


def plain_config(folder, lists, ports_of) -> str:
    text = ""
    for number, rules in enumerate(lists):
        text += f"frontend f{number}\n    bind unix@{folder}/f{number}.sock\n"
        text += plain_lines(rules) + f"    default_backend {REST}\n"
    for name, port in ports_of.items():
        text += f"backend {name}\n    server s 127.0.0.1:{port}\n"
    return text


@pytest.fixture
def routed(start_scene, start_origin, haproxy_version):
    """A scene with a backend per name, each with one member: name of the member -> backend."""
    names = [*BACKENDS, REST]
    origin = start_origin("o", count=len(names))
    scene = start_scene(haproxy_version, origins=[], begin=False)
    scene.ports_of = dict(zip(names, origin.ports))
    scene.backend_of = {f"o-{port}": name for name, port in scene.ports_of.items()}
    backends = [
        {"key": name, "type": "static", "members": [{"host": "127.0.0.1", "port": port}]}
        for name, port in scene.ports_of.items()
    ]
    frontend = {"key": "web", "bind": f"127.0.0.1:{scene.port}", "backend": REST}
    body = {"frontends": [frontend], "backends": backends}
    scene.agent.good(scene.agent.put("/config", body, wait="10s"))
    wait.until(lambda: scenes.is_listening(scene.port), "web listens")
    return scene


def test_rules_choose_what_acl_and_use_backend_lines_choose(
    routed, keeper, haproxy_version, work, scaled, request
):
    """--full: 300 lists of rules, 50 requests to each, over half of them hit."""
    rng = random.Random(f"rules {haproxy_version}")
    lists = [random_rules(rng) for _ in range(scaled(300))]
    folder = work / "plain"
    folder.mkdir()
    plain = keeper.keep(Haproxy(haproxy_version, folder, name="plain"))
    plain.start(plain_config(folder, lists, routed.ports_of))
    ours = keeper.keep(Asker(routed.port))
    hits = asked = 0
    with routed.no_reload():
        for number, rules in enumerate(lists):
            routed.put_frontend(backend=REST, rules=rules)
            theirs = keeper.keep(Asker(unix=folder / f"f{number}.sock"))
            for _ in range(50):
                target, headers = random_request(rng, rules)
                wanted, got = theirs.ask(target, headers), ours.ask(target, headers)
                assert got == wanted, (target, headers, routed.backend_of.get(wanted, wanted), rules)
                hits += routed.backend_of.get(wanted) in BACKENDS
                asked += 1
            theirs.stop()
    assert asked == 50 * scaled(300)
    assert hits > asked * 0.4


def test_each_kind_of_rule_hits_what_it_names(routed, keeper):
    ours = keeper.keep(Asker(routed.port))
    cases = [
        ("path", "/exact", "/exact", "/exact/not"),
        ("path_beg", "/pre /fix", "/fixed/x", "/x/pre"),
        ("path_reg", r"\.(png|gif)$", "/x/y.gif", "/x/y.gif/z"),
        ("url", "/q?a=1", "/q?a=1", "/q?a=12"),
        ("url_beg", "/q?b", "/q?b=2", "/q?c"),
        ("url_reg", "c=[0-9]$", "/any?c=3", "/any?c=33x"),
    ]
    rules = [
        {"type": kind.split("_")[0], "operation": kind, "value": value, "backend": BACKENDS[i % 5]}
        for i, (kind, value, _, _) in enumerate(cases)
    ]
    rules.append(
        {"type": "header", "header": "Host", "operation": "hdr_dom", "value": "Shop.Example", "backend": "b3"}
    )
    with routed.no_reload():
        routed.put_frontend(backend=REST, rules=rules)
    for i, (_, _, hit, miss) in enumerate(cases):
        assert routed.backend_of[ours.ask(hit)] == BACKENDS[i % 5], hit
        assert routed.backend_of[ours.ask(miss)] == REST, miss
    assert routed.backend_of[ours.ask("/", {"Host": "www.SHOP.example:8080"})] == "b3"
    assert routed.backend_of[ours.ask("/", {"Host": "shopexample"})] == REST


def test_a_rule_on_another_header_is_a_reload_once_and_then_a_map(routed, keeper):
    ours = keeper.keep(Asker(routed.port))

    def rules(value):
        return [{"type": "header", "header": "X-Tenant", "operation": "hdr_dom", "value": value, "backend": "b1"}]

    body = {"bind": f"127.0.0.1:{routed.port}", "backend": REST, "rules": rules("acme")}
    plan = routed.agent.good(routed.agent.put("/frontends/web", body, dryRun="true")).body
    assert plan["verdict"] == "reload"
    assert any("rules" in reason["field"] for reason in plan["reasons"]), plan
    with routed.reloads(1):
        routed.put_frontend(backend=REST, rules=rules("acme"))
    assert routed.backend_of[ours.ask("/", {"X-Tenant": "acme"})] == "b1"
    with routed.no_reload():
        routed.put_frontend(backend=REST, rules=rules("globex"))
    assert routed.backend_of[ours.ask("/", {"X-Tenant": "globex"})] == "b1"
    assert routed.backend_of[ours.ask("/", {"X-Tenant": "acme"})] == REST
    assert routed.backend_of[ours.ask("/")] == REST


def many_rules(backend, count):
    """The one rule that matters comes last, so that a half done change would show."""
    filler = [
        {"type": "path", "operation": "path_beg", "value": f"/{backend}/{i}", "backend": backend}
        for i in range(count - 1)
    ]
    return [*filler, {"type": "path", "operation": "path", "value": "/hot", "backend": backend}]


def test_rules_change_under_load_in_one_step(routed, keeper, scaled):
    """--full: 100 changes of 1,000 rules each: no request sees none or half of them, none after the
    answer sees the old ones."""
    ours = keeper.keep(Asker(routed.port))
    routed.put_frontend(backend=REST, rules=many_rules("b0", scaled(1000)))
    with routed.no_reload(), routed.load("/hot"), load.Prober(routed.port, "/hot") as prober:
        for change in range(scaled(100)):
            backend = BACKENDS[(change + 1) % 2]
            routed.put_frontend(backend=REST, rules=many_rules(backend, scaled(1000)))
            fresh = Asker(routed.port)
            answers = {routed.backend_of[asker.ask("/hot")] for asker in (ours, fresh) for _ in range(20)}
            fresh.stop()
            assert answers == {backend}
    assert not prober.failures
    assert {routed.backend_of[name] for name in prober.names()} == {"b0", "b1"}


def test_a_default_backend_changes_without_a_reload(routed, keeper):
    ours = keeper.keep(Asker(routed.port))
    with routed.no_reload(), routed.load():
        for backend in ("b0", "b1", REST):
            routed.put_frontend(backend=backend)
            assert routed.backend_of[ours.ask()] == backend


def test_no_rules_means_the_default_backend_again(routed, keeper):
    ours = keeper.keep(Asker(routed.port))
    with routed.no_reload():
        routed.put_frontend(backend=REST, rules=many_rules("b2", 5))
        assert routed.backend_of[ours.ask("/hot")] == "b2"
        routed.put_frontend(backend=REST, rules=[])
        assert routed.backend_of[ours.ask("/hot")] == REST


ODD = [
    ("/it's", "/it's"),
    ("/a;disable", "/a;disable"),
    ("/x\\y", "/x%5Cy"),
    ('/say"', "/say%22"),
    ("/$HOME", "/$HOME"),
    ("/a&&b||c", "/a&&b||c"),
    ("/in#side", "/in%23side"),
    ("/\u00e4", "/%C3%A4"),
]


def test_odd_characters_of_a_rule_stay_characters(routed, keeper):
    """Each hits its own text where HTTP can send it, and the rule behind them hits still."""
    values = [value for value, _ in ODD] + ["/next"]
    rules = [
        {"type": "path", "operation": "path", "value": value, "backend": BACKENDS[i % 4]}
        for i, value in enumerate(values)
    ]
    with routed.no_reload():
        routed.put_frontend(backend=REST, rules=rules)
    assert [rule["value"] for rule in routed.agent.get("/frontends/web").body["rules"]] == values
    ours = keeper.keep(Asker(routed.port))
    for i, (value, target) in enumerate(ODD):
        wanted = BACKENDS[i % 4] if target == value else REST
        assert routed.backend_of[ours.ask(target)] == wanted, target
    assert routed.backend_of[ours.ask("/next")] == BACKENDS[len(ODD) % 4]
    # and a HAProxy that starts from the files knows them, too
    assert routed.haproxy.check()[0] == 0
    routed.haproxy.reload()
    assert routed.backend_of[Asker(routed.port).ask("/it's")] == "b0"
    assert routed.backend_of[Asker(routed.port).ask("/next")] == BACKENDS[len(ODD) % 4]
