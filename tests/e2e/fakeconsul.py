# SPDX-License-Identifier: Apache-2.0
"""A Consul that lies as real ones do for moments that no test can time: one that replays its log,
or that is another server than before. It speaks the four calls that the agent needs."""

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SERVICE_PATH = "/v1/health/service/"
WAIT_SLICE_S = 5.0


class FakeConsul:
    def __init__(self, index=1000):
        self.services: dict[str, dict[str, dict]] = {}
        self.index = index
        self.node_id = str(uuid.uuid4())
        self.replay_index = 0  # while it is not 0: ordinary reads are `[]` at this index
        self.answers: list[str] = []  # "ordinary INDEX COUNT", "consistent INDEX COUNT", as sent
        self._changed, self._epoch = threading.Condition(), 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def options(self) -> dict[str, int]:
        return {"serviceRegPort": self.port}

    def stop(self) -> None:
        self.break_off()
        self.server.shutdown()
        self.server.server_close()

    # what the catalog says

    def register(self, name, port, id=None, address="127.0.0.1", version=None) -> str:
        id = id or f"{name}-{port}"
        meta = {} if version is None else {"version": version}
        entry = {
            "Node": {"ID": "", "Node": "fake", "Address": "127.0.0.1"},
            "Service": {
                "ID": id, "Service": name, "Address": address, "Port": port, "Tags": [], "Meta": meta,
            },
            "Checks": [{"CheckID": "c", "Status": "passing", "ServiceID": id, "ServiceName": name}],
        }
        with self._changed:
            self.services.setdefault(name, {})[id] = entry
            self.index += 1
            self._changed.notify_all()
        return id

    def deregister(self, id) -> None:
        with self._changed:
            self._forget(id)
            self._changed.notify_all()

    def _forget(self, id) -> None:
        for found in self.services.values():
            found.pop(id, None)
        self.index += 1

    # how it fails

    def break_off(self) -> None:
        """Every query that waits is closed without an answer, as by a server that dies."""
        with self._changed:
            self._epoch += 1
            self._changed.notify_all()

    def replay(self, index) -> None:
        """It has come back and replays its log: nothing is known yet, at this lower index, and
        consistent reads have to wait for `replayed`."""
        self.replay_index = index
        self.break_off()

    def become_another(self, without) -> None:
        """Another server answers at this address from now on, without these instances."""
        with self._changed:
            self.node_id = str(uuid.uuid4())
            for id in without:
                self._forget(id)
            self._epoch += 1
            self._changed.notify_all()

    def replayed(self) -> None:
        with self._changed:
            self.replay_index = 0
            self._changed.notify_all()

    # answers

    def read_service(self, name, consistent, index, wait_s):
        """Index and body; None: close without an answer."""
        kind = "consistent" if consistent else "ordinary"
        deadline = time.monotonic() + wait_s
        with self._changed:
            epoch = self._epoch

            def waits():
                if consistent:
                    return self.replay_index != 0
                return index and index >= (self.replay_index or self.index)

            while waits() and self._epoch == epoch and time.monotonic() < deadline:
                self._changed.wait(max(0.0, deadline - time.monotonic()))
            if self._epoch != epoch or (consistent and self.replay_index):
                return None
            found = [] if self.replay_index else list(self.services.get(name, {}).values())
            told = self.replay_index or self.index
            self.answers.append(f"{kind} {told} {len(found)}")
            return told, found

    def read_names(self):
        with self._changed:
            epoch = self._epoch
            while self.replay_index and self._epoch == epoch:
                self._changed.wait(WAIT_SLICE_S)
            if self._epoch != epoch:
                return None
            return self.index, {name: [] for name, found in self.services.items() if found}


def _seconds(text) -> float:
    return float(text.removesuffix("s")) if text.endswith("s") else 300.0


def _handler(fake):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            target = urlsplit(self.path)
            params = parse_qs(target.query, keep_blank_values=True)
            index = int(params.get("index", ["0"])[0])
            wait_s = _seconds(params.get("wait", ["10s"])[0])
            if target.path.startswith(SERVICE_PATH):
                name = target.path[len(SERVICE_PATH) :]
                answer = fake.read_service(name, "consistent" in params, index, wait_s)
            elif target.path == "/v1/catalog/services":
                answer = fake.read_names()
            elif target.path == "/v1/catalog/nodes":
                answer = fake.index, [{"Node": "fake", "Address": "127.0.0.1"}]
            elif target.path == "/v1/agent/self":
                answer = 0, {"Config": {"NodeID": fake.node_id}}
            else:
                self.send_error(404)
                return
            self._send(answer)

        def _send(self, answer):
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if answer[0]:
                self.send_header("X-Consul-Index", str(answer[0]))
            self.send_header("X-Consul-Knownleader", "true")
            self.send_header("X-Consul-Lastcontact", "0")
            self.end_headers()
            self.wfile.write(body)

    return Handler
