"""The library of regulations in a backup: ``NAME.library.zip`` beside it, with what people published and are preparing.

The database says who published what and when; the regulations themselves, their indexes and the drafts are files. Left out:
hidden files, which are being written, and ``vectors``, which are computed anew.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from data.errors import FileError, reason
from data.store.errors import StoreError
from data.store.manifest import LibraryPart, file_digest

__all__ = ["library_path", "pack_library", "restored_library"]

_VERSIONS, _POINTER = "versions", "current"  # see retrieval.releases
_COMPUTED = frozenset({"vectors"})


def library_path(path: Path) -> Path:
    """Return where the library of the backup `path` stands."""
    return path.with_name(f"{path.name}.library.zip")


def pack_library(library: Path, target: Path) -> LibraryPart | None:
    """Write the library into the new file `target`, which only its owner reads; None, and no file, where it is empty.

    The library stays in use meanwhile: versions do not change, and one that is published later is not in it. Raises OSError.
    """
    try:
        pointer = (library / _VERSIONS / _POINTER).read_bytes()
    except FileNotFoundError:
        pointer = b""
    target.touch(mode=0o600)
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in _files(library, pointer):
            with contextlib.suppress(FileNotFoundError):  # a draft that somebody has just published or removed
                archive.writestr(str(name), (library / name).read_bytes())
                count += 1
        if pointer:
            archive.writestr(f"{_VERSIONS}/{_POINTER}", pointer)
            count += 1
    if not count:
        target.unlink()
        return None
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return LibraryPart(target.stat().st_size, file_digest(target), count)


def _files(library: Path, pointer: bytes) -> Iterator[PurePosixPath]:
    """Yield what belongs into a backup but the pointer, relative to the library."""
    in_use = int(pointer) if pointer.strip().isdigit() else 0
    for path in sorted(library.rglob("*")):
        name = PurePosixPath(path.relative_to(library))
        if name.parts[0] in _COMPUTED or any(part.startswith(".") for part in name.parts) or not path.is_file():
            continue
        if name.parts[0] != _VERSIONS:
            yield name
        elif len(name.parts) > 2 and name.parts[1].isdigit() and int(name.parts[1]) <= in_use:
            yield name


@contextlib.contextmanager
def restored_library(path: Path, part: LibraryPart | None, library: Path) -> Iterator[None]:
    """Put the library of the backup `path` in place if the block ends well; a backup without one changes nothing.

    Raises StoreError: there is a library already. FileError: the archive is missing, broken or was changed, or the disk refuses.
    """
    if part is None:
        yield
        return
    if any(not name.name.startswith(".") for name in library.rglob("*") if name.is_file()):
        raise StoreError(f"文件夹 {library} 里已有条款库，备份只能恢复到空的地方，请先把它移走。")
    draft = library.with_name(f".{library.name}.restored")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of one that was killed
        with _refusals(library_path(path), draft):
            _unpack(library_path(path), part, draft)
        yield
        with _refusals(library_path(path), draft):
            shutil.rmtree(library, ignore_errors=True)  # locks and empty folders
            draft.rename(library)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _unpack(source: Path, part: LibraryPart, target: Path) -> None:
    if file_digest(source) != part.sha256:
        raise FileError(f"条款库备份 {source} 与清单中的校验值不符，它不完整或被改动过，请换一份备份。")
    target.mkdir(mode=0o700, parents=True)
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            inside = PurePosixPath(name)
            if inside.is_absolute() or "\\" in name or ".." in inside.parts:
                raise zipfile.BadZipFile(name)
            place = target / inside
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with place.open("xb") as file:
                file.write(archive.read(name))
                file.flush()
                os.fsync(file.fileno())


@contextlib.contextmanager
def _refusals(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except zipfile.BadZipFile as error:
        raise FileError(f"条款库备份 {source} 已损坏，请换一份备份。") from error
    except OSError as error:
        where = f"条款库备份 {source} 恢复不到 {target.parent}（{reason(error)}）"
        raise FileError(f"{where}，三个备份文件要放在一起；请检查路径、权限和磁盘空间。") from error
