# SPDX-License-Identifier: Apache-2.0
"""Child processes: each in its own session, output in a file, ended by pid and nothing else.

This process is made the reaper of orphans, so that a daemon which a child started (HAProxy with -D)
becomes a child of ours when it lets go, is reaped as by init as soon as it has ended, and is found
and ended after the test.
"""

import atexit
import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path

import wait

PR_SET_CHILD_SUBREAPER = 36
REAP_EVERY = 0.02

_running: set["Child"] = set()
_forked: set[int] = set()  # pids that a Popen of this process waits for
_fork_lock = threading.Lock()  # between fork and the entry in _forked nobody reaps


class _RecordedPopen(subprocess.Popen):
    def __init__(self, *words, **named):
        with _fork_lock:
            super().__init__(*words, **named)
            _forked.add(self.pid)


def _children() -> set[int]:
    found = set()
    for path in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(word) for word in path.read_text().split())
        except OSError:
            pass
    return found


def _reap() -> set[int]:
    """Reaps adopted processes that have ended; returns those that live."""
    with _fork_lock:
        adopted = _children() - _forked
        for pid in list(adopted):
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == pid:
                    adopted.discard(pid)
            except ChildProcessError:
                adopted.discard(pid)
    return adopted


def become_reaper() -> None:
    """Once per process, before the first child of a test."""
    if subprocess.Popen is _RecordedPopen:
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _forked.update(_children())
    subprocess.Popen = _RecordedPopen

    def reap_for_ever():
        while not threading.Event().wait(REAP_EVERY):
            _reap()

    threading.Thread(target=reap_for_ever, daemon=True).start()


def end_adopted() -> None:
    """Ends the daemons that fell to this process, and what they leave behind in turn."""

    def none_left():
        living = _reap()
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not living

    wait.until(none_left, "daemons of the test have ended")


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

    def must_live(self) -> None:
        """For probes: ends the waiting, with the log, when the process has ended."""
        if not self.alive():
            status = self.popen.returncode
            raise wait.Hopeless(f"{self.name} ended with {status}:\n{self.log()[-4000:]}")

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


@atexit.register
def _end_all() -> None:
    for child in list(_running):
        child._kill_group()
