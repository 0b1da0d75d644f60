# SPDX-License-Identifier: Apache-2.0
"""Replies that a real Consul gives only on its worst days."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


def instance(port, version="1.0.0", node="n1") -> dict:
    return {
        "Node": {"Node": node, "Address": "127.0.0.1"},
        "Service": {
            "ID": f"web-{port}", "Service": "web", "Tags": None, "Address": "127.0.0.1",
            "Meta": {"version": version}, "Port": port,
        },
        "Checks": [{"CheckID": "c", "Status": "passing"}],
    }


class FakeConsul:
    """State that each reply is made of; `change` sets it and wakes the blocking queries."""

    def __init__(self):
        self.changed = threading.Condition()
        self.index = 100
        self.consistent_index = None  # of ?consistent reads; None: `index`
        self.ports = [8001, 8002, 8003, 8004]
        self.services = {"web": [], "consul": []}
        self.nodes = [{"Node": "n1"}]
        self.node_id = "11111111-aaaa"
        self.filtered = False
        self.status = 200  # of health queries
        self.body = None  # instead of the instances
        self.no_index = False
        self.requests = []  # (time, path, query)
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *words):
                pass

            def do_GET(self):
                fake._serve(self)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def change(self, **fields) -> None:
        with self.changed:
            for name, value in fields.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def asked(self, path) -> list[dict]:
        return [query for _, asked, query in list(self.requests) if asked == path]

    def _serve(self, handler) -> None:
        url = urlsplit(handler.path)
        query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        self.requests.append((time.monotonic(), url.path, query))
        with self.changed:
            if "index" in query:
                seen = (self.index, self.status, self.body)
                deadline = time.monotonic() + float(query["wait"].rstrip("s"))
                while seen == (self.index, self.status, self.body):
                    left = deadline - time.monotonic()
                    if left <= 0 or not self.changed.wait(left):
                        break
            status, body = self._reply(url.path)
            index = self.index
            if "consistent" in query and self.consistent_index is not None:
                index = self.consistent_index
        self._send(handler, status, index, body)

    def _reply(self, path) -> tuple[int, bytes]:
        if path == "/v1/catalog/services":
            return 200, json.dumps(self.services).encode()
        if path == "/v1/catalog/nodes":
            return 200, json.dumps(self.nodes).encode()
        if path == "/v1/agent/self":
            if self.node_id is None:
                return 403, b"Permission denied"
            return 200, json.dumps({"Config": {"NodeID": self.node_id}}).encode()
        if self.body is not None:
            return self.status, self.body
        return self.status, json.dumps([instance(port) for port in self.ports]).encode()

    def _send(self, handler, status, index, body) -> None:
        try:
            handler.send_response(status)
            if not self.no_index:
                handler.send_header("X-Consul-Index", str(index if status == 200 else 1))
            if self.filtered:
                handler.send_header("X-Consul-Results-Filtered-By-ACLs", "true")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            pass

    def stop(self) -> None:
        self.change(index=self.index + 1)
        self.server.shutdown()
        self.server.server_close()
