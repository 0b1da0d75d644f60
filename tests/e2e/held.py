# SPDX-License-Identifier: Apache-2.0
"""One thread of a process held still by the kernel, as if it were stuck, while the others run on."""

import ctypes
import os
from pathlib import Path

import wait

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000


class Held:
    def __init__(self, pid, name):
        """The first thread of the process `pid` with this name; a child of ours, or we are root."""
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        tasks = Path(f"/proc/{pid}/task")
        self.tid = next(int(t.name) for t in sorted(tasks.iterdir()) if (t / "comm").read_text() == f"{name}\n")

    def _ptrace(self, what) -> None:
        assert self.libc.ptrace(what, self.tid, None, None) == 0, os.strerror(ctypes.get_errno())

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        wait.until(lambda: os.waitpid(self.tid, os.WNOHANG | WALL)[0] == self.tid, "it is held")
        return self

    def __exit__(self, *_):
        self._ptrace(PTRACE_DETACH)
