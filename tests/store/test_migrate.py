import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from data.store.engine import make_engine
from data.store.errors import StoreError, StoreUnavailable
from data.store.location import database_url
from data.store.migrate import SCRIPTS, bring_up_to_date, exclusive, head_revision, revision_of, upgrade
from data.store.models import Base
from data.store.store import open_store
from tests.store.processes import together

FIRST = "0001"
# what somebody had in a store of the first revision; `at` and the hashes are those of `chain_hash`
FIRST_ROWS = """
INSERT INTO users VALUES ('li', '李检查', 'inspector', '', {false}, '2026-11-22 07:08:09.000000');
INSERT INTO cases VALUES ('c1', '2026-00001', 'r', '经过😀', 'draft', 'li', 1, '2026-11-22 07:08:09.000000',
 '2026-11-22 07:08:09.000000', 'li');
INSERT INTO reports VALUES ('p1', 'c1', 1, '{{}}', 'i', 'm', 'd', 'li', '2026-11-22 07:08:09.000000');
INSERT INTO reviews VALUES ('v1', 'c1', 'p1', 'r/art1', 'accept', NULL, '', 'li', 1, '2026-11-22 07:08:09.000000', NULL, NULL)
"""
NEXT = '''
"""A later revision: a column more, and a table built anew that others refer to."""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{head}"

def upgrade():
    op.add_column("users", sa.Column("phone", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("cases", recreate="always" if op.get_bind().dialect.name == "sqlite" else "auto") as table:
        table.add_column(sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false()))
    {then}
'''


def engine_of(database):
    return make_engine(database_url(database.url), wait=30)


def later_scripts(folder: Path, then: str = "") -> Path:
    """A copy of the migrations with one revision more."""
    scripts = folder / "migrations"
    shutil.copytree(SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "r9999_more.py").write_text(NEXT.format(head=head_revision(), then=then or "pass"), "utf-8")
    return scripts


def test_the_models_equal_the_migrated_schema(database):
    engine = engine_of(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def described(look, table):
    """Everything about a table but the names of its columns' types, which `compare_metadata` looks after."""
    indexes = [
        (index["name"], index["column_names"], bool(index["unique"]), sorted(str(v) for v in index["dialect_options"].values()))
        for index in look.get_indexes(table)
    ]
    return [
        sorted(look.get_check_constraints(table), key=str),
        sorted(look.get_foreign_keys(table), key=str),
        sorted(indexes, key=str),
        look.get_pk_constraint(table),
        sorted(look.get_unique_constraints(table), key=str),
        sorted(map(str, look.get_columns(table))),
    ]


def test_the_migrated_checks_keys_and_indexes_are_those_of_the_models(database, empty):
    migrated, made = engine_of(database), engine_of(empty)
    Base.metadata.create_all(made)
    for table in Base.metadata.tables:
        assert described(inspect(migrated), table) == described(inspect(made), table), table
    assert len(described(inspect(migrated), "reviews")[0]) == 3
    migrated.dispose()
    made.dispose()


def test_a_store_of_the_first_revision_is_upgraded_with_its_data(empty):
    engine = engine_of(empty)
    with exclusive(engine) as connection:
        upgrade(connection, FIRST)
    engine.dispose()
    empty.sql(*FIRST_ROWS.format(false="0" if empty.kind == "sqlite" else "false").split(";\n"))
    with open_store(empty.url) as store:
        with store.read() as work:
            case = work.cases.get("c1")
            assert (case.narrative, case.author, case.created.isoformat()) == ("经过😀", "li", "2026-11-22T07:08:09+00:00")
            assert work.users.get("li").display_name == "李检查"
            assert [review.verdict for review in work.reviews.current("p1")] == ["accept"]
        with store.begin("li") as work:
            work.cases.edit("c1", version=1, narrative="改过")
    engine = engine_of(empty)
    with engine.connect() as connection:
        assert revision_of(connection) == head_revision()
    engine.dispose()


def test_a_later_revision_is_applied_to_a_store_in_use_and_loses_nothing(store, database, reviewed, tmp_path):
    before = {table: database.sql(f"SELECT * FROM {table} ORDER BY 1") for table in ("users", "cases", "reports", "audit")}
    store.close()
    engine = engine_of(database)
    bring_up_to_date(engine, scripts=later_scripts(tmp_path))
    bring_up_to_date(engine, scripts=tmp_path / "migrations")
    engine.dispose()
    for table, rows in before.items():
        more = {"users": ("",), "cases": (0,)}.get(table, ())
        assert database.sql(f"SELECT * FROM {table} ORDER BY 1") == [(*row, *more) for row in rows]
    with pytest.raises(StoreUnavailable, match="比这个程序新，请升级"):
        open_store(database.url)


def test_a_migration_that_fails_leaves_the_old_tables(store, database, reviewed, tmp_path):
    store.close()
    engine = engine_of(database)
    for number, then in enumerate(("raise RuntimeError('no')", "op.execute('DELETE FROM assignments; SELECT broken')")):
        with pytest.raises(Exception, match="no|broken|one statement"):
            bring_up_to_date(engine, scripts=later_scripts(tmp_path / str(number), then))
    if database.kind == "sqlite":  # PostgreSQL refuses this at the statement
        with pytest.raises(StoreError, match="指向不存在的记录"):
            bring_up_to_date(engine, scripts=later_scripts(tmp_path / "keys", "op.execute('DELETE FROM cases')"))
    engine.dispose()
    with open_store(database.url) as again:
        assert again.verify().ok
        with again.begin("li") as work:
            assert work.cases.count() == 1
            work.cases.add(region="r", narrative="照常工作")


def test_processes_that_open_an_empty_place_at_once_make_one_store(empty):
    with together(*[("open_only", empty.url)] * 3) as processes:
        answers = [process.communicate(timeout=120)[0] for process in processes]
    assert answers == ["0\n"] * 3
    with open_store(empty.url) as store:
        assert store.verify().ok


def test_a_database_of_another_program_is_left_alone(empty):
    empty.sql("CREATE TABLE cases (id INTEGER)")
    with pytest.raises(StoreError, match="别的程序的表"):
        open_store(empty.url)
    assert empty.sql("SELECT * FROM cases") == []


def test_without_create_nothing_is_made(empty):
    with pytest.raises(StoreError, match="store user add"):
        open_store(empty.url, create=False)
    if empty.kind == "sqlite":
        assert not empty.path.exists()
        empty.path.touch()
        with pytest.raises(StoreError, match="还是空的"):
            open_store(empty.url, create=False)
