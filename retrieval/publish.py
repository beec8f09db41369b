"""Publishing a set of regulations as a new version of the library, in steps after each of which a crash does no harm.

    locked      nobody else publishes; a lock that the system lifts when the process ends, however it ends
    swept       what a crash left behind is gone: drafts, and folders above the number in use
    encoded     texts that no earlier publication encoded have vectors, which are kept
    written     all files lie in a hidden draft
    synced      … and are on the disk
    renamed     the draft has its number; nobody looks at it yet
    switched    the pointer names it: from here on it serves

Numbers only grow: going back to an earlier version publishes its regulations again, under a new number.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.cases import background_narratives
from data.entries import entries_of
from data.errors import IndexBuildError, InputError, reason
from data.regulation_json import regulation_to_json
from data.schema import Regulation
from data.store.errors import StoreConflict
from retrieval.index import Index, build, write_parts
from retrieval.matcher import Matcher
from retrieval.releases import (
    POINTER,
    REGULATIONS,
    Release,
    cached_encoder,
    current_number,
    file_digests,
    read_release,
    versions_folder,
    write_release,
)
from retrieval.versions import names_to_disk, to_disk

try:
    import fcntl
except ImportError:  # a system without it: the number of the new folder alone keeps two publications apart
    fcntl = None  # type: ignore[assignment]

__all__ = ["STEPS", "Order", "clean", "publish"]

STEPS = ("locked", "swept", "encoded", "written", "synced", "renamed", "switched")
"""The names that `publish` gives to its `step`, in order."""

_STALE = 3600.0  # seconds after which, where no lock tells, a leftover belongs to a process that is gone
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)


@dataclass(frozen=True, slots=True)
class Order:
    """Who publishes, when and why, and the version that they had before them; `restores` is the version brought back."""

    by: str
    at: datetime
    note: str
    base: int
    restores: int | None = None


def publish(
    library: Path,
    regulations: Sequence[Regulation],
    matcher: Matcher,
    order: Order,
    *,
    step: Callable[[str], None] = lambda name: None,
) -> Release:
    """Make `regulations` the version in use, indexed for the encoder and settings of `matcher`; `step` is told each step.

    Raises:
        StoreConflict: somebody else publishes now, or has published since `order.base`.
        InputError: two regulations have the same id.
        IndexBuildError: there are no clauses, or the disk refuses; the version before stays in use.

    """
    _check(regulations)
    versions = versions_folder(library)
    try:
        versions.mkdir(parents=True, exist_ok=True)
        with _only_one(versions) as sure:
            step("locked")
            _check_base(library, order.base)
            _sweep(versions, order.base, sure=sure)
            step("swept")
            return _publish(library, regulations, matcher, order, step)
    except OSError as error:
        raise IndexBuildError(
            f"新版本无法写入 {versions}（{reason(error)}），仍使用原来的版本；请检查磁盘空间和写权限后再发布。"
        ) from error


def clean(library: Path) -> None:
    """Remove what a killed publication left behind; nothing happens while somebody publishes, or where the disk refuses."""
    versions = versions_folder(library)
    with contextlib.suppress(StoreConflict, OSError, IndexBuildError):
        if versions.is_dir():
            with _only_one(versions) as sure:
                _sweep(versions, current_number(library), sure=sure)


def _check(regulations: Sequence[Regulation]) -> None:
    ids = [regulation.id for regulation in regulations]
    twice = next((identifier for identifier in ids if ids.count(identifier) > 1), None)
    if twice is not None:
        raise InputError(f"有两部法规的编号都是 {twice}，请先改掉其中一个。")


def _check_base(library: Path, base: int) -> None:
    now = current_number(library)
    if now == base:
        return
    if not now:
        raise StoreConflict(f"现在使用的是随程序附带的版本，您看到的是第 {base} 版；请刷新，核对差异后再发布。")
    newer = read_release(library, now)
    when = newer.at.astimezone().strftime("%m-%d %H:%M")
    raise StoreConflict(f"{newer.by} 在 {when} 已发布第 {now} 版，您看到的是第 {base} 版；请刷新，核对差异后再发布。")


def _publish(
    library: Path, regulations: Sequence[Regulation], matcher: Matcher, order: Order, step: Callable[[str], None]
) -> Release:
    versions, number = versions_folder(library), order.base + 1
    encoder, settings = cached_encoder(library, matcher), matcher.settings
    background = background_narratives(settings.background)
    index = build(entries_of(regulations), encoder, matcher.scorer.segmenter, settings, background=background)
    encoder.save()
    step("encoded")
    draft, place = versions / f".draft-{number}-{secrets.token_hex(4)}", versions / str(number)
    renamed = False
    try:
        draft.mkdir()
        release = _write(draft, regulations, index, order, encoder.encoded)
        step("written")
        to_disk(draft)
        step("synced")
        _rename(draft, place)
        renamed = True
        names_to_disk(versions)
        step("renamed")
        _switch(versions, number)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        if renamed and _points_elsewhere(library, number):
            shutil.rmtree(place, ignore_errors=True)
        raise
    step("switched")
    return release


def _write(draft: Path, regulations: Sequence[Regulation], index: Index, order: Order, encoded: int) -> Release:
    write_parts(index, draft)
    lines = (json.dumps(regulation_to_json(regulation), ensure_ascii=False) + "\n" for regulation in regulations)
    with (draft / REGULATIONS).open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(lines)
    release = Release(
        number=order.base + 1,
        at=order.at,
        by=order.by,
        note=order.note,
        base=order.base,
        restores=order.restores,
        titles={regulation.id: regulation.title for regulation in regulations},
        clauses=len(index.entries),
        encoded=encoded,
        index_digest=index.manifest.digest,
        entries=index.manifest.entries,
        files=file_digests(draft),
    )
    write_release(release, draft)
    return release


def _rename(draft: Path, place: Path) -> None:
    try:
        draft.rename(place)
    except OSError as error:
        if error.errno in _TAKEN:
            raise StoreConflict("另一位管理员同时发布了新版本，您的这次没有生效；请刷新，核对差异后再发布。") from error
        raise


def _switch(versions: Path, number: int) -> None:
    """Name the version in the pointer, in one step."""
    draft = versions / f".{POINTER}-{secrets.token_hex(4)}"
    try:
        with draft.open("w", encoding="ascii", newline="\n") as out:
            out.write(f"{number}\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, versions / POINTER)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    names_to_disk(versions)


def _points_elsewhere(library: Path, number: int) -> bool:
    try:
        return current_number(library) != number
    except IndexBuildError:
        return False  # it cannot be told: better a folder too many than one too few


@contextlib.contextmanager
def _only_one(versions: Path) -> Iterator[bool]:
    """Keep other publications out; yields whether that is sure. Raises StoreConflict while one is under way."""
    handle = os.open(versions / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        yield _lock(handle)
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreConflict("另一位管理员正在发布，您的这次没有生效；请等它完成，刷新并核对差异后再发布。") from error
    except OSError:
        return False  # some network disks know no locks
    return True


def _sweep(versions: Path, current: int, *, sure: bool) -> None:
    """Remove drafts and versions that never came into use; without a lock only those that are too old to be under way."""
    before = time.time() - _STALE
    for path in list(versions.iterdir()):
        unused = path.name.isascii() and path.name.isdigit() and int(path.name) > current
        if not unused and not path.name.startswith((".draft-", f".{POINTER}-")):
            continue
        with contextlib.suppress(OSError):  # gone meanwhile, or of another account
            if sure or path.stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
