"""Backups of store and library, made from the page and downloaded there; restoring is done on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data.errors import FileError, reason
from data.store.backup import backup
from data.store.errors import StoreMissing
from data.store.library_archive import library_path
from data.store.manifest import Manifest, manifest_path
from data.store.store import utc_now
from ui.services.access import Person, check
from ui.services.desk import Desk

__all__ = ["Backup", "download", "listing", "make"]

_KEPT = 20
_NAME = re.compile(r"rongcuo-\d{8}-\d{6}-\d{6}\.(?:sqlite3|jsonl)(?:\.manifest\.json|\.library\.zip)?")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is kept; `size` in bytes, with that of its library; `library` is the name of that file, "" for none."""

    name: str
    made: datetime
    size: int
    library: str

    @property
    def manifest(self) -> str:
        """The name of the file that belongs to it."""
        return manifest_path(Path(self.name)).name


def make(desk: Desk, person: Person) -> Manifest:
    """Make a backup; a trail that is not right is said in `problem`. The oldest over twenty are deleted.

    Raises NotAllowed, FileError, StoreUnavailable.
    """
    check(person, "backup")
    folder = desk.folder / "backups"
    ending = "sqlite3" if desk.store.kind == "sqlite" else "jsonl"
    path = folder / f"rongcuo-{utc_now():%Y%m%d-%H%M%S-%f}.{ending}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"备份文件夹 {folder} 建不了（{reason(error)}），请检查权限和磁盘空间。") from error
    manifest = backup(desk.store, path, actor=person.name, files=desk.folder)
    for old in listing(desk, person)[_KEPT:]:
        for name in filter(None, (old.name, old.manifest, old.library)):
            (folder / name).unlink(missing_ok=True)
    return manifest


def listing(desk: Desk, person: Person) -> tuple[Backup, ...]:
    """Return the backups that are kept, newest first; none gives (). Raises NotAllowed."""
    check(person, "backup")
    found = []
    for path in sorted((desk.folder / "backups").glob("rongcuo-*.manifest.json"), reverse=True):
        data = path.with_name(path.name.removesuffix(".manifest.json"))
        if _NAME.fullmatch(data.name) and data.exists():
            library = library_path(data)
            size = data.stat().st_size + (library.stat().st_size if library.exists() else 0)
            made = datetime.fromtimestamp(data.stat().st_mtime, UTC)
            found.append(Backup(data.name, made, size, library.name if library.exists() else ""))
    return tuple(found)


def download(desk: Desk, person: Person, name: str) -> Path:
    """Return a file of a backup and note in the trail that it was taken. Raises NotAllowed, StoreMissing."""
    check(person, "backup")
    path = desk.folder / "backups" / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise StoreMissing("没有这个备份文件，它可能已被删除，请刷新页面。")
    with desk.store.begin(person.name) as work:
        work.audit.note("backup.download", f"backup:{name}")
    return path
