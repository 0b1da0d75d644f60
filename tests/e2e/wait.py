# SPDX-License-Identifier: Apache-2.0
"""Waiting is polling with a deadline. No test sleeps."""

import time

EVERY = 0.02


class TimedOut(AssertionError):
    pass


class Hopeless(AssertionError):
    """Raised by a probe for which waiting makes no sense any more, such as a process that has ended."""


def until(probe, what, timeout=10.0, every=EVERY, ignore=(OSError,)):
    """Calls `probe` until it returns something true, which is returned. Exceptions in `ignore` count
    as "not yet"; a failed assertion inside the probe does, too, and is shown if time runs out."""
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except Hopeless:
            raise
        except (AssertionError, *ignore) as error:
            last = error
        if time.monotonic() >= deadline:
            raise TimedOut(f"not within {timeout} s: {what}; last: {last!r}")
        time.sleep(every)


def equals(probe, wanted, what, timeout=10.0, every=EVERY, ignore=(OSError,)):
    """Calls `probe` until it returns `wanted`."""

    def compare():
        got = probe()
        assert got == wanted, f"{got!r} != {wanted!r}"
        return True

    until(compare, what, timeout, every, ignore)


def stays(probe, what, seconds, every=EVERY):
    """Promises that something does not happen: `probe` is true each time it is asked in `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        got = probe()
        assert got, f"did not stay: {what}; got {got!r}"
        time.sleep(every)
