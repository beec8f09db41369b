"""Processes of the tests, ended whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.conftest import ROOT


@contextmanager
def child(action: str, url: str, argument: str = "") -> Iterator[subprocess.Popen[str]]:
    """Run an action of `tests.store.child`; a process that is still there at the end is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.child", action, url, argument],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def together(*arguments: tuple[str, ...]) -> Iterator[list[subprocess.Popen[str]]]:
    """Run several actions that say "ready" and wait for a line, and let them go at once."""
    with ExitStack() as stack:
        processes = [stack.enter_context(child(*one)) for one in arguments]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        yield processes
