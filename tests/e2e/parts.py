# SPDX-License-Identifier: Apache-2.0
"""Where the parts are: what this checkout built, and what tests/parts fetched."""

import functools
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRESET = os.environ.get("THALASSA_PRESET", "release")
SKIPPED = 77


def built(name, preset=PRESET) -> Path:
    """Of the preset's build tree, or of another one that the environment names: THALASSA_BUILD_DIR for
    the preset that is tested, else THALASSA_ASAN_BUILD_DIR and the like."""
    variable = "THALASSA_BUILD_DIR" if preset == PRESET else f"THALASSA_{preset.upper()}_BUILD_DIR"
    path = Path(os.environ.get(variable, ROOT / "build" / preset)) / "bin" / name
    assert path.exists(), f"{path} is not built: cmake --build --preset {preset}"
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
