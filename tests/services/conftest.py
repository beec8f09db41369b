"""A desk over a real store with six people, and the stub matcher of tests/conftest.py.

The store is SQLite. A module whose tests run on PostgreSQL as well says
``from tests.services.conftest import either as database_kind``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from data.store.store import Store, open_store
from retrieval.matcher import Matcher
from tests.store.conftest import Database, make_database
from tests.store.server import Server, shared_server
from ui.services.access import LOCAL, Person, person_of
from ui.services.desk import Desk

PASSWORD = "correct horse 电池 staple"
"""Everybody's; the hash in the store is a cheap one, so that logging in takes no time."""

PEOPLE = {
    "inspector": ("li", "李检查", "inspector"),
    "inspector2": ("qian", "钱检查", "inspector"),
    "reviewer": ("zhang", "张复核", "reviewer"),
    "reviewer2": ("wang", "王复核", "reviewer"),
    "evaluator": ("zhao", "赵评测", "evaluator"),
    "administrator": ("admin", "管理员", "administrator"),
}


def fill(url: str) -> None:
    """Make a store with everybody in it."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with open_store(url) as made, made.begin("安装程序") as work:
        for name, display, role in PEOPLE.values():
            work.users.add(name, display_name=display, role=role, password_hash=cheap)


@pytest.fixture(scope="session")
def store_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed SQLite store with everybody in it, to be copied."""
    path = tmp_path_factory.mktemp("services") / "template.sqlite3"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    return shared_server(request.config)


@pytest.fixture(scope="session")
def postgresql_template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The same in PostgreSQL."""
    made = make_database("postgresql", tmp_path_factory.mktemp("postgresql"), request)
    fill(made.url)
    return made


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> str:
    """Each kind of database, one after the other; see above."""
    return str(request.param)


@pytest.fixture
def database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A place with a store of its own for each test, copied from a template."""
    if database_kind == "postgresql":
        return make_database(database_kind, tmp_path, request, request.getfixturevalue("postgresql_template"))
    shutil.copyfile(request.getfixturevalue("store_template"), tmp_path / "store.sqlite3")
    return Database(database_kind, f"sqlite:///{tmp_path / 'store.sqlite3'}")


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with open_store(database.url) as opened:
        yield opened


@pytest.fixture
def desk(store: Store, matcher: Matcher, tmp_path: Path) -> Desk:
    return Desk(store, lambda: matcher, tmp_path / "files")


@pytest.fixture
def people(store: Store) -> Mapping[str, Person]:
    """The people by role; the second inspector is `inspector2`, the second reviewer `reviewer2`."""
    with store.read() as work:
        return {key: person_of(work.users.get(name)) for key, (name, _, _) in PEOPLE.items()}


@pytest.fixture
def li(people: Mapping[str, Person]) -> Person:
    """The first inspector."""
    return people["inspector"]


@pytest.fixture
def local(store: Store) -> Person:
    """The one person of single-user mode."""
    with store.begin("安装程序") as work:
        return person_of(work.users.add(LOCAL, display_name="本机用户", role="inspector"))
