# SPDX-License-Identifier: Apache-2.0
"""A subcommand that runs on: what it has written so far, with or without a terminal."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

import proc
from agent import environment

import parts
import wait


class Live:
    """`thalassa WORDS... --apiSocket ...` of this agent; with `size` (rows, columns) on a terminal."""

    def __init__(self, agent, *words, size=None):
        proc.become_reaper()
        self.terminal = self.slave = None
        if size:
            self.terminal, self.slave = pty.openpty()
            self.resize(*size)
        self.process = subprocess.Popen(
            [parts.built("thalassa"), *[str(word) for word in words], "--apiSocket", agent.options["apiSocket"]],
            stdin=self.slave or subprocess.DEVNULL, stdout=self.slave or subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(TERM="xterm", TZ="UTC"), start_new_session=True,
            preexec_fn=self._own_terminal if size else None,
        )
        self._bytes = {"out": b"", "err": b""}
        self._readers = [
            self._read("out", self.terminal or self.process.stdout.fileno()),
            self._read("err", self.process.stderr.fileno()),
        ]
        if self.slave:
            os.close(self.slave)

    @staticmethod
    def _own_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def _read(self, name, fd):
        def read():
            while True:
                try:
                    piece = os.read(fd, 65536)
                except OSError:
                    return  # the other end of the terminal is closed
                if not piece:
                    return
                self._bytes[name] += piece

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def resize(self, rows, columns) -> None:
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys) -> None:
        os.write(self.terminal, keys)

    @property
    def out(self) -> str:
        return self._bytes["out"].decode()

    @property
    def err(self) -> str:
        return self._bytes["err"].decode()

    def wait_for(self, text, of="out", timeout=10.0) -> None:
        def told():
            if self.process.poll() is not None:
                raise wait.Hopeless(f"it ended with {self.process.returncode}: {self.err}")
            return text in getattr(self, of)

        wait.until(told, f"{text!r} in {of}", timeout)

    def interrupt(self) -> int:
        """Ctrl-C; the exit status, when all that was written has been read."""
        if self.terminal:
            self.type(b"\x03")
        else:
            self.process.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> int:
        status = self.process.wait(10)
        for reader in self._readers:
            reader.join(10)
        return status

    def stop(self) -> None:
        self.process.kill()
        self.end()
        if self.terminal:
            os.close(self.terminal)
