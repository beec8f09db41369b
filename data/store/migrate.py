"""Brings the tables to the newest form; two processes never do it at once.

All of it is one transaction, the schema changes included: a migration that fails leaves the old tables as they were.
SQLite is locked by BEGIN IMMEDIATE, PostgreSQL by an advisory lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

from data.store.engine import READING, is_sqlite
from data.store.errors import StoreError, StoreUnavailable

__all__ = ["SCRIPTS", "bring_up_to_date", "exclusive", "head_revision", "revision_of", "upgrade"]

SCRIPTS = Path(__file__).with_name("migrations")
_VERSIONS = "alembic_version"
_LOCK = 0x726F6E6763756F  # "rongcuo" in ASCII


def head_revision(scripts: Path = SCRIPTS) -> str:
    """Return the newest revision that the program knows."""
    return str(ScriptDirectory.from_config(_config(scripts)).get_current_head())


def revision_of(connection: Connection) -> str | None:
    """Return the revision of the tables, None where there are none yet.

    Raises StoreError: the database belongs to another program.
    """
    tables = set(inspect(connection).get_table_names())
    if _VERSIONS in tables and "audit_head" in tables:
        return str(connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar_one())
    if tables:
        raise StoreError("这个数据库里已有别的程序的表，请换一个空的数据库。")
    return None


def bring_up_to_date(engine: Engine, *, create: bool = True, scripts: Path = SCRIPTS) -> None:
    """Make or upgrade the tables where that is needed; a database that is up to date is only looked at.

    Raises StoreError: without `create`, there are no tables. StoreUnavailable: the tables are newer than the program.
    """
    with engine.connect().execution_options(**READING) as connection:
        current = revision_of(connection)
    if current == head_revision(scripts):
        return
    if current is None and not create:
        raise StoreError("数据库还是空的，请先用 rongcuo store user add 建立用户，或用 rongcuo store restore 恢复备份。")
    with exclusive(engine) as connection:
        upgrade(connection, scripts=scripts)


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that no other process can migrate beside; foreign keys are checked at its end."""
    with engine.connect() as connection:
        if not is_sqlite(connection):
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                yield connection
            return
        raw = connection.connection.driver_connection
        # rebuilding a table that others refer to needs this off, and inside a transaction it has no effect
        raw.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            with connection.begin():
                yield connection
                if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                    raise StoreError("库中有指向不存在的记录的内容，改动没有保存，请联系管理员。")
        finally:
            raw.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def upgrade(connection: Connection, target: str = "head", *, scripts: Path = SCRIPTS) -> None:
    """Run the migrations up to `target` in the transaction of `connection`.

    Raises StoreUnavailable: the tables are newer than the program.
    """
    config = _config(scripts)
    config.attributes["connection"] = connection
    current = revision_of(connection)  # again, now that nobody else can change it
    try:
        for wanted in filter(None, (current, target)):
            ScriptDirectory.from_config(config).get_revision(wanted)
    except CommandError as error:
        raise StoreUnavailable(f"数据库的格式（{wanted}）比这个程序新，请升级 rongcuo 后再打开。") from error
    command.upgrade(config, target)


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
