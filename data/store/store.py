"""The store: one database, and transactions on it.

    with open_store() as store:
        with store.begin("li") as work:              # one transaction by one person; an error inside undoes all of it
            case = work.cases.add(region="shandong-2019", narrative="……")
        with store.read() as work:                   # one state of everything, from beginning to end
            cases = work.cases.listing(statuses=("open",))

Writers wait for each other, so what takes long (matching, encoding) belongs outside `begin`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from data.store.assignments import Assignments
from data.store.audit import Audit
from data.store.cases import Cases
from data.store.chain import lock_head
from data.store.engine import READING, WRITING, is_sqlite, make_engine
from data.store.errors import StoreError
from data.store.failures import translated
from data.store.jobs import Jobs
from data.store.location import database_url, make_file, place_of, sqlite_path
from data.store.migrate import bring_up_to_date
from data.store.records import Head
from data.store.reports import Reports
from data.store.reviews import Reviews
from data.store.sessions import Sessions
from data.store.tokens import Tokens
from data.store.unit import Unit
from data.store.users import Users
from data.store.verify import Verification, verify_store

__all__ = ["Store", "Work", "open_store", "utc_now"]


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


class Work:
    """What can be done in one transaction."""

    def __init__(self, unit: Unit) -> None:
        self.users = Users(unit)
        self.cases = Cases(unit)
        self.reports = Reports(unit)
        self.reviews = Reviews(unit)
        self.assignments = Assignments(unit)
        self.jobs = Jobs(unit)
        self.sessions = Sessions(unit)
        self.tokens = Tokens(unit)
        self.audit = Audit(unit)


class Store:
    """One database; may be used from several threads at once. `open_store` makes one."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.place = place_of(engine.url)
        self._clock = clock

    @property
    def kind(self) -> str:
        """Either ``sqlite`` or ``postgresql``."""
        return self.engine.dialect.name

    @contextmanager
    def begin(self, actor: str) -> Iterator[Work]:
        """One transaction that may write, by `actor`: a user's name, or what the audit trail is to call a program.

        Raises StoreUnavailable, besides what the work raises; in every case nothing of the transaction is kept.
        """
        if not actor.strip():
            raise StoreError("没有说明是谁在操作，请先登录。")
        with self._session(WRITING) as session:
            lock_head(session)
            yield Work(Unit(session, actor, self._clock()))

    @contextmanager
    def read(self) -> Iterator[Work]:
        """One state of everything; a change in it raises RuntimeError. Raises StoreUnavailable as well."""
        with self._session(READING) as session:
            yield Work(Unit(session, None, self._clock()))

    def verify(self, known: Head | None = None) -> Verification:
        """Walk the audit trail and compare the records with it; `known` is a head that was noted earlier."""
        with self._session(READING) as session:
            return verify_store(session, known)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _session(self, options: dict[str, Any]) -> Iterator[Session]:
        with translated(self.place), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options=options)
            yield session


def open_store(
    url: str | None = None, *, create: bool = True, wait: float = 15.0, clock: Callable[[], datetime] = utc_now
) -> Store:
    """Open the store at `url`, else at RONGCUO_DATABASE_URL, else in this user's data folder; its tables are made or upgraded.

    `wait` is how many seconds a transaction waits for another one; `clock` gives the time that is written.

    Raises:
        StoreUnavailable: the database cannot be reached, or is newer than the program.
        StoreError: the address cannot be used, or without `create` there is no store there.

    """
    address = database_url(url)
    engine = make_engine(address, wait=wait)
    if is_sqlite(engine):
        path = sqlite_path(address)
        if not create and not path.exists():
            raise StoreError(f"还没有数据库 {path}，请先用 rongcuo store user add 建立用户，或用 rongcuo store restore 恢复。")
        make_file(path)
    try:
        with translated(place_of(address)):
            bring_up_to_date(engine, create=create)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, clock=clock)
