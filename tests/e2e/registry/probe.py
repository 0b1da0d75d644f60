# SPDX-License-Identifier: Apache-2.0
"""tests/parts/registry-probe: the registry without the agent around it."""

import json
import subprocess
import threading
import time
from pathlib import Path

import parts
import wait


class Probe:
    """Events are kept in order, each with the monotonic time of its arrival under "at"."""

    def __init__(self, folder, *subs, name="probe", **options):
        self.name = name
        words = [w for k, v in options.items() for w in ("--" + k.replace("_", "-"), str(v))]
        self.log_path = Path(folder) / f"{name}.log"
        self.events = []
        self.log_file = open(self.log_path, "ab")
        self.popen = subprocess.Popen(
            [parts.built("registry-probe"), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log_file,
            start_new_session=True,
        )
        threading.Thread(target=self._collect, daemon=True).start()
        for words in subs:
            self.order("sub " + words)

    def _collect(self):
        for line in self.popen.stdout:
            event = json.loads(line)
            event["at"] = time.monotonic()
            self.events.append(event)

    def order(self, words) -> None:
        self.popen.stdin.write(words.encode() + b"\n")
        self.popen.stdin.flush()

    def of_kind(self, kind, **fields) -> list[dict]:
        return [
            event
            for event in list(self.events)
            if event["event"] == kind and all(event.get(k) == v for k, v in fields.items())
        ]

    def ask(self, words, kind, timeout=30) -> dict:
        """The line that answers an order."""
        before = len(self.of_kind(kind))
        self.order(words)
        answered = lambda: len(self.of_kind(kind)) > before or self.must_live()
        wait.until(answered, f"answer to {words}", timeout)
        return self.of_kind(kind)[before]

    def must_live(self) -> bool:
        if self.popen.poll() is not None:
            raise wait.Hopeless(f"{self.name} ended with {self.popen.returncode}:\n{self.log()}")
        return False

    def pools(self, backend="live") -> list[list[dict]]:
        return [event["members"] for event in self.of_kind("pool", backend=backend)]

    def members(self, backend="live") -> dict[str, dict]:
        """id -> member, as the last event told; {} before the first."""
        pools = self.pools(backend)
        return {one["id"]: one for one in pools[-1]} if pools else {}

    def until_members(self, *ids, backend="live", timeout=20, held=None) -> None:
        """`held`: what all of them are held by; None: they are ordinary ones."""

        def reached():
            self.must_live()
            now = self.members(backend)
            return set(now) == set(ids) and all(one["held"] == held for one in now.values())

        wait.until(reached, f"{backend} is {ids}, held: {held}", timeout)

    def until_state(self, state, timeout=20) -> str:
        """Returns the error that was told with it."""
        wait.until(lambda: self.must_live() or self.state() == state, f"state {state}", timeout)
        return self.of_kind("state")[-1]["error"]

    def state(self) -> str | None:
        told = self.of_kind("state")
        return told[-1]["state"] if told else None

    def never_lost(self, *ids, backend="live") -> None:
        """Since they were all there for the first time, none of them was missing."""
        begun = False
        for pool in self.pools(backend):
            now = {one["id"] for one in pool}
            begun = begun or set(ids) <= now
            assert not begun or set(ids) <= now, f"lost: {set(ids) - now}"
        assert begun, f"never had {ids}"

    def connections(self) -> int:
        """Established ones, of this process."""
        inodes = set()
        for link in Path(f"/proc/{self.popen.pid}/fd").iterdir():
            try:
                target = str(link.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return sum(row[3] == "01" and row[9] in inodes for row in rows)

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return self.ask("cpu", "cpu")["us"] / 1e6

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> None:
        """Ends in order and cleanly: a leak that the sanitizer finds is a failure."""
        if self.popen.poll() is None:
            try:
                self.order("quit")
            except BrokenPipeError:
                pass
            try:
                self.popen.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log_file.close()
        assert self.popen.returncode in (0, -9), self.log()[-4000:]
