# SPDX-License-Identifier: Apache-2.0
"""libspop's server and peers that are not as they should be: the good ones notice nothing, memory is
bounded, no descriptor is lost."""

import os
import signal
import socket
import subprocess
import time

import parts
import ports
import pytest
import spop
import wait

GOOD = 60
OPENED = 1000
UNREAD_BYTES = 64 << 20  # what a peer that never reads sends at most, before it gives up
HELD_KB = 8 << 10


@pytest.fixture
def agent(keeper):
    """The example program; `agent.port`."""
    port = ports.free()
    example = keeper.keep(spop.Example(keeper.folder, f"127.0.0.1:{port}"))
    example.port = port
    return example


def descriptors(example) -> int:
    return len(os.listdir(f"/proc/{example.child.pid}/fd"))


def ask_all(peers, round_) -> None:
    """All ask, then all read: nobody waits for anybody else."""
    for n, peer in enumerate(peers):
        peer.send(spop.notify(round_ * 1000 + n, path=f"/p{n}/{round_}"))
    for n, peer in enumerate(peers):
        kind, stream, _, payload = peer.read()
        assert (kind, stream) == (spop.ACK, round_ * 1000 + n)
        assert spop.actions(payload) == {"backend": f"be_p{n}"}


def never_reads(port) -> socket.socket:
    """Asks until the agent takes no more; returns the connection with its last question cut."""
    connection = spop.Peer(port).socket
    connection.setblocking(False)
    question = spop.notify(1, path="/" + "x" * 60) * 200
    sent = 0
    while sent < UNREAD_BYTES:
        try:
            sent += connection.send(question)
        except BlockingIOError:
            try:
                wait.until(lambda: connection.send(question), "reads on", timeout=0.3)
            except wait.TimedOut:
                return connection
    raise AssertionError(f"the agent took {sent} bytes and holds their answers")


def test_bad_peers_delay_no_good_one(agent, keeper):
    good = [keeper.keep(spop.Peer(agent.port, timeout=5)) for _ in range(GOOD)]
    ask_all(good, 0)
    before = agent.rss_kb()
    silent = spop.Peer(agent.port, greet=False)
    cut = spop.Peer(agent.port)
    cut.send(spop.notify(1, path="/cut")[:-3])
    deaf = [never_reads(agent.port) for _ in range(4)]
    half = spop.Peer(agent.port)
    half.send(spop.notify(7, path="/half"))
    half.socket.shutdown(socket.SHUT_WR)
    slow = spop.Peer(agent.port)
    for n, byte in enumerate(spop.notify(5, path="/slow/and/long")):
        slow.send(bytes([byte]))
        if n % 4 == 0:
            ask_all(good, n + 1)
    assert slow.read()[:2] == (spop.ACK, 5)
    assert half.read()[:2] == (spop.ACK, 7)
    assert half.read()[0] == 0  # answered, then closed
    assert agent.rss_kb() - before < HELD_KB
    assert silent.status() == cut.status() == 2  # a timeout
    slow.close()
    wait.equals(lambda: agent.counters()["connections"], GOOD, "all others are gone", timeout=20)
    counters = agent.counters()
    assert (counters["late"], counters["blocked"]) == (2, len(deaf))
    assert counters["faulty"] == counters["starved"] == 0
    ask_all(good, 900)
    for peer in (silent, cut, half, *deaf):
        peer.close()


def open_and_close(port, greet) -> float:
    """Of a thousand connections, all open at the same time; how long it took."""
    began = time.monotonic()
    crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(OPENED)]
    for connection in crowd:
        if greet:
            connection.sendall(spop.hello(check=True))
    for connection in crowd:
        connection.close()
    return time.monotonic() - began


@pytest.mark.parametrize("greet", [True, False], ids=["checks", "silent"])
def test_a_thousand_connections_within_a_second_leave_nothing_behind(agent, greet):
    crowds = []

    def within_a_second():  # tried again on a busy machine
        crowds.append(open_and_close(agent.port, greet))
        assert peer.ask(2, "/b") == "be_b"
        return crowds[-1] < 1.0

    with spop.Peer(agent.port) as peer:
        assert peer.ask(1, "/a") == "be_a"
        before = descriptors(agent)
        wait.until(within_a_second, "a thousand within a second", timeout=30)
        came = len(crowds) * OPENED + 1
        wait.equals(lambda: agent.counters()["accepted"], came, "all are taken", timeout=20)
        wait.equals(lambda: descriptors(agent), before, "descriptors given back", timeout=20)
        counters = agent.counters()
        assert counters["connections"] == 1
        assert counters["refused"] == 0


@pytest.mark.parametrize(
    "sent, status",
    [
        (bytes.fromhex("16030102000100"), 3),  # TLS
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 3),
        (spop.notify(1, path="/"), 4),
        (spop.hello(size=255), 9),
        (spop.hello() + spop.frame(spop.NOTIFY, flags=0), 10),
        (spop.hello() + spop.frame(spop.NOTIFY, b"\4pick\1\1a\x0f"), 4),
    ],
    ids=["tls", "http", "early", "size", "fragment", "type"],
)
def test_wrong_bytes_get_a_disconnect_with_its_status(agent, sent, status):
    with spop.Peer(agent.port, greet=False) as peer:
        peer.send(sent)
        if sent.startswith(spop.hello()):
            assert peer.read()[0] == spop.AGENT_HELLO
        assert peer.status() == status
    with spop.Peer(agent.port) as peer:
        assert peer.ask(1, "/on") == "be_on"


def test_random_bytes_and_resets_lose_no_descriptor(agent):
    with spop.Peer(agent.port) as good:
        good.ask(1, "/")
        before = descriptors(agent)
        for n in range(300):
            peer = socket.create_connection(("127.0.0.1", agent.port), 10)
            peer.sendall((spop.hello() if n % 2 else b"") + os.urandom(n))
            if n % 3 == 0:  # a reset instead of a close
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            peer.close()
        wait.equals(lambda: descriptors(agent), before, "descriptors given back", timeout=20)
        assert good.ask(2, "/still") == "be_still"


def test_without_descriptors_newcomers_are_refused_and_others_served(agent):
    limit = descriptors(agent) + 8
    subprocess.run(["prlimit", f"--pid={agent.child.pid}", f"--nofile={limit}"], check=True)
    with spop.Peer(agent.port) as good:
        crowd = [socket.create_connection(("127.0.0.1", agent.port), 10) for _ in range(40)]
        wait.until(lambda: agent.counters()["refused"] > 0, "some are refused")
        assert good.ask(1, "/on") == "be_on"
        for connection in crowd:
            connection.close()
        wait.equals(lambda: agent.counters()["connections"], 1, "all are gone")
        with spop.Peer(agent.port) as newcomer:
            assert newcomer.ask(1, "/new") == "be_new"


def test_installed_library_builds_the_example(keeper, work):
    build = parts.built("spop-example").parent.parent
    if parts.PRESET != "release":
        pytest.skip("a library with sanitizers wants a program with sanitizers")
    installed = work / "installed"
    install = ["cmake", "--install", build, "--component", "spop", "--prefix", installed]
    subprocess.run(install, check=True, capture_output=True)
    folder = next(installed.rglob("spop.pc")).parent
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "spop"], check=True, capture_output=True, text=True,
        env={**os.environ, "PKG_CONFIG_PATH": str(folder)},
    ).stdout.split()
    program = work / "agent"
    source = parts.ROOT / "spoe" / "example.c"
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-o", program, source, *flags], check=True)
    port = ports.free()
    agent = spop.Example(keeper.folder, f"127.0.0.1:{port}", program=program)
    keeper.keep(agent)
    with spop.Peer(port) as peer:
        assert peer.ask(1, "/installed/x") == "be_installed"
        agent.child.signal(signal.SIGTERM)
        assert peer.status() == 0
    assert agent.child.exit_status() == 0
