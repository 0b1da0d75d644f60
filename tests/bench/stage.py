# SPDX-License-Identifier: Apache-2.0
"""What the programs here have in common. To be imported first: the parts of the end to end tests are found
from then on."""

import contextlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import conftest  # noqa: E402
import proc  # noqa: E402
from agent import Agent  # noqa: E402


@contextlib.contextmanager
def stage():
    """A Keeper, in whose folder all lies and with which all ends."""
    proc.become_reaper()
    keeper = conftest.Keeper()
    with keeper.stack:
        yield keeper


def folder_of(keeper, name) -> Path:
    folder = keeper.folder / name.replace(" ", "-")
    folder.mkdir()
    return folder


def agent_without_services(keeper, name, version) -> Agent:
    """For static backends only."""
    folder = folder_of(keeper, name)
    catalog = folder / "catalog.json"
    catalog.write_text("{}")
    options = {"serviceReg": f"file:{catalog}", "serviceRegPort": None, "drainTimeout": "1s"}
    return keeper.keep(Agent(folder, version, options).start())
