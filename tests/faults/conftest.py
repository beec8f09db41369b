"""Disks that are full or read-only, as the system makes them: a small file system in memory of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import Index, build

_SIZE = 4 << 20


@dataclass(frozen=True)
class Disk:
    """A mounted file system of 4 MB."""

    folder: Path

    def fill(self, leave: int) -> None:
        """Write until only about `leave` bytes are free."""
        (self.folder / "filler").write_bytes(b"0" * max(0, shutil.disk_usage(self.folder).free - leave))
        left = shutil.disk_usage(self.folder).free
        assert left <= leave + 8192, left

    def empty(self) -> None:
        (self.folder / "filler").unlink()

    def read_only(self) -> None:
        _mount("-o", "remount,ro", self.folder)


def _mount(*arguments: object) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        _mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("may not mount a file system here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@pytest.fixture(scope="session")
def large(entries, settings) -> Index:
    """An index of some hundred kilobytes."""
    many = tuple(
        replace(entry, clause=replace(entry.clause, id=f"{entry.clause.id}-{n}", text=f"{entry.clause.text}{n * 7919}"))
        for n in range(150)
        for entry in entries
    )
    return build(many, StubEncoder(), load_segmenter(), settings)


@pytest.fixture(scope="session")
def small(entries, settings) -> Index:
    return build(entries, StubEncoder(), load_segmenter(), settings)


def hidden(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]
