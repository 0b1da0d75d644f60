# SPDX-License-Identifier: Apache-2.0
"""Where the parts are: what this checkout built, and what tests/parts fetched."""

import functools
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRESET = os.environ.get("THALASSA_PRESET", "release")
BUILD = Path(os.environ.get("THALASSA_BUILD_DIR", ROOT / "build" / PRESET))
SKIPPED = 77


def built(name) -> Path:
    """Of the preset's build tree, or of another one that THALASSA_BUILD_DIR names."""
    path = BUILD / "bin" / name
    assert path.exists(), f"{path} is not built: cmake --build --preset {PRESET}"
    return path


@functools.cache
def _fetched(script, *words) -> tuple[int, str, str]:
    done = subprocess.run(
        [ROOT / "tests" / "parts" / script, *words], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def _path(script, *words) -> Path:
    status, path, message = _fetched(script, *words)
    if status == SKIPPED:
        pytest.skip(message.splitlines()[-1])
    assert status == 0, f"tests/parts/{script} {' '.join(words)}: exit {status}\n{message}"
    return Path(path)


def haproxy(version) -> Path:
    return _path("haproxy", version)


def consul() -> Path:
    return _path("consul")
