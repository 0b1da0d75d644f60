#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How long the agent takes to bring N new members into the running HAProxy: the whole way from the
changed registry file, and of that the time from the first command to the last answer, over the time in
which a bare pipelined client sends the same commands to a HAProxy with the same configuration. And what
the agent costs then: memory with N members, CPU while nothing changes.

    tests/bench/apply.py [--members 1000 10000] [--backends 1 100] [--haproxy 2.6]
"""

import argparse
import json
import os
import socket
import time
from pathlib import Path

from stage import stage  # first
import ports
import wait
from agent import Agent
from haproxy import Haproxy

IDLE_S = 20


def instance(service, n) -> dict:
    address = f"127.{1 + n // 60000}.{n // 250 % 240}.{1 + n % 250}"
    return {
        "Node": {"ID": "", "Node": f"n{n}", "Address": address},
        "Service": {
            "ID": f"{service}-{n}", "Service": service, "Tags": ["1.0.0"], "Meta": {"version": "1.0.0"},
            "Address": address, "Port": 9000, "Weights": {"Passing": 1, "Warning": 1},
        },
        "Checks": [{"Node": f"n{n}", "CheckID": "c", "Status": "passing", "ServiceID": f"{service}-{n}"}],
    }  # fmt: skip


def write(path, members, backends) -> None:
    per = members // backends
    catalog = {f"s{b}": [instance(f"s{b}", b * per + n) for n in range(per)] for b in range(backends)}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(catalog))
    part.rename(path)


def servers(haproxy) -> int:
    return max(0, haproxy.cli("show servers state").count("\n") - 1)


def bare(haproxy, commands) -> float:
    """Sends all commands on one prompt connection, reading while it writes."""
    s = socket.socket(socket.AF_UNIX)
    s.connect(str(haproxy.admin))
    s.sendall(b"prompt\n")
    text = "".join(c + "\n" for c in commands).encode()
    view, sent, prompts = memoryview(text), 0, 0
    begin = time.monotonic()
    s.setblocking(False)
    while prompts < len(commands) + 1:
        if sent < len(text):
            try:
                sent += s.send(view[sent : sent + 65536])
            except BlockingIOError:
                pass
        try:
            piece = s.recv(1 << 20)
            prompts += piece.count(b"\n> ")
        except BlockingIOError:
            if sent == len(text):
                time.sleep(0.0002)
    took = time.monotonic() - begin
    s.close()
    return took


def resident_mb(pid) -> float:
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmRSS"):
            return int(row.split()[1]) / 1024
    return 0.0


def cpu_s(pid) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def begin(keeper, folder, version, backends):
    folder.mkdir()
    catalog = folder / "catalog.json"
    write(catalog, 0, 1)
    agent = keeper.keep(Agent(folder, version, {"serviceReg": f"file:{catalog}", "serviceRegPort": None}).start())
    objects = {
        "frontends": [{"name": "web", "bind": f"127.0.0.1:{ports.free()}", "backend": "b0"}],
        "backends": [
            {"key": f"b{b}", "type": "dynamic", "name": f"s{b}", "version": "1.0.0"} for b in range(backends)
        ],
    }
    agent.good(agent.put("/config", objects, wait="30s"))
    return agent, catalog


def metric(agent, name) -> float:
    for row in str(agent.get("/metrics").body).splitlines():
        if row.startswith(name + " "):
            return float(row.split()[1])
    raise KeyError(name)


def idle(agent) -> float:
    pid, before = agent.child.pid, cpu_s(agent.child.pid)
    time.sleep(IDLE_S)
    return (cpu_s(pid) - before) / IDLE_S * 100


def run(keeper, version, members, backends) -> None:
    folder = keeper.folder / f"m{members}-{backends}"
    agent, catalog = begin(keeper, folder, version, backends)
    haproxy = agent.haproxy
    zero = resident_mb(agent.child.pid)
    config = (folder / "haproxy.cfg").read_text()
    write(catalog.with_suffix(".next"), members, backends)
    before = metric(agent, "thalassa_apply_seconds_sum")
    sent = metric(agent, "thalassa_commands_total")
    start = time.monotonic()
    catalog.with_suffix(".next").rename(catalog)
    # asked of the agent: looking at HAProxy would cost it as much as the commands
    wait.until(lambda: metric(agent, "thalassa_commands_total") >= sent + 3 * members, "all are sent", 300)
    wait.until(lambda: agent.status()["pending"] == [], "the plan is done", 300)
    took = time.monotonic() - start
    applied = metric(agent, "thalassa_apply_seconds_sum") - before
    assert servers(haproxy) >= members
    quiet = idle(agent)
    commands = []
    for row in (folder / "haproxy.cfg").read_text().splitlines():
        words = row.split()
        if words[:1] == ["backend"]:
            name = words[1]
        if words[:1] == ["server"]:
            commands += [
                f"add server {name}/{words[1]} {' '.join(words[2:])}",
                f"enable health {name}/{words[1]}",
                f"set server {name}/{words[1]} state ready",
            ]
    full = resident_mb(agent.child.pid)
    agent.stop()
    other = folder / "bare"
    other.mkdir()
    bare_config = config.replace(f"{folder}/admin.sock", f"{other}/admin.sock")
    fresh = Haproxy(version, other)
    fresh_config = "\n".join(r for r in bare_config.splitlines() if not r.strip().startswith("bind "))
    keeper.keep(fresh.start(fresh_config + f"\nfrontend bench\n    bind 127.0.0.1:{ports.free()}\n"))
    base = bare(fresh, commands)
    fresh.stop()
    print(
        f"HAProxy {version}: {members:6} members in {backends:3} backends: from file to done {took:6.2f} s, "
        f"commands {applied:6.2f} s, bare client {base:6.2f} s, ratio {applied / base:5.2f}; agent {zero:.1f} -> {full:.1f} MB; idle {quiet:.2f} % CPU",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--members", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--backends", type=int, nargs="+", default=[1, 100])
    parser.add_argument("--haproxy", default="2.6")
    args = parser.parse_args()
    with stage() as keeper:
        for members in args.members:
            for backends in args.backends:
                run(keeper, args.haproxy, members, backends)


if __name__ == "__main__":
    main()
