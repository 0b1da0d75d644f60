# SPDX-License-Identifier: Apache-2.0
"""What lies in files, to prove that nothing was written, or the same bytes again."""

import os
from pathlib import Path
from typing import NamedTuple


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


def unmarked(*paths) -> dict[str, bytes]:
    """Without the configuration's first line, which tells the generation it was written for."""
    mark = b"# thalassa: generated"
    return {
        path: text.split(b"\n", 1)[1] if text.startswith(mark) else text
        for path, text in texts(*paths).items()
    }
