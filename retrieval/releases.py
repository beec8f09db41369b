"""Published versions of the library: where they lie, what is known of each, and how their index is opened.

<library>/versions/current              number of the version in use, replaced atomically; missing: nothing was published yet
<library>/versions/<n>/release.json     who published it, when and why, and the sha256 of every other file
<library>/versions/<n>/regulations.jsonl   one parsed regulation per line
<library>/versions/<n>/…                the files of its index, see retrieval.index
<library>/vectors/…                     see retrieval.vector_cache

A version is never changed after it was published. Version 0 is the set of regulations that comes with the program.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from data.cases import background_narratives
from data.catalogue import matched_regulations
from data.entries import entries_of
from data.errors import FileError, IndexBuildError, reason
from data.regulation_json import regulation_from_json
from data.schema import Regulation
from retrieval.index import BROKEN, Index, build, read_parts, wanted
from retrieval.manifest import read_manifest
from retrieval.matcher import Matcher
from retrieval.vector_cache import CachedEncoder

__all__ = [
    "POINTER",
    "RECORD",
    "REGULATIONS",
    "Release",
    "cached_encoder",
    "current_number",
    "file_digests",
    "open_index",
    "read_release",
    "regulations_of",
    "releases",
    "versions_folder",
    "write_release",
]

POINTER = "current"
RECORD = "release.json"
REGULATIONS = "regulations.jsonl"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Release:
    """A published version: its titles by regulation id, its number of clauses, and how many texts had to be encoded for it.

    `base` is the version that was in use before; `restores` the earlier one whose regulations it brings back, if it does.
    `entries` is the digest of its clauses, `files` maps names to the sha256 of their bytes.
    """

    number: int
    at: datetime
    by: str
    note: str
    base: int
    restores: int | None
    titles: Mapping[str, str]
    clauses: int
    encoded: int
    index_digest: str
    entries: str
    files: Mapping[str, str]


def versions_folder(library: Path) -> Path:
    """Return the folder that holds the versions of the library in `library`."""
    return library / "versions"


def cached_encoder(library: Path, matcher: Matcher) -> CachedEncoder:
    """Return the encoder of `matcher` with the vectors of its index and those that earlier publications left in the library."""
    encoder = CachedEncoder(matcher.scorer.encoder, library / "vectors")
    index, settings = matcher.index, matcher.settings
    if index.manifest.settings == settings.index_digest():  # else its texts were put together in another way
        texts = [entry.document(lead=settings.document_lead, title=settings.document_title) for entry in index.entries]
        encoder.learn(texts, index.store.vectors(np.arange(len(texts), dtype=np.int64)))
    return encoder


def current_number(library: Path) -> int:
    """Return the number of the version in use; 0 where nothing was published. Raises IndexBuildError: it cannot be told."""
    path = versions_folder(library) / POINTER
    try:
        number = int(path.read_text("ascii"))
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise IndexBuildError(f"条款库的版本记录 {path} 读不出来（{reason(error)}），请检查路径和权限。") from error
    except ValueError as error:
        raise IndexBuildError(f"条款库的版本记录 {path} 已损坏，请把其中内容改成要用的版本号，例如 1。") from error
    return number


def write_release(release: Release, folder: Path) -> None:
    """Write ``release.json`` into `folder`."""
    value = {**asdict(release), "at": release.at.isoformat()}
    (folder / RECORD).write_text(json.dumps(value, ensure_ascii=False, indent=1), "utf-8")


def read_release(library: Path, number: int) -> Release:
    """Return what is known of a published version. Raises IndexBuildError: there is none of that number, or it is broken."""
    path = versions_folder(library) / str(number) / RECORD
    try:
        value = json.loads(path.read_text("utf-8"))
        return Release(**{**value, "at": datetime.fromisoformat(value["at"])})
    except FileNotFoundError as error:
        raise IndexBuildError(f"条款库没有第 {number} 版，请刷新后另选一版。") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise IndexBuildError(_broken(number)) from error


def releases(library: Path) -> tuple[Release, ...]:
    """Return the published versions, newest first; () before the first one. A broken record is left out and logged.

    Raises IndexBuildError where the version in use cannot be told.
    """
    found = []
    for number in range(current_number(library), 0, -1):
        try:
            found.append(read_release(library, number))
        except IndexBuildError as error:
            _log.warning("%s", error)
    return tuple(found)


def regulations_of(library: Path, number: int) -> tuple[Regulation, ...]:
    """Return the regulations of a version; 0 stands for those that come with the program.

    Raises IndexBuildError: there is no such version, or its file is broken.
    """
    return _regulations(versions_folder(library) / str(number) / REGULATIONS, number) if number else matched_regulations()


@lru_cache(maxsize=8)  # versions do not change
def _regulations(path: Path, number: int) -> tuple[Regulation, ...]:
    try:
        lines = path.read_text("utf-8").split("\n")
        return tuple(regulation_from_json(json.loads(line)) for line in lines if line)
    except FileNotFoundError as error:
        raise IndexBuildError(f"条款库没有第 {number} 版，请刷新后另选一版。") from error
    except (OSError, ValueError, FileError) as error:
        raise IndexBuildError(_broken(number)) from error


def open_index(library: Path, number: int, matcher: Matcher) -> Index:
    """Return the index of a version for the encoder and settings of `matcher`.

    Where the program, its encoder or its settings have changed since it was published, its index is built anew in memory.
    Raises IndexBuildError: the version is missing, or a file is not the one that was published.
    """
    folder = versions_folder(library) / str(number)
    release = read_release(library, number)
    try:
        changed = [name for name, digest in file_digests(folder).items() if release.files.get(name) != digest]
        missing = [name for name in release.files if not (folder / name).exists()]
        if changed or missing:
            raise IndexBuildError(f"{_broken(number)[:-1]}（{'、'.join(changed + missing)}）。")
        entries = entries_of(regulations_of(library, number))
        encoder, settings = matcher.scorer.encoder, matcher.settings
        background = background_narratives(settings.background)
        manifest = read_manifest(folder)
        if manifest == wanted(entries, encoder, settings, background):
            return read_parts(folder, manifest)
        _log.warning("第 %d 版条款库发布后程序、编码器或设置有变，索引在内存中重建。", number)
        cached = cached_encoder(library, matcher)
        index = build(entries, cached, matcher.scorer.segmenter, settings, background=background)
        cached.save()
        return index
    except BROKEN as error:
        raise IndexBuildError(_broken(number)) from error


def file_digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file in `folder` but the record itself, by name."""
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.name != RECORD:
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _broken(number: int) -> str:
    return f"第 {number} 版条款库的文件已损坏或读不出来，请从备份恢复这个文件夹，或撤回到别的版本。"
