"""All rows of a database as JSON values, and back into another one, whichever of SQLite and PostgreSQL the two are.

The tables are read from the database itself, so this also works at an older revision. Logins and access tokens are left
out: a backup must not log anybody in.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import DateTime, MetaData, Table, func, select
from sqlalchemy.engine import Connection

from data.store.canonical import iso
from data.store.errors import StoreError

__all__ = ["EPHEMERAL", "LOGINS", "count_rows", "insert_rows", "is_empty", "reflected", "rows_of"]

LOGINS = ("sessions", "tokens")
EPHEMERAL = frozenset({*LOGINS, "alembic_version"})
_HEAD = "audit_head"
_BATCH = 500
Row = tuple[str, dict[str, Any]]


def reflected(connection: Connection) -> MetaData:
    """Return the tables as the database describes them."""
    metadata = MetaData()
    metadata.reflect(connection)
    return metadata


def is_empty(metadata: MetaData, connection: Connection) -> bool:
    """Tell whether no table holds anything that a user made; no tables at all are empty."""
    made = (table for table in metadata.sorted_tables if table.name not in ("alembic_version", _HEAD))
    return all(connection.execute(select(table).limit(1)).first() is None for table in made)


def count_rows(metadata: MetaData, connection: Connection) -> dict[str, int]:
    """Return how many rows `rows_of` gives of each table."""
    counts = ((table.name, select(func.count()).select_from(table)) for table in _kept(metadata))
    return {name: connection.execute(count).scalar_one() for name, count in counts}


def rows_of(metadata: MetaData, connection: Connection) -> Generator[Row, None, None]:
    """Yield (table, {column: value}) of every row, tables that others refer to first; times as in `canonical.iso`."""
    for table in _kept(metadata):
        ordered = select(table).order_by(*table.primary_key.columns)
        with closing(connection.execute(ordered, execution_options={"yield_per": _BATCH})) as rows:
            for row in rows.mappings():
                yield table.name, {name: _written(value) for name, value in row.items()}


def insert_rows(metadata: MetaData, connection: Connection, rows: Iterable[Row]) -> None:
    """Insert what `rows_of` gave into empty tables of the same revision.

    Raises StoreError: a row does not fit its table.
    """
    for name, group in groupby(rows, key=lambda row: row[0]):
        table = metadata.tables.get(name)
        if table is None or name in EPHEMERAL:
            raise StoreError(f"备份中的表 {name} 不属于这个版本，请换一份备份。")
        while batch := [_read(table, values) for _, values in islice(group, _BATCH)]:
            # the head's row is there from the beginning
            connection.execute(table.update() if name == _HEAD else table.insert(), batch)


def _kept(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in EPHEMERAL]


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value.replace(tzinfo=UTC) if value.tzinfo is None else value)
    return value


def _read(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    if set(values) != set(table.columns.keys()):
        raise StoreError(f"备份中表 {table.name} 的一行与这个版本不符，请换一份备份。")
    times = {column.name for column in table.columns if isinstance(column.type, DateTime)}
    try:
        return {
            name: datetime.fromisoformat(value) if name in times and value is not None else value
            for name, value in values.items()
        }
    except (TypeError, ValueError) as error:
        raise StoreError(f"备份中表 {table.name} 的一行时间读不出来，请换一份备份。") from error
