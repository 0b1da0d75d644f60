# SPDX-License-Identifier: Apache-2.0
"""A real browser in front of the agent's web UI: tests/ui/driver.mjs, spoken to line by line."""

import json
import subprocess
from pathlib import Path

import parts
import wait

HERE = parts.ROOT / "tests" / "ui"


class Failed(AssertionError):
    """What the browser was told to do could not be done."""


class Browser:
    """Selectors are Playwright's. `goto`, `click`, `fill`, `press`, `wait`, `text`, `texts`, `count`,
    `evaluate`, `theme`, `size`, `shot`, `axe`, `trace`, `traced`, `faults`, `hellos`: as in the driver."""

    def __init__(self, folder, port):
        subprocess.run([HERE / "fetch"], check=True, capture_output=True, timeout=300)
        self.log = (Path(folder) / "browser.log").open("w")
        self.process = subprocess.Popen(
            ["node", HERE / "driver.mjs", f"http://127.0.0.1:{port}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )

    def __getattr__(self, call):
        if call.startswith("_"):
            raise AttributeError(call)
        return lambda *args: self._ask(call, args)

    def _ask(self, call, args):
        self.process.stdin.write(json.dumps({"call": call, "args": args}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{call}: the driver has ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{call}{args}: {answer['error']}")
        return answer["value"]

    # what tests do often

    def begin(self, path="/overview", **screen) -> "Browser":
        """A page of its own at this path, live."""
        self.open(screen)
        assert self.goto(path) == 200
        self.live()
        return self

    def live(self, timeout=20.0) -> None:
        wait.until(lambda: self.text("[data-test=connection]") == "live", "the page is live", timeout)

    def shows(self, selector, text, timeout=15.0) -> None:
        """The first of these contains the text."""

        def shown():
            got = self.text(selector)
            assert text in got, f"{text!r} is not in {got!r}"
            return True

        wait.until(shown, f"{selector} shows {text!r}", timeout)

    def toggle(self, name) -> None:
        self.click(f'.toggle:text-is("{name}")')

    def must_be_clean(self, allowed=()) -> None:
        """Nothing went wrong in the page, but for what has one of these words."""
        faults = [one for one in self.faults() if not any(word in one for word in allowed)]
        assert not faults, faults

    def stop(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()
