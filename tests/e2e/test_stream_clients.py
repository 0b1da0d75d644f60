# SPDX-License-Identifier: Apache-2.0
"""Clients of GET /stream that may not, cannot or do not behave: told why, dropped, and nobody else
notices."""

import contextlib
import json
import socket
import time

import pytest
import wait
from rest import Rest
from viewers import agent, metric, put, watch  # noqa: F401 (fixtures)
from watcher import Watcher
from websocket import BINARY, CLOSE, PING, PONG, TEXT, Closed, Refused, WebSocket, frame

# what: (bytes, the status that closes)
BAD = {
    "unmasked": (frame(TEXT, b"{}", masked=False), 1002),
    "a reserved bit": (frame(TEXT, b"{}", reserved=4), 1002),
    "an unknown opcode": (frame(3, b"x"), 1002),
    "an unknown control opcode": (frame(11, b""), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a continuation of nothing": (frame(0, b"x"), 1002),
    "a text inside of a message": (frame(TEXT, b"[", fin=False) + frame(TEXT, b"]"), 1002),
    "a close with one byte": (frame(CLOSE, b"\x03"), None),
    "a close with a code that is none": (frame(CLOSE, b"\x03\xed"), 1002),
    "too long": (frame(TEXT, b"x" * 4097), 1009),
    "too long in pieces": (frame(TEXT, b"x" * 4000, fin=False) + frame(0, b"x" * 97), 1009),
    "a length of eight bytes that is none": (b"\x81\xff" + b"\xff" * 8 + b"mask", 1002),
    "no UTF-8": (frame(TEXT, b"\xc3\x28"), 1007),
    "half of a character": (frame(TEXT, "é".encode()[:1]), 1007),
    "binary": (frame(BINARY, b"x"), 1003),
    "a close": (frame(CLOSE, b"\x03\xe8bye"), 1000),
    "a close without a code": (frame(CLOSE), None),
}


# who may


def test_a_page_of_another_site_gets_no_stream(agent):
    port = agent.options["port"]
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://evil.example"):
        with pytest.raises(Refused) as refused:
            WebSocket(port, headers={"Origin": origin})
        assert refused.value.status == 403
    with pytest.raises(Refused) as refused:
        WebSocket(port, headers={"Host": "evil.example", "Origin": "http://evil.example"})
    assert refused.value.status == 403
    with Watcher(port, headers={"Origin": f"http://127.0.0.1:{port}"}) as watcher:
        assert watcher.status


def test_the_unix_socket_has_the_stream_too(agent):
    with Watcher(unix=agent.options["apiSocket"]) as watcher:
        put(agent, "one")
        watcher.until_state(lambda: "backend/one" in watcher.objects)


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"Upgrade": None, "Connection": None}, 426),
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "close"}, 426),
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Version": None}, 426),
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": "c2hvcnQ="}, 400),
        ({"Sec-WebSocket-Key": "!" * 24}, 400),
    ],
)
def test_a_bad_handshake_is_told(agent, headers, status):
    with pytest.raises(Refused) as refused:
        WebSocket(agent.options["port"], headers=headers)
    assert refused.value.status == status
    assert json.loads(refused.value.body)["error"]
    if status == 426:
        assert refused.value.headers["sec-websocket-version"] == "13"


def test_the_handshake_takes_what_browsers_send(agent):
    """Several tokens, other letters, a known key (RFC 6455, 1.3)."""
    headers = {"Connection": "keep-alive, upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Extensions": "permessage-deflate"}
    with Watcher(agent.options["port"], headers=headers, key="dGhlIHNhbXBsZSBub25jZQ==") as watcher:
        assert watcher.status
    for query in ("?resume=x", "?resume=1&resume=2", "?odd=1"):
        with pytest.raises(Refused) as refused:
            WebSocket(agent.options["port"], path="/stream" + query)
        assert refused.value.status == 400


# frames


@pytest.mark.parametrize("what", BAD)
def test_a_bad_frame_closes_with_the_reason(agent, watch, what):
    bytes_, code = BAD[what]
    good, bad = watch(), watch()
    bad.socket.sendall(bytes_)
    assert bad.close_code() == code, what
    with contextlib.suppress(Closed, ConnectionError):
        bad.frame()
        raise AssertionError("is still open")
    wait.until(lambda: metric(agent, "thalassa_stream_viewers") == 1, "it is gone")
    put(agent, "one")
    good.until_state(lambda: "backend/one" in good.objects)


def test_fragments_and_pings_between_them_are_one_message(agent, watch):
    watcher = watch()
    text = json.dumps(["statSubscribe", "é" * 10]).encode()
    watcher.send_frame(TEXT, text[:5], fin=False)
    watcher.send_frame(PING, b"between")
    watcher.send_frame(0, text[5:21], fin=False)
    watcher.send_frame(0, text[21:])
    opcode, payload = watcher.frame()
    assert (opcode, payload) == (PONG, b"between")
    assert watcher.until(lambda m: m["type"] == "error")["request"] == ["statSubscribe", "é" * 10]


def test_bytes_may_come_one_by_one_and_behind_the_request(agent):
    """A text behind the handshake in one packet; another one cut at every byte."""
    port = agent.options["port"]
    said = frame(TEXT, b'["nonsense"]\n')
    head = (
        f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    with Watcher(port) as watcher:
        watcher.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in said:
            watcher.socket.sendall(bytes([byte]))
        assert watcher.until(lambda m: m["type"] == "error")["request"] == ["nonsense"]
        watcher.socket.close()
    with Watcher(port) as watcher:
        early = socket.create_connection(("127.0.0.1", port), 10)
        watcher.socket.close()
        early.sendall(head + said + said)
        watcher.socket, watcher.buffer = early, b""
        while b"\r\n\r\n" not in watcher.buffer:
            watcher._receive()
        watcher.buffer = watcher.buffer.partition(b"\r\n\r\n")[2]
        watcher.greet()
        for _ in range(2):
            assert watcher.until(lambda m: m["type"] == "error")["request"] == ["nonsense"]


# who does not behave


def test_a_peer_that_is_not_there_any_more_is_dropped(agent, watch):
    """No answer to a ping: 25 s. The others stay."""
    gone, there = watch(), watch()
    gone.pongs = False
    gone.socket.settimeout(0.1)
    began = time.monotonic()

    def dropped():
        there.catch_up()
        with contextlib.suppress(TimeoutError):
            gone.frame()

    with pytest.raises((Closed, ConnectionError)):
        while time.monotonic() < began + 40:
            dropped()
    assert 20 < time.monotonic() - began < 40
    put(agent, "one")
    there.until_state(lambda: "backend/one" in there.objects)


def test_half_a_message_is_not_waited_for(agent, watch):
    watcher = watch()
    watcher.socket.settimeout(20)
    watcher.socket.sendall(frame(TEXT, b"[1]")[:4])
    began = time.monotonic()
    assert watcher.close_code() == 1008
    assert 8 < time.monotonic() - began < 15


def test_who_does_not_read_is_dropped_and_the_others_miss_nothing(agent, watch):
    """Changes of 100 kB each: the silent one's backlog is 1 MiB, and a bit in the kernel."""
    good = watch()
    silent = watch(receive_buffer=4096)
    members = [{"host": f"10.0.{i // 250}.{i % 250 + 1}", "port": 80} for i in range(400)]
    for i in range(60):
        put(agent, "big", members=members, balance=["source", "first"][i % 2])
        good.until_state(lambda: "backend/big" in good.objects and good.objects["backend/big"]["balance"] == ["source", "first"][i % 2])
        if metric(agent, "thalassa_stream_lost_total"):
            break
    assert metric(agent, "thalassa_stream_lost_total") == 1
    assert metric(agent, "thalassa_stream_viewers") == 1
    assert good.seqs == list(range(good.seqs[0], good.seq + 1))
    with pytest.raises((Closed, ConnectionError)):
        while True:
            silent.message()


def test_who_floods_holds_nobody_up(agent, watch):
    flooding, good = watch(), watch()
    quick = Rest(port=agent.options["port"], timeout=5)
    flooding.socket.settimeout(0.5)
    sent = 0
    with contextlib.suppress(TimeoutError, ConnectionError):
        while sent < 40_000_000:
            flooding.socket.sendall(frame(PING, b"x" * 125) * 1000)
            sent += 131_000
    assert quick.get("/healthz").status == 200
    put(agent, "one")
    good.until_state(lambda: "backend/one" in good.objects)


def test_the_viewer_too_many_is_refused(agent):
    """1000 may watch; REST goes on; a place that is left is free again."""
    port = agent.options["port"]
    with contextlib.ExitStack() as stack:
        watchers = [stack.enter_context(Watcher(port)) for _ in range(1000)]
        with pytest.raises(Refused) as refused:
            WebSocket(port)
        assert refused.value.status == 503
        put(agent, "one")
        for watcher in watchers:
            watcher.until_state(lambda: "backend/one" in watcher.objects)
        assert metric(agent, "thalassa_stream_viewers") == 1000
        watchers[0].socket.close()
        wait.until(lambda: metric(agent, "thalassa_stream_viewers") == 999, "a place is free")
        stack.enter_context(Watcher(port))
    wait.until(lambda: metric(agent, "thalassa_stream_viewers") == 0, "all are gone")
