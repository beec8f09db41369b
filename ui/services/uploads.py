"""Files that people hand over before an action uses them: kept until one did, at most a day, and only for their owner.

A file lies under a random id beside a small JSON file that tells its owner and name; the name never becomes a path.
"""

from __future__ import annotations

import json
import re
import secrets
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from data.errors import FileError, InputError, reason
from ui.services.access import Person
from ui.services.desk import Desk

__all__ = ["MAX_BYTES", "MAX_FILES", "TooLarge", "Upload", "Uploaded", "save", "take", "tidy", "used"]

MAX_BYTES = 20 * 2**20
MAX_FILES = 20
"""So many files of one person may wait at a time."""

_DAY = 24 * 3600
_ID = re.compile(r"[0-9a-f]{32}")
_CHUNK = 2**20


class TooLarge(InputError):
    """A file is over the limit."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What is told of a file that was handed over; `size` in bytes."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was handed over, with its content."""

    name: str
    data: bytes = field(repr=False)


def save(desk: Desk, person: Person, name: str, content: BinaryIO) -> Uploaded:
    """Keep a file for a person, read in pieces.

    Raises:
        TooLarge: it has more than MAX_BYTES.
        InputError: it is empty, or too many files of the person wait already.
        FileError: it cannot be written.

    """
    shown = _file_name(name)
    folder = desk.folder / "uploads"
    identifier = secrets.token_hex(16)
    data, note = folder / f"{identifier}.bin", folder / f"{identifier}.json"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tidy(desk)
        if _waiting(folder, person.name) >= MAX_FILES:
            raise InputError(f"您有 {MAX_FILES} 个上传的文件还没有用到，请明天再试或联系管理员。")
        try:
            size = _write(data, content, shown)
            note.write_text(json.dumps({"owner": person.name, "name": shown, "size": size}), "utf-8")
        except BaseException:
            data.unlink(missing_ok=True)
            note.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"上传的文件存不下来（{reason(error)}），请联系管理员检查磁盘。") from error
    return Uploaded(identifier, shown, size)


def take(desk: Desk, person: Person, upload_id: str) -> Upload:
    """Return a file of the person; it may be taken again until it is used or a day old.

    Raises InputError: there is none of that id, it is too old, or it is somebody else's; which of these is not told.
    """
    gone = InputError("没有这个上传的文件，它可能已经用过或已过期（保留一天），请重新选择文件。")
    if not _ID.fullmatch(upload_id):
        raise gone
    folder = desk.folder / "uploads"
    note = _note(folder / f"{upload_id}.json")
    if note is None or note["owner"] != person.name:
        raise gone
    try:
        return Upload(str(note["name"]), (folder / f"{upload_id}.bin").read_bytes())
    except OSError as error:
        raise gone from error


@contextmanager
def used(desk: Desk, person: Person, upload_id: str) -> Iterator[Upload]:
    """Take a file of the person and delete it once what is made of it is kept; after an error it stays. Raises as `take`."""
    yield take(desk, person, upload_id)
    for ending in ("bin", "json"):
        with suppress(OSError):  # what was made of it is kept; `tidy` tries again
            (desk.folder / "uploads" / f"{upload_id}.{ending}").unlink()


def tidy(desk: Desk) -> None:
    """Delete the files that are older than a day. Raises OSError."""
    oldest = time.time() - _DAY
    for path in _files(desk.folder / "uploads"):
        with suppress(FileNotFoundError):  # another process was first
            if path.stat().st_mtime < oldest:
                path.unlink()


def _write(path: Path, content: BinaryIO, shown: str) -> int:
    size = 0
    with path.open("xb") as file:
        path.chmod(0o600)
        while piece := content.read(_CHUNK):
            size += len(piece)
            if size > MAX_BYTES:
                raise TooLarge(f"文件“{shown}”超过 {MAX_BYTES // 2**20} MB，请拆成几个文件。")
            file.write(piece)
    if not size:
        raise InputError(f"文件“{shown}”是空的，请换一个文件。")
    return size


def _waiting(folder: Path, owner: str) -> int:
    """Return how many files of the owner are kept."""
    notes = (_note(path) for path in folder.glob("*.json"))
    return sum(note is not None and note["owner"] == owner for note in notes)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in list(folder.glob("*")) if _ID.fullmatch(path.stem))  # no folder yet is an empty one


def _note(path: Path) -> dict[str, Any] | None:
    """Return owner, name and size; None where there is no such file or it is older than a day."""
    try:
        if path.stat().st_mtime < time.time() - _DAY:
            return None
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"owner", "name"} <= found.keys() else None


def _file_name(name: str) -> str:
    """Return the last part of a name as it may be shown: no folders, no control characters, at most 150 characters."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    return clean[-150:] or "未命名"
