"""A desk over a real SQLite store with six people, and the stub matcher of tests/conftest.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from data.store.store import Store, open_store
from retrieval.matcher import Matcher
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


@pytest.fixture(scope="session")
def store_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with everybody in it, to be copied."""
    path = tmp_path_factory.mktemp("services") / "template.sqlite3"
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with open_store(f"sqlite:///{path}") as made, made.begin("安装程序") as work:
        for name, display, role in PEOPLE.values():
            work.users.add(name, display_name=display, role=role, password_hash=cheap)
    return path


@pytest.fixture
def store(store_template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copyfile(store_template, tmp_path / "store.sqlite3")
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as opened:
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
def local(store: Store) -> Person:
    """The one person of single-user mode."""
    with store.begin("安装程序") as work:
        return person_of(work.users.add(LOCAL, display_name="本机用户", role="inspector"))
