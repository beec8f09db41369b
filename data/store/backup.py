"""Backup of a running store, and restore into an empty one.

backup     SQLite: its online backup API, a database file; PostgreSQL, or a name ending in .jsonl: one row per line.
           Both are one state of the store, without logins and access tokens, written beside the name and renamed when complete.
           The library of regulations goes into an archive of its own.
restore    from either form into either database, in one transaction: tables at the backup's revision, rows, migrations to
           the newest, verification. The library is put in place at the end. What fails leaves everything as it was.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import MetaData, create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from data.errors import FileError, reason
from data.store.canonical import iso
from data.store.chain import head_of
from data.store.engine import READING, is_sqlite, make_engine
from data.store.errors import StoreError, StoreUnavailable
from data.store.failures import translated
from data.store.library_archive import library_path, pack_library, restored_library
from data.store.location import database_url, files_folder, make_file, place_of, sqlite_path
from data.store.manifest import Kind, Manifest, file_digest, manifest_path, read_manifest, write_manifest
from data.store.migrate import exclusive, revision_of, upgrade
from data.store.records import Head
from data.store.rows import LOGINS, Row, count_rows, insert_rows, is_empty, reflected, rows_of
from data.store.store import Store, utc_now
from data.store.unit import Unit
from data.store.verify import verify_store

__all__ = ["backup", "restore"]

_LIBRARY = "library"  # below the folder of files
_Summary = tuple[str, dict[str, int], Head]  # revision, rows per table, end of the audit trail


def backup(store: Store, path: Path, *, actor: str, files: Path | None = None) -> Manifest:
    """Write a backup, the library in the folder `files` and a manifest; the store stays in use meanwhile.

    `files` is by default where `files_folder` says. An audit trail that is not right is said in `problem`.

    Raises FileError: `path` exists or cannot be written. StoreUnavailable: the database cannot be read.
    """
    kind: Kind = "sqlite" if store.kind == "sqlite" and path.suffix.lower() != ".jsonl" else "jsonl"
    partial, packed = path.with_name(f".{path.name}.partial"), path.with_name(f".{path.name}.library.partial")
    library = (files or files_folder(store.engine.url)) / _LIBRARY
    problem = store.verify().problem
    try:
        for taken in (path, manifest_path(path), library_path(path)):
            if taken.exists():
                raise FileError(f"文件 {taken} 已存在，备份不会覆盖它，请换一个文件名。")
        for left in (partial, packed):  # of one that was killed
            left.unlink(missing_ok=True)
        part = pack_library(library, packed)  # before the database, whose trail then knows every version in it
        partial.touch(mode=0o600)
        with translated(store.place):
            revision, counts, head = (_copy_sqlite if kind == "sqlite" else _write_jsonl)(store.engine, partial)
        size, sha256 = partial.stat().st_size, file_digest(partial)
        manifest = Manifest(kind, revision, iso(utc_now()), size, sha256, counts, head, problem, part)
        if part is not None:
            os.replace(packed, library_path(path))
        os.replace(partial, path)
        write_manifest(path, manifest)
    except OSError as error:
        raise FileError(f"备份 {path} 写不了（{reason(error)}），请检查路径、权限和磁盘空间。") from error
    finally:
        for left in (partial, packed):
            left.unlink(missing_ok=True)
    # a database that is full or read-only needs its backup most, and cannot take this row
    with suppress(StoreUnavailable), store.begin(actor) as work:
        work.audit.note("store.backup", "store", manifest.sha256)
    return manifest


def restore(path: Path, url: str | None = None, *, actor: str, files: Path | None = None, wait: float = 15.0) -> Manifest:
    """Fill the empty database at `url` (as `open_store` takes it) from a backup and return its manifest.

    The library of the backup, if it has one, goes into the folder `files`, by default where `files_folder` says.

    Raises:
        FileError: a part of the backup is missing, broken, or was changed.
        StoreError: the database or the library is not empty, the backup is newer than the program, or what was restored
            is not right.
        StoreUnavailable: the database cannot be reached or written.

    """
    manifest = read_manifest(path)
    address = database_url(url)
    engine = make_engine(address, wait=wait)
    if is_sqlite(engine):
        make_file(sqlite_path(address))
    try:
        with restored_library(path, manifest.library, (files or files_folder(address)) / _LIBRARY):
            with translated(place_of(address)), _rows(path, manifest.kind) as rows, exclusive(engine) as connection:
                _fill(connection, rows, manifest, actor)
    finally:
        engine.dispose()
    return manifest


def _fill(connection: Connection, rows: Iterator[Row], manifest: Manifest, actor: str) -> None:
    if revision_of(connection) is not None:
        tables = reflected(connection)
        if not is_empty(tables, connection):
            raise StoreError("这个数据库里已有内容，备份只能恢复到空的数据库，请换一个地址。")
        tables.drop_all(connection)
    upgrade(connection, manifest.revision)
    tables = reflected(connection)
    insert_rows(tables, connection, rows)
    if count_rows(tables, connection) != dict(manifest.counts):
        raise StoreError("恢复出的记录数与备份清单不符，没有恢复，请换一份备份。")
    upgrade(connection)
    with Session(connection) as session:
        found = verify_store(session, manifest.head)
        if head_of(session) != manifest.head or (found.problem and not manifest.problem):
            why = found.problem.rstrip("。") or "链尾与备份清单不符"
            raise StoreError(f"恢复出的内容没有通过核验（{why}），没有恢复，请换一份备份。")
        Unit(session, actor, utc_now()).record("store.restore", "store", manifest.sha256)


def _copy_sqlite(engine: Engine, target: Path) -> _Summary:
    source = engine.raw_connection()
    try:
        with closing(sqlite3.connect(target)) as copy:
            source.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm beside it
            copy.execute("PRAGMA secure_delete=ON")
            for table in LOGINS:
                copy.execute(f"DELETE FROM {table}")  # names of ours
            copy.commit()
    finally:
        source.close()
    with _backup_file(target) as connection:
        return _summary(reflected(connection), connection)


def _write_jsonl(engine: Engine, target: Path) -> _Summary:
    with engine.connect().execution_options(**READING) as connection, connection.begin():
        tables = reflected(connection)
        with target.open("w", encoding="utf-8") as file, closing(rows_of(tables, connection)) as rows:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return _summary(tables, connection)


def _summary(tables: MetaData, connection: Connection) -> _Summary:
    with Session(connection) as session:
        return revision_of(connection) or "", count_rows(tables, connection), head_of(session)


@contextmanager
def _rows(path: Path, kind: Kind) -> Iterator[Iterator[Row]]:
    if kind == "sqlite":
        with translated(str(path)), _backup_file(path) as connection:
            with closing(rows_of(reflected(connection), connection)) as rows:
                yield rows
        return
    with path.open(encoding="utf-8") as file:
        yield (_row(line, number) for number, line in enumerate(file, 1))


@contextmanager
def _backup_file(path: Path) -> Iterator[Connection]:
    """Open a database file that nobody writes to, leaving no other file beside it."""
    uri = f"{path.resolve().as_uri()}?immutable=1"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _row(line: str, number: int) -> Row:
    try:
        table, values = json.loads(line)
        if isinstance(table, str) and isinstance(values, dict):
            return table, values
    except ValueError:
        pass
    raise StoreError(f"备份的第 {number} 行读不懂，请换一份备份。")
