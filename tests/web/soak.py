"""Ten minutes of work, and whether memory stays flat: python -m tests.web.soak [--minutes 10] [--users 6].

`rongcuo serve` is started over a new folder; users work as in `tests.web.load`. Every few seconds the server's resident memory,
threads and open files are read from /proc. The first quarter of the time is for warming up; of the rest, the last third must
not need more memory than the first by `GROWTH`, nor more threads or files by a few. Exit status 1 where it does, or where
`tests.web.load` found an error or a difference.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data.store.store import open_store
from tests.conftest import ROOT
from tests.web import load
from ui.page_http import listen

GROWTH = 0.05
MORE_FILES = 8  # sockets of connections that are just being opened


@dataclass(frozen=True)
class Sample:
    """Resident memory in MB, threads and open files at some second."""

    second: float
    memory: float
    threads: int
    files: int


class Watch(threading.Thread):
    """Samples a process until it is told to stop."""

    def __init__(self, pid: int, every: float) -> None:
        super().__init__(daemon=True)
        self.pid, self.every, self.samples, self.done = pid, every, list[Sample](), threading.Event()

    def run(self) -> None:
        """Take a sample every few seconds."""
        began = time.monotonic()
        while not self.done.wait(self.every):
            self.samples.append(sample(self.pid, time.monotonic() - began))


def sample(pid: int, second: float = 0.0) -> Sample:
    """Read what a process holds. Raises FileNotFoundError where it is gone."""
    place = Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
    return Sample(second, int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), len(os.listdir(place / "fd")))


def grown(samples: Sequence[Sample]) -> tuple[Sample, Sample, list[str]]:
    """Return the medians of the first and the last third after warming up, and what grew. ValueError for fewer than 8 samples."""
    if len(samples) < 8:
        raise ValueError(f"{len(samples)} samples are too few")
    warm = samples[len(samples) // 4 :]
    third = len(warm) // 3
    first, last = (_median(part) for part in (warm[:third], warm[-third:]))
    found = []
    if last.memory > first.memory * (1 + GROWTH):
        found.append(f"memory {first.memory:.0f} -> {last.memory:.0f} MB")
    if last.threads > first.threads + 2:
        found.append(f"threads {first.threads} -> {last.threads}")
    if last.files > first.files + MORE_FILES:
        found.append(f"files {first.files} -> {last.files}")
    return first, last, found


def _median(samples: Sequence[Sample]) -> Sample:
    names = ("second", "memory", "threads", "files")
    second, memory, threads, files = (statistics.median(getattr(one, name) for one in samples) for name in names)
    return Sample(second, memory, int(threads), int(files))


@contextmanager
def serving(folder: Path, users: int) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Start the program over `folder` for so many users; gives its address, its database and its process."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    database = f"sqlite:///{folder / 'store.sqlite3'}"
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", str(port)]
    environment = {**os.environ, "RONGCUO_DATABASE_URL": database, "PYTHONWARNINGS": "ignore"}
    with open_store(database) as store:
        load.make_users(store, users)  # before the start: without anybody to log in, everyone would be the one local user
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.startswith("已启动"):
            raise RuntimeError(line + (folder / "log").read_text())
        yield f"http://127.0.0.1:{port}", database, process
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def soak(minutes: float, users: int, pause: float) -> tuple[load.Tally, load.Differences, list[Sample]]:
    """Let the users work, and return what happened, where the store differs, and the samples."""
    with tempfile.TemporaryDirectory() as place, serving(Path(place), users) as served, open_store(served[1]) as store:
        url, _, process = served
        watch = Watch(process.pid, max(0.5, minutes * 60 / 120))
        watch.start()
        tally = load.run(url, users, minutes * 60, pause)
        watch.done.set()
        watch.join()
        return tally, load.compare(store, tally, users), watch.samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, the samples' medians and what grew; see above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--users", type=int, default=6)
    parser.add_argument("--pause", type=float, default=1.0)
    chosen = parser.parse_args(arguments)
    tally, found, samples = soak(chosen.minutes, chosen.users, chosen.pause)
    first, last, more = grown(samples)
    print("\n".join(load.table(tally)))
    print(f"errors {dict(tally.errors)}; lost {len(found.lost)}, doubled {len(found.doubled)}, unknown {len(found.unknown)}")
    for one in (*found.lost, *found.doubled, *found.unknown)[:20]:
        print(" ", one)
    for one in samples[:: max(1, len(samples) // 12)]:
        print(f"{one.second:6.0f} s {one.memory:7.1f} MB {one.threads:3} threads {one.files:3} files")
    change = last.memory / first.memory - 1
    print(f"{first.memory:.1f} -> {last.memory:.1f} MB ({change:+.1%}); {'; '.join(more) or 'nothing grew'}")
    return 1 if more or tally.errors or not found.none else 0


if __name__ == "__main__":
    sys.exit(main())
