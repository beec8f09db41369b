"""The manifest beside a backup, ``NAME.manifest.json``: what the backup holds and the digest it must have.

kind       sqlite: a database file · jsonl: one row per line, ["table", {column: value}], for either database
revision   of the tables
head       where the audit trail ended; noted elsewhere, it proves later that the trail was not rewritten
problem    what was already wrong with the trail when the backup was made, "" where nothing was
library    the archive of the library beside the backup, null where nothing had been published or drafted
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from data.errors import FileError, reason
from data.store.records import Head

__all__ = ["Kind", "LibraryPart", "Manifest", "file_digest", "manifest_path", "read_manifest", "write_manifest"]

Kind = Literal["sqlite", "jsonl"]
_FORMAT, _WITHOUT_LIBRARY = 2, 1


@dataclass(frozen=True, slots=True)
class LibraryPart:
    """The archive of the library: its bytes and digest, and how many files it holds."""

    bytes: int
    sha256: str
    files: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; `counts` are rows per table, `bytes` and `sha256` those of the backup file."""

    kind: Kind
    revision: str
    created: str
    bytes: int
    sha256: str
    counts: Mapping[str, int]
    head: Head
    problem: str = ""
    library: LibraryPart | None = None


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a backup stands."""
    return path.with_name(f"{path.name}.manifest.json")


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest beside the backup `path`. Raises OSError."""
    target = manifest_path(path)
    with target.open("x", encoding="utf-8") as file:
        json.dump({"format": _FORMAT, **asdict(manifest)}, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of the backup `path` and compare the backup with it.

    Raises FileError: one of the two is missing, cannot be read, is of a newer format, or they do not fit.
    """
    source = manifest_path(path)
    try:
        value = json.loads(source.read_text("utf-8"))
        if value.pop("format") not in (_FORMAT, _WITHOUT_LIBRARY):
            raise FileError(f"备份清单 {source} 的格式比这个程序新，请升级 rongcuo 后再恢复。")
        library = LibraryPart(**value["library"]) if value.get("library") else None
        parts = {"head": Head(**value["head"]), "counts": dict(value["counts"]), "library": library}
        manifest = Manifest(**{**value, **parts})
        if manifest.kind not in get_args(Kind):
            raise ValueError(manifest.kind)
        found = file_digest(path)
    except OSError as error:
        raise FileError(f"备份 {path} 读不出来（{reason(error)}），备份文件和 {source.name} 要放在一起。") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(f"备份清单 {source} 已损坏，请换一份备份。") from error
    if found != manifest.sha256:
        raise FileError(f"备份 {path} 与清单中的校验值不符，它不完整或被改动过，请换一份备份。")
    return manifest


def file_digest(path: Path) -> str:
    """Return the sha256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
