"""Feeds random input to parser, readers, case files and matcher until the time is over.

    python -m tests.fuzz.run --minutes 10 [--seed N] [--target NAME]...
    python -m tests.fuzz.run --target parser --only SEED        the same input again, with its traceback

Seeds follow from --seed (by default from the clock); each failure is printed with the command that repeats it. An input that
takes longer than ten seconds of a processor is a failure too. The exit code is 1 where something failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.fuzz.targets import TARGETS, attempt, matcher

_SLOW = 10
_MOST = 25  # different failures after which it is enough


class TooSlow(Exception):
    """One input took longer than it may."""


def main() -> int:
    """Run until the time is over and tell what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    parser.add_argument("--target", action="append", choices=list(TARGETS))
    parser.add_argument("--only", type=int, help="one seed of one target, with its traceback")
    options = parser.parse_args()
    targets = options.target or list(TARGETS)
    if options.only is not None:
        for name in targets:
            attempt(name, options.only)
        return 0
    return _run(targets, options.seed, options.minutes)


def _run(targets: list[str], first: int, minutes: float) -> int:
    end = time.monotonic() + 60 * minutes
    done: Counter[str] = Counter()
    failures: dict[str, str] = {}
    seed = first
    matcher()  # built once, before anything is timed
    while time.monotonic() < end and len(failures) < _MOST:
        for name in targets:
            place = _failure(name, seed)
            if place and place not in failures:
                failures[place] = f"python -m tests.fuzz.run --target {name} --only {seed}"
                print(f"{place}\n    {failures[place]}", flush=True)
            done[name] += 1
        seed += 1
    counts = "  ".join(f"{name} {count}" for name, count in done.items())
    print(f"seeds {first} to {seed - 1}; {counts}; {len(failures)} failures", flush=True)
    return int(bool(failures))


def _failure(name: str, seed: int) -> str:
    """Return what failed and where, "" for nothing; two failures at the same place count as one."""
    try:
        with _limit():
            attempt(name, seed)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if not f.filename.endswith(("targets.py", "run.py", "contextlib.py"))] or frames
        last = next((f for f in reversed(own) if "site-packages" not in f.filename), own[-1])
        return f"{name}: {type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}: {str(error)[:100]!r}"
    return ""


@contextmanager
def _limit() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"longer than {_SLOW} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, _SLOW)  # time of the processor: other programs may be busy
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


if __name__ == "__main__":
    sys.exit(main())
