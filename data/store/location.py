"""Where things are: the database at RONGCUO_DATABASE_URL, or one SQLite file in the user's data folder; the files beside it."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from data.errors import reason
from data.store.errors import StoreError, StoreUnavailable

__all__ = ["FOLDER", "VARIABLE", "database_url", "files_folder", "make_file", "place_of", "sqlite_path"]

VARIABLE = "RONGCUO_DATABASE_URL"
FOLDER = "RONGCUO_FOLDER"
_EXAMPLES = "例如 sqlite:////srv/rongcuo/rongcuo.sqlite3 或 postgresql://用户:密码@主机/数据库"


def database_url(value: str | None = None) -> URL:
    """Return the address of the database: `value`, else the environment variable, else the file of this user.

    Raises StoreError: it is not an address of SQLite (a file) or PostgreSQL.
    """
    written = value or os.environ.get(VARIABLE, "")
    if not written:
        return URL.create("sqlite", database=str(user_data_path("rongcuo") / "rongcuo.sqlite3"))
    try:
        url = make_url(written)
    except (ArgumentError, ValueError) as error:  # the address may hold a password: it is not repeated
        raise StoreError(f"数据库地址读不懂，请检查 {VARIABLE}，{_EXAMPLES}。") from error
    kind = url.get_backend_name()
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise StoreError(f"不支持数据库 {kind}，请用 SQLite 或 PostgreSQL，{_EXAMPLES}。")
    if url.database in (None, "", ":memory:") or "mode=memory" in written:
        raise StoreError(f"SQLite 数据库需要一个文件，{_EXAMPLES}。")
    return url


def sqlite_path(url: URL) -> Path:
    """Return the file of an SQLite address, of the ``file:`` form as well."""
    return Path((url.database or "").removeprefix("file:"))


def files_folder(url: URL) -> Path:
    """Return the folder of uploads, backups and the library: RONGCUO_FOLDER, else ``files`` beside the SQLite file.

    A server's database has no place of its own: there it is in the user's data folder.
    """
    if written := os.environ.get(FOLDER, ""):
        return Path(written)
    beside = sqlite_path(url).parent if url.get_backend_name() == "sqlite" else user_data_path("rongcuo")
    return beside / "files"


def place_of(url: URL) -> str:
    """Return what messages call the database: the path, or host and name, never the password."""
    if url.get_backend_name() == "sqlite":
        return str(sqlite_path(url))
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def make_file(path: Path) -> None:
    """Make the folder and an empty file that only its owner reads, where there is none.

    Raises StoreUnavailable: the system refuses.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"数据库文件 {path} 建不了（{reason(error)}），请检查路径和权限。") from error
