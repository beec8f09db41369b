"""Versions of an index side by side in one folder, so that a reader never sees a half-written one.

A version is written into a hidden draft, renamed, and only then named in CURRENT. The version before it stays for readers that
have just looked it up; older ones go. What a killed process leaves behind is swept by a later write.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from data.errors import IndexBuildError, reason

try:
    import fcntl
except ImportError:  # a system without it: two writers at the same moment are then not kept apart
    fcntl = None  # type: ignore[assignment]

__all__ = ["add_version", "current_version", "locked", "names_to_disk", "to_disk"]

_NAME = re.compile(r"[0-9a-f]{16}(-[0-9a-f]{8})?")
_STALE = 3600.0  # seconds after which a draft belongs to a process that is gone


def current_version(folder: Path) -> Path:
    """Return the version in use. Raises IndexBuildError where there is none or it cannot be told."""
    try:
        name = (folder / "CURRENT").read_text("utf-8").strip()
    except FileNotFoundError as error:
        raise IndexBuildError(f"没有找到索引 {folder}，请先运行 rongcuo index build --out {folder}。") from error
    except OSError as error:
        raise IndexBuildError(f"索引 {folder} 读不出来（{reason(error)}），请检查路径和权限。") from error
    except ValueError:
        name = ""
    if not _NAME.fullmatch(name):
        raise IndexBuildError(f"索引 {folder} 已损坏，请运行 rongcuo index build --out {folder} 重建。")
    return folder / name


def add_version(folder: Path, digest: str, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a new folder, make it the current version and return it. Raises OSError where the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    name = f"{digest}-{secrets.token_hex(4)}"
    draft = folder / f".draft-{name}"
    draft.mkdir()  # not mkdtemp, which shuts out other accounts whatever the umask says
    try:
        write(draft)
        to_disk(draft)
        with locked(folder):
            previous = _current_name(folder)
            draft.rename(folder / name)
            _switch(folder, name)
            _drop(folder, keep={name, previous})
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if _current_name(folder) != name:
            shutil.rmtree(folder / name, ignore_errors=True)
        raise
    return folder / name


def _current_name(folder: Path) -> str:
    """Return the name of the version in use; "" where there is none."""
    try:
        return current_version(folder).name
    except IndexBuildError:
        return ""


def to_disk(folder: Path) -> None:
    """Wait until the files of `folder` and their names are on the disk."""
    for path in folder.iterdir():
        with path.open("r+b") as written:
            os.fsync(written.fileno())
    names_to_disk(folder)


def names_to_disk(folder: Path) -> None:
    """Wait until the names of what lies in `folder` are on the disk."""
    if os.name == "posix":  # elsewhere a folder cannot be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _switch(folder: Path, name: str) -> None:
    """Name the version in CURRENT, in one step."""
    draft = folder / f".CURRENT-{name}"
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as out:
            out.write(name + "\n")
            out.flush()
            os.fsync(out.fileno())
        draft.replace(folder / "CURRENT")
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    names_to_disk(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other writers out of `folder`; the system lifts the lock when the process ends, however it ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network disks know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _drop(folder: Path, *, keep: set[str]) -> None:
    """Remove the other versions; each is hidden first, so that what a crash leaves of it is swept later."""
    for path in list(folder.iterdir()):
        if path.name not in keep and _NAME.fullmatch(path.name) and (path / "manifest.json").exists():
            with contextlib.suppress(OSError):  # a version of another account stays
                hidden = path.rename(folder / f".draft-{path.name}-{secrets.token_hex(4)}")
                shutil.rmtree(hidden, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove drafts that are too old to be in use."""
    before = time.time() - _STALE
    for pattern in (".draft-*", ".CURRENT-*"):
        for path in list(folder.glob(pattern)):
            with contextlib.suppress(OSError):  # gone meanwhile, or of another account
                if path.stat().st_mtime >= before:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
