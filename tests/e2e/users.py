# SPDX-License-Identifier: Apache-2.0
"""The agent as another user than the one who runs the tests."""

import os
import shutil

import parts

ORDINARY = "nobody"


def is_root() -> bool:
    return os.getuid() == 0


def prefix(group=None) -> list[str]:
    """Words before a command: as an ordinary user, who already is one if the tests are not root's.
    With `group` as a member of that group alone."""
    if not is_root():
        return []
    return ["setpriv", f"--reuid={ORDINARY}", f"--regid={group or 'nogroup'}", "--clear-groups"]


def own(path, group=None):
    """Makes `path` the ordinary user's."""
    if is_root():
        shutil.chown(path, ORDINARY, group or "nogroup")
    return path


def reachable_program(folder, name="thalassa"):
    """As installed below a prefix, so that the user can run it wherever the checkout lies."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(parts.built(name), path)
    path.chmod(0o755)
    shutil.copytree(parts.ROOT / "templates", folder / "share" / "thalassa" / "templates", dirs_exist_ok=True)
    shutil.copytree(parts.ROOT / "lua", folder / "share" / "thalassa" / "lua", dirs_exist_ok=True)
    return path
