# SPDX-License-Identifier: Apache-2.0
"""Random changes of everything that operators and registries change, one after another; each API
change is planned first (`?dryRun=true`), and what the plan said of a reload is remembered.

The world that the changes ask for is kept here, as sets of members and weights; twin.py holds the
running HAProxy against it and against a HAProxy that starts from the files."""

import random

import test_rules as routing

VERSIONS = ["1.0.0", "2.0.0"]
SERVICES = ["red", "green"]
NAMES = ["a", "b", "c", "d"]  # backends that come and go; `live` stays
POOL, LEAST = 4, 2  # instances of a version: at most, at least
LOAD_RULE = {"type": "path", "operation": "path_beg", "value": "/load", "backend": "live"}
RUNNING_PROFILES = [  # `begin` uses each: no change of a backend among them needs a profile that is new
    {"balance": "roundrobin"},
    {"balance": "leastconn"},
    {"balance": "roundrobin", "health": {"uri": "/health"}},
    {"balance": "roundrobin", "host": "h.example", "health": {"uri": "/", "httpVersion": "HTTP/1.1"}},
]


class Journey:
    def __init__(self, scene, origin, seed):
        """`origin` has POOL ports for each service and version, and two more."""
        self.scene, self.agent, self.random = scene, scene.agent, random.Random(seed)
        ports = iter(origin.ports)
        self.ports = {(s, v): [next(ports) for _ in range(POOL)] for s in SERVICES for v in VERSIONS}
        self.static_ports = [next(ports), next(ports)]
        self.weights = {}  # service, version -> port -> weight: what is registered
        self.backends = {}  # name -> body of the last PUT, with the version of the last switch
        self.weighed = {}  # backend -> `host:port` -> weight that the operator gave
        self.rules, self.default = [], "live"
        self.predicted = 0  # reloads, by the plans
        self.told = []  # what was done, for the failure of a test

    def label(self, port) -> str:
        """Which pool an instance is of."""
        for (service, version), ports in self.ports.items():
            if port in ports:
                return f"{service}@{version}"
        assert port in self.static_ports
        return "static"

    def begin(self) -> None:
        for pool in self.ports:
            self.weights[pool] = {}
            for port in self.ports[pool][:LEAST]:
                self._register(pool, port, 10)
        self.backends["live"] = self._dynamic(RUNNING_PROFILES[0])
        for name, profile in zip(NAMES, RUNNING_PROFILES[1:]):
            self.backends[name] = self._dynamic(profile)
        objects = {
            "frontends": [self._web() | {"key": "web"}],
            "backends": [body | {"key": name} for name, body in self.backends.items()],
        }
        self.agent.good(self.agent.put("/config", objects, wait="15s"))

    # one change

    def step(self) -> str:
        kinds = [
            self._instance_comes, self._instance_goes, self._weight, self._switch, self._rules,
            self._default, self._create, self._delete, self._profile, self._host_or_uri,
            self._override, self._drain,
        ]
        done = None
        while done is None:
            done = self.random.choice(kinds)()
        self.told.append(done)
        return done

    def _ask(self, method, path, body=None, **params) -> None:
        """Plans it, then does it; both must be well."""
        plan = self.agent.request(method, path, body, dryRun="true", **params)
        assert plan.status == 200, f"plan of {method} {path} {body}: {plan}"
        assert plan.body["verdict"] in ("noop", "runtime", "reload"), plan
        if plan.body["verdict"] == "reload":
            assert plan.body["reasons"], plan
            self.predicted += 1
            self.told.append(f"reload predicted: {plan.body['reasons']}")
        reply = self.agent.request(method, path, body, wait="20s", **params)
        assert reply.status == 200, f"{method} {path} {body}: {reply}"

    # the registry's

    def _register(self, pool, port, weight) -> None:
        service, version = pool
        self.scene.registry.register(service, port, version=version, weights=(weight, 1))
        self.weights[pool][port] = weight

    def _instance_comes(self):
        pool = self.random.choice(sorted(self.ports))
        absent = [port for port in self.ports[pool] if port not in self.weights[pool]]
        if not absent:
            return None
        port = self.random.choice(absent)
        self._register(pool, port, self.random.randint(1, 100))
        return f"{pool} gets {port}"

    def _instance_goes(self):
        pool = self.random.choice(sorted(self.ports))
        if len(self.weights[pool]) <= LEAST:
            return None
        port = self.random.choice(sorted(self.weights[pool]))
        self.scene.registry.deregister(f"{pool[0]}-{port}")
        del self.weights[pool][port]
        return f"{pool} loses {port}"

    def _weight(self):
        pool = self.random.choice(sorted(self.ports))
        port = self.random.choice(sorted(self.weights[pool]))
        self._register(pool, port, self.random.randint(1, 100))
        return f"{pool} {port} weighs {self.weights[pool][port]}"

    # the operator's

    def _dynamic(self, profile) -> dict:
        service, version = self.random.choice(sorted(self.ports))
        return {"type": "dynamic", "name": service, "version": version} | profile

    def _static(self) -> dict:
        members = [{"host": "127.0.0.1", "port": port} for port in self.static_ports]
        return {"type": "static", "members": members} | self.random.choice(RUNNING_PROFILES)

    def _create(self):
        absent = [name for name in NAMES if name not in self.backends]
        if not absent:
            return None
        name = self.random.choice(absent)
        fresh = self._static() if self.random.random() < 0.3 else self._dynamic(
            self.random.choice(RUNNING_PROFILES))
        return self._put(name, fresh)

    def _delete(self):
        gone = sorted(set(self.backends) - {"live", self.default})
        if not gone:
            return None
        name = self.random.choice(gone)
        self._ask("DELETE", f"/backends/{name}", force="true")
        del self.backends[name]
        self.weighed.pop(name, None)
        return f"{name} deleted"

    def _put(self, name, body) -> str:
        self._ask("PUT", f"/backends/{name}", body)
        self.backends[name] = body
        return f"{name} := {body}"

    def _profile(self):
        name = self.random.choice(sorted(self.backends))
        kept = {k: v for k, v in self.backends[name].items() if k in ("type", "name", "version", "members")}
        return self._put(name, kept | self.random.choice(RUNNING_PROFILES))

    def _host_or_uri(self):
        name = self.random.choice(sorted(self.backends))
        body = dict(self.backends[name])
        if "health" in body and self.random.random() < 0.5:
            body["health"] = body["health"] | {"uri": f"/check{self.random.randrange(100)}"}
        else:
            body["host"] = f"host{self.random.randrange(100)}.example"
        return self._put(name, body)

    def _switch(self):
        dynamic = sorted(name for name, body in self.backends.items() if body["type"] == "dynamic")
        name = self.random.choice(dynamic)
        version = self.random.choice(VERSIONS)
        self._ask("POST", f"/backends/{name}", {"version": version})
        self.backends[name] = self.backends[name] | {"version": version}
        return f"{name} switched to {version}"

    def _member(self) -> tuple[str, str]:
        name = self.random.choice(sorted(self.backends))
        return name, self.random.choice(sorted(self.members()[name]))

    def _override(self):
        name, address = self._member()
        weight = self.random.choice([None, self.random.randint(1, 100)])
        self._ask("PUT", f"/backends/{name}/members/{address}", {"weight": weight})
        said = self.weighed.setdefault(name, {})
        said[address] = weight
        if weight is None:
            del said[address]
        return f"{address} of {name} weighs {weight} by hand"

    def _drain(self):
        """One member at most is drained, and for this step only: the next one finds it ready."""
        name, address = self._member()
        if len(self.members()[name]) < 2:
            return None
        path = f"/backends/{name}/members/{address}"
        self._ask("PUT", path, {"state": "drain"})
        self._ask("PUT", path, {"state": None})
        return f"{address} of {name} drained and back"

    def _web(self) -> dict:
        return {
            "bind": f"127.0.0.1:{self.scene.port}", "backend": self.default,
            "rules": [LOAD_RULE, *self.rules],
        }

    def _rules(self):
        names = sorted(self.backends)
        self.rules = [rule | {"backend": self.random.choice(names)}
                      for rule in routing.random_rules(self.random)]
        self._ask("PUT", "/frontends/web", self._web())
        return f"{len(self.rules)} rules"

    def _default(self):
        self.default = self.random.choice(sorted(self.backends))
        self._ask("PUT", "/frontends/web", self._web())
        return f"default backend {self.default}"

    # what it comes to

    def members(self) -> dict[str, dict[str, int]]:
        """Backend -> `address:port` -> weight."""
        found = {}
        for name, body in self.backends.items():
            if body["type"] == "static":
                pool = {port: 1 for port in self.static_ports}
            else:
                pool = self.weights[body["name"], body["version"]]
            said = self.weighed.get(name, {})
            found[name] = {
                address: said.get(address, weight)
                for address, weight in ((f"127.0.0.1:{port}", w) for port, w in pool.items())
            }
        return found

    def requests(self, count) -> list[tuple[str, dict]]:
        """Targets and headers; most are made for one of the rules."""
        return [routing.random_request(self.random, self.rules) for _ in range(count)]
