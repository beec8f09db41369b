"""Engines for SQLite and PostgreSQL that behave alike.

writing     SQLite BEGIN IMMEDIATE; PostgreSQL READ COMMITTED behind the lock on the audit head: one writer at a time
reading     SQLite BEGIN, a snapshot in WAL mode; PostgreSQL REPEATABLE READ READ ONLY: one state from beginning to end
waiting     for a lock at most `wait` seconds, then StoreUnavailable
SQLite      WAL, foreign keys on, synchronous FULL: what was committed survives a power cut
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry

from data.store.errors import StoreUnavailable

__all__ = ["READING", "WRITING", "is_sqlite", "make_engine"]

WRITING: dict[str, Any] = {"rongcuo_write": True}
READING: dict[str, Any] = {"rongcuo_write": False}
# said at each beginning, not set for good: a server that an administrator has made read-only stays so
_BEGIN = {
    ("sqlite", True): "BEGIN IMMEDIATE",
    ("sqlite", False): "BEGIN",
    ("postgresql", True): "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ("postgresql", False): "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
}
_IDLE_SECONDS = 60  # a transaction that does nothing for so long is given up: it would hold up every other writer
_POOL = {"pool_size": 10, "max_overflow": 30, "pool_timeout": 30}


def is_sqlite(engine: Engine | Connection) -> bool:
    """Tell whether this is SQLite, else PostgreSQL."""
    return engine.dialect.name == "sqlite"


def make_engine(url: URL, *, wait: float) -> Engine:
    """Return an engine for `url` that waits `wait` seconds for locks; nothing is connected yet.

    Transactions write unless the connection has the execution options READING.

    Raises StoreUnavailable: the driver for PostgreSQL is not installed.
    """
    engine = _sqlite_engine(url, wait) if url.get_backend_name() == "sqlite" else _postgresql_engine(url, wait)

    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("rongcuo_write", True)
        connection.exec_driver_sql(_BEGIN[connection.dialect.name, write])

    event.listen(engine, "begin", begin)
    return engine


def _postgresql_engine(url: URL, wait: float) -> Engine:
    options = f"-c lock_timeout={int(wait * 1000)} -c idle_in_transaction_session_timeout={_IDLE_SECONDS * 1000}"
    arguments = {"connect_timeout": 10, "options": options, "application_name": "rongcuo"}
    try:
        # hide_parameters: an error must not carry a narrative into a log
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=arguments, **_POOL)
    except ModuleNotFoundError as error:
        raise StoreUnavailable('使用 PostgreSQL 需要先安装驱动：pip install "psycopg[binary]"。') from error


def _sqlite_engine(url: URL, wait: float) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": wait}, **_POOL)

    def prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        with closing(connection.cursor()) as cursor:
            _into_wal(cursor, wait)
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA foreign_keys=ON")

    event.listen(engine, "connect", prepare)
    return engine


def _into_wal(cursor: sqlite3.Cursor, wait: float) -> None:
    """Switch to WAL; SQLite does not wait for the lock of this one change by itself."""
    end = time.monotonic() + wait
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() >= end:
                raise
            time.sleep(0.02)
