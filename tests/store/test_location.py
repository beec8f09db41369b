from pathlib import Path

import pytest

from data.store.errors import StoreError
from data.store.location import VARIABLE, database_url, place_of, sqlite_path


def test_the_default_is_one_file_in_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert sqlite_path(database_url()) == tmp_path / "rongcuo" / "rongcuo.sqlite3"


def test_the_variable_and_then_the_argument_come_first(monkeypatch):
    monkeypatch.setenv(VARIABLE, "sqlite:////srv/a.sqlite3")
    assert sqlite_path(database_url()) == Path("/srv/a.sqlite3")
    assert sqlite_path(database_url("sqlite:///file:/srv/b.sqlite3?mode=ro&uri=true")) == Path("/srv/b.sqlite3")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_postgresql_is_spoken_to_by_psycopg_and_its_password_stays_secret(scheme):
    url = database_url(f"{scheme}://li:geheim@db.local/cases")
    assert url.drivername == "postgresql+psycopg" and url.password == "geheim"
    assert place_of(url) == "db.local:5432/cases"


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("geheim", "读不懂"),
        ("postgresql://li:geheim@host:port/x", "读不懂"),
        ("mysql://li:geheim@host/x", "不支持数据库 mysql"),
        ("sqlite://", "需要一个文件"),
        ("sqlite:///:memory:", "需要一个文件"),
        ("sqlite:///file:x?mode=memory&uri=true", "需要一个文件"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(written, word):
    with pytest.raises(StoreError, match=word) as error:
        database_url(written)
    assert "geheim" not in str(error.value) and str(error.value).endswith("。")
