"""The same tests on SQLite and on a real PostgreSQL: `database` is a place with a store of five users, `store` is open there."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from data.store.store import Store, open_store
from tests.store.samples import UnderReview, under_review
from tests.store.server import Server, shared_server

_COUNTER = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A place for a store, and a way past the program into it."""

    kind: str
    url: str

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as somebody with a database tool would; return the rows of the last one."""
        with closing(self._connect()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return rows

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    def drop_guards(self) -> None:
        """Drop every trigger, as somebody who tampers with the trail must."""
        if self.kind == "sqlite":
            names = self.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            self.sql(*(f"DROP TRIGGER {name}" for (name,) in names))
        else:
            self.sql("DROP FUNCTION rongcuo_append_only() CASCADE")

    def _connect(self) -> sqlite3.Connection | psycopg.Connection:
        if self.kind == "sqlite":
            return sqlite3.connect(self.path)
        return psycopg.connect(self.url)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 7, 8, 9, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    return shared_server(request.config)


def make_database(kind: str, folder: Path, request: pytest.FixtureRequest, template: Database | None = None) -> Database:
    """An empty database, or a copy of `template`."""
    name = f"store_{next(_COUNTER)}"
    if kind == "sqlite":
        if template is not None:
            shutil.copyfile(template.path, folder / f"{name}.sqlite3")
        return Database(kind, f"sqlite:///{folder / name}.sqlite3")
    server = request.getfixturevalue("server")
    origin = "template0" if template is None else template.url.rpartition("/")[2]
    server.run(f"CREATE DATABASE {name} TEMPLATE {origin} STRATEGY FILE_COPY")
    request.addfinalizer(lambda: server.run(f"DROP DATABASE {name} WITH (FORCE)"))
    return Database(kind, server.url(name))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A closed store with five users, to be copied."""
    made = make_database(request.param, tmp_path_factory.mktemp("template"), request)
    with open_store(made.url, clock=Clock()) as opened, opened.begin("安装程序") as work:
        work.users.add("li", display_name="李检查", role="inspector")
        work.users.add("zhang", display_name="张复核", role="reviewer")
        work.users.add("wang", display_name="王复核", role="reviewer")
        work.users.add("zhao", display_name="赵评测", role="evaluator")
        work.users.add("admin", display_name="管理员", role="administrator", password_hash="$argon2id$…")
    return made


@pytest.fixture
def empty(template: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A place where there is no store yet, of the same kind."""
    return make_database(template.kind, tmp_path, request)


@pytest.fixture
def database(template: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A place with a store of five users."""
    return make_database(template.kind, tmp_path, request, template)


@pytest.fixture(autouse=True)
def no_folder_of_this_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of a store on a server are in the user's data folder: not in the one of whoever runs the tests."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    monkeypatch.delenv("RONGCUO_FOLDER", raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> Iterator[Store]:
    with open_store(database.url, clock=clock) as opened:
        yield opened


@pytest.fixture
def reviewed(store: Store) -> UnderReview:
    return under_review(store)
