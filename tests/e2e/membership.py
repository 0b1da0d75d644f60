# SPDX-License-Identifier: Apache-2.0
"""Members of a backend as the API, the running HAProxy and the configuration file tell them."""

import re
from pathlib import Path

import wait


def of_api(agent, backend="live") -> dict[str, dict]:
    """`host:port` -> the member, of those that can be used."""
    reply = agent.good(agent.get(f"/backends/{backend}/members"))
    return {f"{m['host']}:{m['port']}": m for m in reply.body if not m.get("unusable")}


def unusable(agent, backend="live") -> dict[str, str]:
    """`host:port` -> why the member is not used."""
    reply = agent.good(agent.get(f"/backends/{backend}/members"))
    return {f"{m['host']}:{m['port']}": m["unusable"] for m in reply.body if m.get("unusable")}


def of_haproxy(haproxy, backend="live") -> dict[str, str]:
    """Server name -> `address:port`."""
    return {
        name: f"{row['srv_addr']}:{row['srv_port']}"
        for name, row in haproxy.servers_state(backend).items()
    }


def of_file(path, backend="live") -> dict[str, str]:
    """The same, of the `server` lines; an IPv6 address without its brackets."""
    found, inside = {}, False
    for line in Path(path).read_text().splitlines():
        words = line.split()
        if line and not line[0].isspace() and line[0] != "#":
            inside = words[0] == "backend" and words[1] == backend
        elif inside and words and words[0] == "server":
            found[words[1]] = re.sub(r"^\[(.*)\]:(\d+)$", r"\1:\2", words[2])
    return found


def weights(haproxy, backend="live") -> dict[str, int]:
    """`address:port` -> the weight that HAProxy uses."""
    return {
        f"{row['srv_addr']}:{row['srv_port']}": int(row["srv_uweight"])
        for row in haproxy.servers_state(backend).values()
    }


def agree(agent, backend="live", timeout=10.0) -> set[str]:
    """Waits until the API, HAProxy and the file tell the same members, which are returned as
    `address:port`; the file must be one that HAProxy takes."""

    def same():
        agent.child.must_live()
        told = {m["address"] + f":{m['port']}" for m in of_api(agent, backend).values()}
        running = of_haproxy(agent.haproxy, backend)
        written = of_file(agent.options["haproxyCfgPath"], backend)
        assert running == written, f"HAProxy {running} != file {written}"
        assert told == set(running.values()), f"API {told} != HAProxy {running}"
        return (told,)

    told = wait.until(same, f"one answer about the members of {backend}", timeout)[0]
    status, words = agent.haproxy.check()
    assert status == 0, words
    return told
