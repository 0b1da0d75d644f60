# SPDX-License-Identifier: Apache-2.0
"""The program at a prompt: words in, exit status and texts out."""

import json
import subprocess

from agent import environment, words_of

import parts


def thalassa(*words, env=None, cwd="/", stdin="", **named) -> subprocess.CompletedProcess:
    return subprocess.run(
        [parts.built("thalassa"), *[str(word) for word in words]], input=stdin, text=True,
        **({"capture_output": True} | named), timeout=60, check=False,
        env=environment(**(env or {})), cwd=cwd,
    )


def one_line(done, status, *words):
    """This exit status, and one line on stderr that holds the words."""
    assert done.returncode == status, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in words:
        assert str(word) in done.stderr, done.stderr


def told(done) -> dict:
    return json.loads(done.stdout)


def names(agent) -> list[str]:
    """The agent's own options, but for those that say where it listens."""
    listens = {"host", "port", "apiSocket"}
    return words_of({name: value for name, value in agent.options.items() if name not in listens})
