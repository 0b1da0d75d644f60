# SPDX-License-Identifier: Apache-2.0
"""What lies in files, to prove that nothing was written, or the same bytes again."""

import os
import time
from pathlib import Path
from typing import NamedTuple

import wait

WRITE_PAUSE_S = 1.2


class Written(NamedTuple):
    text: bytes
    inode: int
    changed_ns: int


def look(*paths) -> dict[str, Written]:
    """Each file, and each file below each folder; what does not exist is not in the answer."""
    found = {}
    for path in map(Path, paths):
        below = (Path(at) / name for at, _, names in os.walk(path) for name in names)
        for one in [path] if path.is_file() else sorted(below):
            if one.is_file():
                about = one.stat()
                found[str(one)] = Written(one.read_bytes(), about.st_ino, about.st_mtime_ns)
    return found


def texts(*paths) -> dict[str, bytes]:
    return {path: written.text for path, written in look(*paths).items()}


def wait_still(*paths) -> None:
    """Until nothing is written any more: the agent writes at most once a second, the last time after
    the last change."""

    def is_old():
        newest = max(one.changed_ns for one in look(*paths).values())
        return time.time() - newest / 1e9 > WRITE_PAUSE_S

    wait.until(is_old, "the files are written")


def unmarked(*paths) -> dict[str, bytes]:
    """Without the configuration's first line, which tells the generation it was written for."""
    mark = b"# thalassa: generated"
    return {
        path: text.split(b"\n", 1)[1] if text.startswith(mark) else text
        for path, text in texts(*paths).items()
    }
