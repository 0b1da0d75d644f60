# SPDX-License-Identifier: Apache-2.0
"""Child processes: each in its own session, output in a file, ended by pid and nothing else.

This process is made the reaper of orphans, so that a daemon which a child started (HAProxy with -D)
becomes a child of ours when it lets go, and is found and ended after the test.
"""

import atexit
import ctypes
import os
import signal
import subprocess
from pathlib import Path

import wait

PR_SET_CHILD_SUBREAPER = 36

_running: set["Child"] = set()


def become_reaper() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Child:
    def __init__(self, name, argv, folder, env=None, cwd=None):
        """`name` is the log's name; a second child of the same name appends to it."""
        self.name = name
        self.argv = [str(word) for word in argv]
        self.log_path = Path(folder) / f"{name}.log"
        with open(self.log_path, "ab") as log:
            self.popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        _running.add(self)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def signal(self, number) -> None:
        """To this process alone, not to what it started."""
        if self.alive():
            os.kill(self.pid, number)

    def exit_status(self, timeout=10.0) -> int:
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise wait.TimedOut(f"{self.name} did not end within {timeout} s") from None

    def stop(self, timeout=10.0) -> None:
        """SIGTERM, a deadline, then SIGKILL to the whole group; nothing of it is left."""
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        self._kill_group()

    def kill(self) -> None:
        """SIGKILL to this process alone: how a crash looks to those around it."""
        self.signal(signal.SIGKILL)
        self.popen.wait()
        _running.discard(self)

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        _running.discard(self)


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    if path.exists():
        return [int(word) for word in path.read_text().split()]
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
        except OSError:
            pass
    return found


def _adopted() -> list[int]:
    return sorted(set(_children()) - _own())


def _own() -> set[int]:
    return {child.pid for child in _running} | _before


_before: set[int] = set()


def note_children() -> None:
    """What runs now under this process is not the test's."""
    _before.clear()
    _before.update(_children())


def end_adopted() -> None:
    """Ends the daemons that fell to this process, and what they leave behind in turn."""

    def none_left():
        for pid in _adopted():
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
            except (ProcessLookupError, ChildProcessError):
                pass
        return not _adopted()

    wait.until(none_left, "daemons of the test have ended")


@atexit.register
def _end_all() -> None:
    for child in list(_running):
        child._kill_group()
