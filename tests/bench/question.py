# SPDX-License-Identifier: Apache-2.0
"""What HAProxy really asks: the payload of its NOTIFY for one request, written down by a peer that
answers nothing."""

import socket
import threading

import ports
import spop
from haproxy import GLOBAL, Haproxy
from rest import Rest

ASKS = """\
frontend web
    bind 127.0.0.1:{port}
    filter spoe engine thalassa config {spoe}
    http-request send-spoe-group thalassa decide
    http-request return status 200

backend thalassa.agents
    mode tcp
    timeout server 60s
    server agent 127.0.0.1:{agent}
"""
# a browser's
HEADERS = {
    "Host": "www.example.com",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Referer": "http://www.example.com/shop?page=2",
    "Cookie": "session=0f9a1c77d2; uid=u123; lang=en; theme=dark",
    "X-Tenant": "acme",
}
TARGET = "/shop/cart?item=4711&colour=red"


def agent_hello() -> bytes:
    said = spop.string("version") + spop.value("2.0")
    said += spop.string("max-frame-size") + b"\x03" + spop.varint(16380)
    return spop.frame(spop.AGENT_HELLO, said + spop.string("capabilities") + spop.value("pipelining"))


class Listener:
    """Takes one question; `payload` is its message, as it came."""

    def __init__(self):
        self.payload = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def wait(self) -> bytes:
        self._thread.join(10)
        assert self.payload, "HAProxy has not asked"
        return self.payload

    def _listen(self) -> None:
        with spop.Peer.over(self._listener.accept()[0]) as peer:
            assert peer.read()[0] == spop.HELLO
            peer.send(agent_hello())
            kind, stream, number, payload = peer.read()
            assert kind == spop.NOTIFY
            peer.send(spop.frame(spop.ACK, stream=stream, number=number))
            self.payload = payload
        self._listener.close()


def record(keeper, version, spoe, headers=None, target=TARGET) -> bytes:
    """`spoe`: the file that the agent has made of templates/spoe.conf.tmpl."""
    folder, port, listener = keeper.folder / "question", ports.free(), Listener()
    folder.mkdir()
    haproxy = keeper.keep(Haproxy(version, folder, name="question"))
    text = ASKS.format(port=port, spoe=spoe, agent=listener.port)
    haproxy.start(GLOBAL.format(admin=folder / "admin.sock") + text)
    assert Rest(port=port).get(target, headers or HEADERS).status == 200
    payload = listener.wait()
    haproxy.stop()
    return payload
