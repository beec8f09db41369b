import sqlite3
import stat
import traceback

import psycopg
import pytest

from data.errors import RongcuoError
from data.store.backup import backup
from data.store.errors import StoreConflict, StoreError, StoreUnavailable
from data.store.failures import translated
from data.store.store import open_store
from tests.store.conftest import make_database
from tests.store.samples import STORY


def refused(error, word, forbidden=()):
    said = str(error.value)
    assert word in said and said.endswith("。") and said.count("。") == 1 and "\n" not in said, said
    assert all(part not in said for part in forbidden), said


def write(store, narrative=STORY):
    with store.begin("li") as work:
        work.cases.add(region="r", narrative=narrative)


def write_user(store):
    with store.begin("安装程序") as work:
        work.users.add("li", display_name="李", role="inspector")


def logged(error):
    """What a log shows of an error, those behind it included."""
    return "".join(traceback.format_exception(error.value))


def test_the_errors_are_said_like_all_others():
    assert issubclass(StoreError, RongcuoError)
    assert issubclass(StoreConflict, StoreError) and issubclass(StoreUnavailable, StoreError)


def test_a_full_disk(store, database):
    if database.kind == "sqlite":
        (pages,) = database.sql("PRAGMA page_count")[0]
        with store.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    else:  # the server's own code, raised where a write would meet it
        database.sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
            "CREATE TRIGGER full_disk BEFORE INSERT ON cases EXECUTE FUNCTION full_disk()",
        )
    with pytest.raises(StoreUnavailable) as error:
        write(store, "字" * 200_000)
    refused(error, "磁盘已满，这次的改动没有保存")
    assert "字字" not in logged(error)
    with store.read() as work:
        assert work.cases.count() == 0
    assert store.verify().ok


def test_a_database_that_cannot_be_written(store, database, tmp_path):
    if database.kind == "sqlite":
        url = f"sqlite:///file:{database.path}?mode=ro&uri=true"
    else:
        database.sql(f"ALTER DATABASE {database.url.rpartition('/')[2]} SET default_transaction_read_only = on")
        url = database.url
    with open_store(url) as locked:
        with pytest.raises(StoreUnavailable) as error:
            write(locked)
        refused(error, "只能读不能写")
        with locked.read() as work:
            assert len(work.users.listing()) == 5
        file = tmp_path / "backup.jsonl"
        assert backup(locked, file, actor="命令行").counts["users"] == 5, "it can still be backed up"


def test_a_server_that_goes_away_in_the_middle_and_comes_back(server, request, tmp_path):
    database = make_database("postgresql", tmp_path, request)
    with open_store(database.url) as store:
        write_user(store)
        with pytest.raises(StoreUnavailable) as error, store.begin("li") as work:
            work.cases.add(region="r", narrative=STORY)
            name = database.url.rpartition("/")[2]
            server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            work.cases.add(region="r", narrative=STORY)
        refused(error, "数据库服务器")
        write(store)
        with store.read() as work:
            assert work.cases.count() == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"password": "falsch-geheim"}, "用户名或密码不对"),
        ({"user": "niemand"}, "用户名或密码不对"),
        ({"database": "keine"}, "没有这个数据库"),
    ],
)
def test_a_server_that_lets_nobody_in(server, change, word):
    with pytest.raises(StoreUnavailable) as error:
        open_store(server.url(**change))
    refused(error, word, forbidden=("falsch-geheim",))


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
def test_a_server_that_is_not_there(host):
    with pytest.raises(StoreUnavailable) as error:
        open_store(f"postgresql://somebody:falsch-geheim@{host}/store")
    refused(error, "连不上数据库服务器", forbidden=("falsch-geheim",))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('connection failed: 致命错误:  用户 "postgres" Password 认证失败', "用户名或密码不对"),
        ('connection failed: 致命错误:  数据库 "x" 不存在', "没有这个数据库"),
        ("connection failed: FATAL:  sorry, too many clients already", "连接已用完"),
        ("connection failed: FATAL:  the database system is starting up", "正在重启"),
        ("connection timeout expired", "连不上"),
    ],
)
def test_what_else_a_server_says_at_the_door(words, said):
    from sqlalchemy.exc import OperationalError

    with pytest.raises(StoreUnavailable) as error, translated("主机:5432/库"):
        raise OperationalError("connect", {}, psycopg.OperationalError(words))
    refused(error, said)


@pytest.mark.parametrize(("content", "word"), [(b"x" * 5000, "不是数据库"), (None, "打不开")])
def test_a_file_that_is_no_database(tmp_path, content, word):
    path = tmp_path / "store.sqlite3"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as error:
        open_store(f"sqlite:///{path}")
    refused(error, word)
    assert content is None or path.read_bytes() == content


def test_a_damaged_file(tmp_path):
    path = tmp_path / "store.sqlite3"
    with open_store(f"sqlite:///{path}") as store:
        write_user(store)
        for _ in range(20):
            write(store, "字" * 5000)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(b"\xa5" * (size // 2))
    with pytest.raises(StoreUnavailable) as error, open_store(f"sqlite:///{path}") as broken:
        broken.verify()
    refused(error, "已损坏，请从备份恢复")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable) as error:
        open_store(f"sqlite:///{tmp_path}/file/store.sqlite3")
    refused(error, "建不了")


def test_only_the_owner_reads_the_file(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/a/b/store.sqlite3") as store:
        write_user(store)
        for path in (tmp_path / "a/b").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700


def test_no_error_repeats_a_narrative(store, database):
    """PostgreSQL quotes the whole row where a check fails, and SQLAlchemy the parameters: neither may reach a log."""
    if database.kind == "sqlite":
        database.sql("CREATE TRIGGER no_more BEFORE INSERT ON cases BEGIN SELECT RAISE(ABORT, 'no_more'); END")
    else:
        database.sql("ALTER TABLE cases ADD CONSTRAINT no_more CHECK (version < 1)")
    with pytest.raises(StoreError) as error:
        write(store)
    refused(error, "没有保存")
    assert "no_more" in str(error.value)
    assert STORY[:5] not in logged(error)


def test_an_unknown_error_names_the_place(tmp_path):
    with pytest.raises(StoreError) as error, translated("那里"):
        raise sqlite3.OperationalError("no such function: x")
    refused(error, "数据库 那里 出错")
