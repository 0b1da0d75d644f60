# SPDX-License-Identifier: Apache-2.0
"""What most tests start from: a registry with origins in it, the agent with the HAProxy that it
starts, one frontend `web`, one dynamic backend `live`; and load that is counted."""

import contextlib
import socket

import files
import load
import ports
import wait
from rest import Rest

SERVICE = "site"
LEAST_PER_SECOND = 1000  # of one load, also beside other tests on two cores
LEAST_REQUESTS = 1000  # of one load: as many before what is tried, and as many after it
NO_WAIT = "1ms"


class Scene:
    def __init__(self, agent, registry, origins, port):
        self.agent, self.registry, self.port = agent, registry, port
        self.haproxy = agent.haproxy
        self.origins = list(origins)
        self.ids = {}  # address of a member -> its ID in the registry

    # the registry

    def register(self, *origins, version=None, service=SERVICE, **more) -> None:
        """Every port of these origins; in their own version unless told another."""
        for origin in origins:
            for port in origin.ports:
                address = f"{origin.host}:{port}"
                self.ids[address] = self.registry.register(
                    service, port, address=origin.host, version=version or origin.version, **more
                )

    def deregister(self, address) -> None:
        """`address`: host:port"""
        self.registry.deregister(self.ids.pop(address))

    @property
    def addresses(self) -> list[str]:
        """host:port of all origins that the scene began with."""
        return [f"{origin.host}:{port}" for origin in self.origins for port in origin.ports]

    # objects

    def put_backend(self, name="live", wait="10s", **fields):
        """A dynamic backend of the scene's service, but for what is given."""
        body = {"type": "dynamic", "name": SERVICE, "version": "1.0.0"} | fields
        return self.agent.good(self.agent.put(f"/backends/{name}", body, wait=wait))

    def put_static(self, name, *origins, wait="10s", **fields):
        members = [{"host": o.host, "port": port} for o in origins for port in o.ports]
        body = {"type": "static", "members": members} | fields
        return self.agent.good(self.agent.put(f"/backends/{name}", body, wait=wait))

    def put_frontend(self, name="web", wait="10s", **fields):
        body = {"bind": f"127.0.0.1:{self.port}", "backend": "live"} | fields
        return self.agent.good(self.agent.put(f"/frontends/{name}", body, wait=wait))

    def begin(self, **backend) -> "Scene":
        """`live`, with these fields, and `web` are there, and every origin that is registered serves."""
        self.put_backend(wait=NO_WAIT, **backend)  # without a frontend there is no HAProxy to wait for
        self.put_frontend()
        self.agent.wait_members("live", self.addresses)
        return self

    def written(self) -> dict[str, files.Written]:
        """Everything that the agent has written for HAProxy."""
        return files.look(self.agent.options["haproxyCfgPath"], self.agent.options["haproxyDir"])

    # requests

    def get(self, path="/", headers=None, port=None):
        return Rest(port=port or self.port).get(path, headers)

    def answered_by(self, path="/", headers=None, port=None) -> str | int:
        """The name of the origin, or the status when it is not 200."""
        reply = self.get(path, headers, port)
        return reply.body.split()[0] if reply.status == 200 else reply.status

    @contextlib.contextmanager
    def traffic(self, path="/", headers=None, connections=16, seconds=150):
        """Requests on so many kept connections and on as many new ones while the block runs, which must
        not take more than so many seconds; yields a list that has what wrk says of either in the end.
        About 3,000 a second: not as many as go, which would leave nothing to the tests beside this one.
        None may fail: a reset, a timeout (wrk's: one that takes more than 2 s), another status than 2xx
        or 3xx."""
        url = f"http://127.0.0.1:{self.port}{path}"
        results: list[load.WrkResult] = []
        with contextlib.ExitStack() as running:
            wrks = [
                load.Wrk(url, seconds, connections, headers={**(headers or {}), **closing}, paced=True)
                for closing in ({}, {"Connection": "close"})
            ]
            for wrk in wrks:
                running.callback(wrk.stop)
            yield results
            results += [wrk.finish() for wrk in wrks]
        for result in results:
            assert result.failed == 0, results

    @contextlib.contextmanager
    def load(self, path="/", headers=None, connections=16, seconds=150):
        """Traffic before, while and after the block runs, and enough of it to tell, in all and by the
        second."""
        with self.traffic(path, headers, connections, seconds) as results:
            self.wait_flow()
            yield
            self.wait_flow()
        assert sum(result.requests for result in results) >= LEAST_REQUESTS, results
        assert sum(result.per_second for result in results) >= LEAST_PER_SECOND, results

    def wait_flow(self, requests=LEAST_REQUESTS) -> None:
        """So many requests more have gone through the frontend `web`."""
        first = self.requests()

        def flowed():
            now = self.requests()
            return now >= first + requests or now < first  # a reload has set it to 0

        wait.until(flowed, f"{requests} more requests", timeout=30.0)

    def requests(self, frontend="web") -> int:
        rows = self.haproxy.stat()
        row = next(r for r in rows if r["pxname"] == frontend and r["svname"] == "FRONTEND")
        return int(row["req_tot"])

    @contextlib.contextmanager
    def no_reload(self):
        """By HAProxy's own account: the same worker, the same number of reloads of the master."""
        before = self.identity()
        yield
        assert self.identity() == before

    @contextlib.contextmanager
    def reloads(self, count):
        """Exactly so many reloads, by the master's account, all of them good."""
        first = self.haproxy.reloads()
        yield
        wait.equals(self.haproxy.reloads, first + count, f"{count} reloads")

    def identity(self) -> tuple[int, int, int]:
        return self.haproxy.master_pid(), self.haproxy.worker_pid(), self.haproxy.reloads()


def is_listening(port) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def build(start_agent, registry, origins, haproxy_version, begin=True, version=None, **options) -> Scene:
    """The agent on `registry`, with all ports of `origins` registered as members of `live`."""
    agent = start_agent(haproxy_version, **registry.options, **options)
    scene = Scene(agent, registry, origins, ports.free())
    scene.register(*origins, version=version)
    return scene.begin() if begin else scene
