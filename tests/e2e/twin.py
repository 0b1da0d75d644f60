# SPDX-License-Identifier: Apache-2.0
"""The running HAProxy beside a fresh one that was started from the files which the agent wrote: they
must be the same in what they serve, whichever way the running one came there."""

import re
from pathlib import Path

import ports
from haproxy import Haproxy
from rest import Rest

LISTS = ("_reg", "hdr_dom")  # kinds of rules whose order in the map matters

TEMPLATES = "thalassa.agents"  # the backend that the template itself has


class Picture:
    """What one HAProxy serves, by the operator's names."""

    def __init__(self, haproxy, folder):
        """`folder`: --haproxyDir, which both read their maps from."""
        self.haproxy, self.folder = haproxy, f"{folder}/maps"
        self.maps = {Path(path).stem: haproxy.show_map(path) for path in haproxy.maps()
                     if path.startswith(f"{self.folder}/")}
        self.proxies = dict(self.maps["proxies"])
        self.rows = haproxy.servers_state()

    def members(self) -> dict[str, dict[str, int]]:
        """Backend -> `address:port` -> weight, of the backends that the name map leads to."""
        found = {name: {} for name in self.proxies}
        names = {proxy: name for name, proxy in self.proxies.items()}
        for row in self.rows.values():
            if row["be_name"] in names:
                address = f"{row['srv_addr']}:{row['srv_port']}"
                found[names[row["be_name"]]][address] = int(row["srv_uweight"])
        return found

    def leftovers(self) -> dict[str, str]:
        """Servers in proxies that no name leads to."""
        serving = {*self.proxies.values(), TEMPLATES}
        return {key: row["be_name"] for key, row in self.rows.items() if row["be_name"] not in serving}

    def keyed(self) -> dict[str, dict[str, str]]:
        """host and uri by the operator's name, default and active as they are."""
        names = {proxy: name for name, proxy in self.proxies.items()}
        found = {stem: dict(self.maps[stem]) for stem in ("default", "active")}
        for stem in ("host", "uri"):
            found[stem] = {names[key]: value for key, value in self.maps[stem] if key in names}
        return found

    def rules(self) -> dict[str, list]:
        """Of each frontend the set that is looked at, and the ranks that it leads to."""
        found = {}
        for frontend, active in self.maps["active"]:
            used = set()
            for stem, entries in self.maps.items():
                match = re.fullmatch(rf"{re.escape(frontend)}\.(.+)\.([ab])", stem)
                if not match or match.group(2) != active:
                    continue
                used |= {rank for _, rank in entries}
                listed = any(kind in match.group(1) for kind in LISTS)
                found[f"{frontend} {match.group(1)}"] = entries if listed else sorted(entries)
            ranks = dict(self.maps[f"{frontend}.rank"])
            found[f"{frontend} ranks"] = sorted((rank, ranks.get(rank)) for rank in used)
        return found


def wait_free_of_leftovers(picture) -> None:
    assert not picture.leftovers(), f"servers that nobody leads to: {picture.leftovers()}"


def written_members(config) -> dict[str, dict[str, int]]:
    """Backend -> `address:port` -> weight, of the `server` lines."""
    found, name = {}, None
    for line in Path(config).read_text().splitlines():
        words = line.split()
        if line and not line[0].isspace() and line[0] != "#":
            ours = words[0] == "backend" and words[1] != TEMPLATES
            name = words[1] if ours else None
        elif name and words and words[0] == "server":
            weight = int(words[words.index("weight") + 1]) if "weight" in words else 1
            found.setdefault(name, {})[words[2]] = weight
    return found


def start_fresh(keeper, scene) -> tuple[Haproxy, int]:
    """A HAProxy of the same version from the same files; other addresses and sockets. -> it, its port"""
    folder = keeper.folder / "fresh"
    folder.mkdir(exist_ok=True)
    fresh = Haproxy(scene.haproxy.version, folder)
    port = ports.free()
    options = scene.agent.options
    text = Path(options["haproxyCfgPath"]).read_text()
    text = text.replace(str(options["haproxySocketPath"]), str(fresh.admin))
    text = re.sub(rf"(bind '?127\.0\.0\.1:){scene.port}\b", rf"\g<1>{port}", text)
    fresh.start(text)
    return fresh, port


def compare(scene, running, fresh) -> None:
    """Both as pictures."""
    assert running.members() == fresh.members()
    assert running.keyed() == fresh.keyed()
    assert running.rules() == fresh.rules()
    assert set(running.proxies) == set(fresh.proxies)


def compare_routing(label, requests, port, fresh_port) -> int:
    """Each request to both: the same status, and who answers is of the same pool. -> how many got 200"""
    good = 0
    for target, headers in requests:
        answers = []
        for at in (port, fresh_port):
            reply = Rest(port=at).get(target, headers)
            name = reply.body.split()[0] if reply.status == 200 else ""
            answers.append((reply.status, label(int(name.rsplit("-", 1)[1])) if name else ""))
        assert answers[0] == answers[1], f"{target} {headers}: {answers}"
        good += answers[0][0] == 200
    return good
