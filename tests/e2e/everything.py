# SPDX-License-Identifier: Apache-2.0
"""Objects of every kind in which every field is used."""

import membership

import ports

BACKENDS = {
    "rich": {
        "type": "static", "balance": "leastconn", "host": "site.example", "mode": "http",
        "health": {"method": "HEAD", "uri": "/health?x=1", "httpVersion": "HTTP/1.1", "interval": 5000},
        "server": ["maxconn 100"], "cookie": "STICKY", "natives": ["fullconn 77"],
        "members": [
            {"host": "127.0.0.1", "port": "8080", "weight": 7},
            {"host": "::1", "port": 8081, "backup": True},
        ],
    },
    "plain": {"type": "static", "host": "", "members": []},
    "sub": {"type": "dynamic", "name": "other-service", "version": "v2-beta", "balance": "source"},
    "bytes": {"type": "static", "mode": "tcp"},
}

SPLITS = {
    "rich": {
        "targets": [{"backend": "rich", "weight": 9999}, {"backend": "plain", "weight": "1"}],
        "sticky": "src",
    },
}
POLICIES = {
    "beta": {
        "frontend": "full", "priority": 5, "enabled": False,
        "match": {
            "host": "a.example", "path": {"prefix": "/p"}, "method": ["GET", "PUT"],
            "header": {"X-Tenant": {"in": ["a", "b"]}}, "cookie": {"c": {"present": True}},
            "query": {"q": {"regex": "^x"}}, "src": ["10.0.0.0/8", "::1"],
            "percent": {"share": 500, "by": "cookie:uid"},
            "any": [{"path": "/1"}, {"not": {"path": "/2"}}],
        },
        "action": {"backend": "plain", "set": {"variant": "b"}},
    },
}
KINDS = {"frontends": "frontend", "backends": "backend", "splits": "split", "policies": "policy"}


def frontends_at(port) -> dict[str, dict]:
    rules = [
        {"type": "path", "operation": "path_beg", "value": "/a /b", "backend": "rich"},
        {"type": "header", "header": "host", "operation": "hdr_dom", "value": "x.example", "backend": "plain"},
        {"type": "url", "operation": "url_reg", "value": "[?]q=\\d+$", "backend": "nosuch"},
    ]
    return {
        "full": {
            "bind": f"127.0.0.1:{port}, 127.0.0.1:{port + 1},", "backend": "rich", "keepalive": "server-close",
            "rules": rules, "natives": ["maxconn 100", "option dontlognull"],
        },
        "raw": {"bind": f"127.0.0.1:{port + 2} accept-proxy", "mode": "tcp", "backend": "bytes"},
    }


def with_keys(objects) -> list[dict]:
    return [{"key": key} | fields for key, fields in objects.items()]


def put(scene):
    frontends = frontends_at(ports.free())
    body = {
        "frontends": with_keys(frontends), "backends": with_keys(BACKENDS),
        "splits": with_keys(SPLITS), "policies": with_keys(POLICIES),
    }
    scene.agent.good(scene.agent.put("/config", body, wait="10s"))
    membership.agree(scene.agent)
    return scene


def objects_of(agent) -> list[tuple[str, dict]]:
    found = []
    for kind in KINDS:
        listed = agent.get(f"/{kind}").body
        assert [one["key"] for one in listed] == sorted(one["key"] for one in listed)
        found += [(f"/{kind}/{one['key']}", one) for one in listed]
    return found
