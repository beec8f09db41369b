"""What an administrator wants to know of the store at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from data.store.chain import head_of
from data.store.engine import READING, is_sqlite
from data.store.failures import translated
from data.store.migrate import revision_of
from data.store.records import Head
from data.store.rows import count_rows, reflected
from data.store.store import Store

__all__ = ["StoreStatus", "status_of"]

_SIZES = {
    True: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    False: "SELECT pg_database_size(current_database())",
}


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """`counts` are rows per table, logins and access tokens left out; `bytes` is the size of the database."""

    kind: str
    place: str
    revision: str
    counts: Mapping[str, int]
    head: Head
    bytes: int


def status_of(store: Store) -> StoreStatus:
    """Return the state of a store. Raises StoreUnavailable."""
    engine = store.engine
    with translated(store.place), engine.connect().execution_options(**READING) as connection:
        size = connection.execute(text(_SIZES[is_sqlite(engine)])).scalar_one()
        with Session(connection) as session:
            head = head_of(session)
        counts = count_rows(reflected(connection), connection)
        return StoreStatus(store.kind, store.place, revision_of(connection) or "", counts, head, size)
