# SPDX-License-Identifier: Apache-2.0
"""Policies in a HAProxy with hand-written maps: random ones, what they decide, and the requests."""

import collections
import json
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import parts

HOSTS = ["a.example", "A.Example", "b.example:8080", "[::1]:80", "www.a.example", "10.0.0.1"]
PATHS = ["/", "/a", "/a/b", "/A", "/a%20b", "/b", "/ab"]
METHODS = ["GET", "GET", "POST", "PUT", "get"]
HEADERS = ["x-a", "X-A", "x-b", "X-B", "accept", "x-c"]
COOKIES = ["uid", "sid", "UID", "lang"]
PARAMETERS = ["q", "p", "a b", "Q"]
VALUES = ["a", "A", "ab", "b", "a b", "a,b", "a=b", "café", "0"]
NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "127.0.0.2", "::/0", "0.0.0.0/1"]
PATTERNS = ["^a", "b$", "(?i)^A"]
# the words that one and the same condition may be about
OPERATIONS = ["equals", "prefix", "suffix", "contains"]


def _condition(dice, texts):
    kind = dice.randrange(8)
    if kind < 2:
        return dice.choice(texts)
    if kind < 5:
        return {dice.choice(OPERATIONS): dice.choice(texts)}
    if kind == 5:
        return {"in": dice.sample(texts, 2)}
    return {"regex": dice.choice(PATTERNS)} if kind == 6 else {dice.choice(["present", "absent"]): True}


def _match(dice, depth=2):
    hosts = [host.rsplit(":", 1)[0] if host[-1].isdigit() and ":" in host else host for host in HOSTS]
    kinds = {
        "host": lambda: _condition(dice, hosts),
        "path": lambda: _condition(dice, PATHS),
        "method": lambda: dice.sample(sorted(set(METHODS)), 2),
        "header": lambda: {dice.choice(HEADERS): _condition(dice, VALUES)},
        "cookie": lambda: {dice.choice(COOKIES): _condition(dice, VALUES)},
        "query": lambda: {dice.choice(PARAMETERS): _condition(dice, VALUES)},
        "src": lambda: dice.sample(NETWORKS, 2),
        "percent": lambda: {
            "share": dice.randrange(0, 10001, 500),
            "by": dice.choice(["src", "cookie:uid", "header:X-A"]),
        },
    }
    if depth:
        kinds["any"] = lambda: [_match(dice, depth - 1) for _ in range(2)]
        kinds["not"] = lambda: _match(dice, depth - 1)
    return {kind: kinds[kind]() for kind in dice.sample(sorted(kinds), dice.choice([1, 1, 2]))}


def draw_policies(dice, count) -> dict:
    return {
        f"p{i}": {
            "frontend": "web",
            "priority": dice.randrange(3),
            "match": _match(dice),
            "action": {"backend": f"be{i % 3}", "set": {"variant": f"v{i}"}},
        }
        for i in range(count)
    }


def draw_request(dice) -> dict:
    """method, target, headers: a list of pairs."""
    pairs = [(dice.choice(PARAMETERS), dice.choice(VALUES)) for _ in range(dice.randrange(3))]
    query = "&".join(f"{quote(k)}={quote(v)}" for k, v in pairs)
    headers = [("Host", dice.choice(HOSTS))]
    headers += [(dice.choice(HEADERS), dice.choice(VALUES)) for _ in range(dice.randrange(4))]
    cookies = [f"{dice.choice(COOKIES)}={dice.choice(VALUES)}" for _ in range(dice.randrange(3))]
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    target = dice.choice(PATHS) + (f"?{query}" if query else "")
    return {"method": dice.choice(METHODS), "target": target, "headers": headers}


def told(request) -> dict:
    """As POST /policies/try takes it; `src` is 127.0.0.1 unless the request says another."""
    headers: dict[str, list[str]] = {}
    for name, value in request["headers"]:
        headers.setdefault(name.lower(), []).append(value)
    return {
        "frontend": "web",
        "method": request["method"],
        "url": request["target"],
        "headers": headers,
        "src": request.get("src", "127.0.0.1"),
    }


def decide(policies, requests=(), buckets=()) -> dict:
    """What the agent's function says: names, lines, answers, buckets."""
    asked = {"policies": policies, "requests": [told(r) for r in requests], "buckets": buckets}
    done = subprocess.run(
        [parts.built("policy-decide")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lay_out(folder, maps, lookups="") -> Path:
    """lua/, maps/ and lookups.txt as HAProxy finds them; `maps`: name -> entries."""
    folder = Path(folder)
    shutil.copytree(parts.ROOT / "lua", folder / "lua")
    (folder / "maps").mkdir()
    for name in ("active", "default", "proxies", "splits", "policies", "policy-lines"):
        maps.setdefault(name, {})
    for name, entries in maps.items():
        text = "".join(f"{key} {value}\n" for key, value in entries.items())
        (folder / "maps" / f"{name}.map").write_text(text)
    (folder / "lookups.txt").write_text(lookups)
    return folder


def set_map(haproxy, path, old, new) -> None:
    """Makes the entries `old` into `new` at runtime."""
    for key, value in new.items():
        if old.get(key) != value:
            haproxy.cli(f"{'set' if key in old else 'add'} map {path} {key} {value}")
    for key in old:
        if key not in new:
            haproxy.cli(f"del map {path} {key}")


class Asker:
    """Requests byte by byte as they are given, on one connection."""

    def __init__(self, port, host="127.0.0.1"):
        self.socket = socket.create_connection((host, port), 10)
        self.rest = b""

    def ask(self, request) -> dict[str, str]:
        """The answer's headers; one that HAProxy leaves out, since it is empty, is "". `body` is its
        body."""
        lines = [f"{request['method']} {request['target']} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in request["headers"]]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            assert piece, f"closed in answer to {request}; had sent {self.rest!r}"
            self.rest += piece
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        status, *headers = head.decode().split("\r\n")
        assert " 200 " in status, f"{status} in answer to {request}"
        found = (line.split(": ", 1) for line in headers)
        answer = collections.defaultdict(str, {name.lower(): value for name, value in found})
        length = int(answer["content-length"] or 0)
        while len(self.rest) < length:
            piece = self.socket.recv(65536)
            assert piece, f"closed in the body of the answer to {request}"
            self.rest += piece
        answer["body"], self.rest = self.rest[:length].decode(), self.rest[length:]
        return answer

    def close(self) -> None:
        self.socket.close()

    stop = close
