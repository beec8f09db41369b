import json
import sqlite3
import stat
from contextlib import closing
from threading import Event, Thread
from time import sleep

import pytest

from data.errors import FileError
from data.store.backup import backup, restore
from data.store.errors import StoreError
from data.store.manifest import file_digest, manifest_path, read_manifest
from data.store.records import Decision
from data.store.store import open_store
from tests.store.conftest import make_database
from tests.store.samples import HARD, STORY, make_report

TABLES = ("users", "cases", "reports", "reviews", "assignments", "jobs", "job_items")


def full(store, clock):
    """A store with every kind of row, texts and values that are hard to move, and somebody logged in."""
    with store.begin("li") as work:
        case = work.cases.add(region="r", narrative=HARD)
        report = work.reports.add(case.id, make_report(HARD), version=1)
        work.cases.move(case.id, "open", version=2)
        work.cases.move(case.id, "in_review", version=3)
        job = work.jobs.add("batch", {"名": None, "数": 0.1 + 0.2}, items=[{"text": HARD}, {"text": "二"}])
        work.jobs.claim("甲", ("batch",))
        work.jobs.save_items(job.id, "甲", {0: {"matches": []}})
        work.sessions.open("a-login", user="li", csrf="c", expires=clock.now.replace(year=2027))
        work.tokens.add("a-program", name="台账", expires=clock.now.replace(year=2027))
    with store.begin("zhang") as work:
        work.reviews.save(report.id, [Decision("r/art2.p1", "grade", 1, HARD), Decision("r/x", "add", 2)], round=1, version=4)
        work.reviews.withdraw(report.id, "r/x", round=1, version=5)
        work.assignments.assign(case.id, "zhang", round=1, version=6)
        work.users.change("zhao", disabled=True)
    return case.id


def everything(store):
    """All that a store says of its content."""
    with store.read() as work:
        cases = work.cases.listing()
        reports = [report for case in cases for report in work.reports.of_case(case.id)]
        return {
            "users": work.users.listing(),
            "cases": cases,
            "reports": reports,
            "reviews": [work.reviews.history(report.id) for report in reports],
            "assignments": [work.assignments.of_case(case.id) for case in cases],
            "jobs": work.jobs.listing(),
            "items": [work.jobs.items(job.id) for job in work.jobs.listing()],
            "audit": [row for row in work.audit.entries(limit=10_000) if not row.action.startswith("store.")],
        }


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", ["案件 库.sqlite3", "案件库.jsonl"])
def test_everything_comes_back_in_either_database(store, clock, request, tmp_path, target, name):
    full(store, clock)
    before = everything(store)
    file = tmp_path / name
    made = backup(store, file, actor="命令行")
    other = make_database(target, tmp_path, request)
    assert restore(file, other.url, actor="命令行") == made
    with open_store(other.url, clock=clock) as restored:
        assert everything(restored) == before
        assert restored.verify(made.head).ok
        with restored.begin("zhang") as work:
            assert work.sessions.find("a-login") is None and work.tokens.of_user("li") == (), "a backup logs nobody in"
            assert work.audit.entries(limit=1)[0].action == "store.restore"
            (case,) = work.cases.listing()
            work.cases.move(case.id, "closed", version=case.version)
        assert restored.verify(made.head).ok
    assert store.verify(made.head).ok
    with pytest.raises(Exception, match="append-only"):
        other.sql("DELETE FROM audit")


def test_the_manifest_says_what_the_backup_holds(store, clock, database, tmp_path):
    full(store, clock)
    for name, kind in (("a.sqlite3", "sqlite"), ("b.jsonl", "jsonl")):
        file = tmp_path / name
        made = backup(store, file, actor="命令行")
        assert read_manifest(file) == made and made.problem == ""
        assert made.kind == (kind if database.kind == "sqlite" else "jsonl")
        assert (made.bytes, made.sha256) == (file.stat().st_size, file_digest(file))
        assert {table: made.counts[table] for table in TABLES} == dict(zip(TABLES, (5, 1, 1, 2, 1, 1, 2), strict=True))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with store.read() as work:
        noted = work.audit.entries(limit=1)[0]
        assert noted.action == "store.backup" and noted.actor == "命令行"
    assert sorted(path.name for path in tmp_path.glob("*.*") if "store" not in path.name) == [
        "a.sqlite3", "a.sqlite3.manifest.json", "b.jsonl", "b.jsonl.manifest.json",
    ]  # fmt: skip


def test_an_sqlite_backup_is_a_database_that_anybody_can_open(store, clock, database, tmp_path):
    full(store, clock)
    file = tmp_path / "a.sqlite3"
    if backup(store, file, actor="命令行").kind == "jsonl":
        lines = [json.loads(line) for line in file.read_text("utf-8").split("\n")[:-1]]
        assert next(row["narrative"] for table, row in lines if table == "cases") == HARD
        return
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("SELECT narrative FROM cases").fetchone() == (HARD,)
        for table in ("sessions", "tokens"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert b"a-login" not in file.read_bytes() and b"a-program" not in file.read_bytes()


def test_a_backup_is_one_state_while_others_write(store, clock, tmp_path):
    """A backup between the rows of one transaction would hold the case without its audit row."""
    stop = Event()

    def write():
        while not stop.is_set():
            with store.begin("li") as work:
                case = work.cases.add(region="r", narrative=STORY)
                work.reports.add(case.id, make_report(), version=1)
            sleep(0.02)

    thread = Thread(target=write)
    thread.start()
    try:
        made = [backup(store, tmp_path / f"{n}.jsonl", actor="命令行") for n in range(2)]
    finally:
        stop.set()
        thread.join()
    for n, manifest in enumerate(made):
        assert manifest.counts["cases"] == manifest.counts["reports"]
        restored = f"sqlite:///{tmp_path}/restored-{n}.sqlite3"
        assert restore(tmp_path / f"{n}.jsonl", restored, actor="命令行").problem == ""


@pytest.mark.parametrize("name", ["a.sqlite3", "a.jsonl"])
def test_a_backup_that_was_changed_is_refused(store, clock, empty, tmp_path, name):
    full(store, clock)
    file = tmp_path / name
    backup(store, file, actor="命令行")
    whole, manifest = file.read_bytes(), json.loads(manifest_path(file).read_text("utf-8"))
    for damage in (whole[:-100], whole.replace("李检查".encode(), "李检査".encode()), b""):
        file.write_bytes(damage)
        with pytest.raises(FileError, match="校验值不符"):
            restore(file, empty.url, actor="命令行")
    # somebody who also makes the manifest fit is found by the audit trail
    file.write_bytes(whole.replace("李检查".encode(), "李检査".encode()))
    manifest_path(file).write_text(json.dumps({**manifest, "sha256": file_digest(file)}), "utf-8")
    with pytest.raises(StoreError, match="没有通过核验（用户 li 与审计记录不符"):
        restore(file, empty.url, actor="命令行")
    file.write_bytes(whole)
    head = {"count": manifest["head"]["count"], "hash": "0" * 64}
    for change, word in (({"head": head}, "没有通过核验"), ({"counts": {}}, "记录数"), ({"revision": "0999"}, "比这个程序新")):
        manifest_path(file).write_text(json.dumps({**manifest, **change}), "utf-8")
        with pytest.raises(StoreError, match=word):
            restore(file, empty.url, actor="命令行")
    manifest_path(file).write_text(json.dumps(manifest), "utf-8")
    restore(file, empty.url, actor="命令行")  # nothing of the failed ones was left


ASSIGNED = '["assignments", {"case_id": "x", "round": 1, "reviewer": "x", "at": "2026-11-22T07:08:09Z"}]'


def test_a_backup_written_by_somebody_else_is_refused(store, empty, tmp_path):
    file = tmp_path / "a.jsonl"
    backup(store, file, actor="命令行")
    manifest = json.loads(manifest_path(file).read_text("utf-8"))
    counts = {**dict.fromkeys(manifest["counts"], 0), "assignments": 1, "audit_head": 1}
    for line, word in (
        ("x", "第 1 行读不懂"),
        ('["users"]', "第 1 行读不懂"),
        ('["secrets", {}]', "表 secrets"),
        ('["sessions", {}]', "表 sessions"),
        ('["users", {"name": "x"}]', "表 users"),
        (ASSIGNED.replace("2026-11-22T07:08:09Z", "gestern"), "时间读不出来"),
        (ASSIGNED, "不相容|没有通过核验"),  # nobody is called x
    ):
        file.write_text(line + "\n", "utf-8")
        fitting = {"sha256": file_digest(file), "counts": counts, "problem": "x"}
        manifest_path(file).write_text(json.dumps({**manifest, **fitting}), "utf-8")
        with pytest.raises(StoreError, match=word):
            restore(file, empty.url, actor="命令行")
    with open_store(empty.url) as made, made.read() as work:
        assert work.users.listing() == ()


def test_only_an_empty_store_is_filled(store, database, empty, tmp_path):
    file = tmp_path / "a.jsonl"
    backup(store, file, actor="命令行")
    with pytest.raises(StoreError, match="已有内容"):
        restore(file, database.url, actor="命令行")
    assert store.verify().ok
    open_store(empty.url).close()  # a store in which nobody has done anything is empty
    restore(file, empty.url, actor="命令行")
    with pytest.raises(StoreError, match="已有内容"):
        restore(file, empty.url, actor="命令行")


def test_a_backup_never_overwrites(store, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("wichtig")
    with pytest.raises(FileError, match="已存在"):
        backup(store, file, actor="命令行")
    assert file.read_text() == "wichtig"
    with pytest.raises(FileError, match="路径不存在"):
        backup(store, tmp_path / "none" / "a.jsonl", actor="命令行")
    with pytest.raises(FileError, match="清单|读不出来"):
        restore(file, f"sqlite:///{tmp_path}/x.sqlite3", actor="命令行")
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_store_whose_trail_is_bad_can_be_moved_and_says_so(store, clock, database, empty, tmp_path):
    full(store, clock)
    database.drop_guards()
    database.sql("UPDATE audit SET actor = 'zhao' WHERE seq = 2")
    for name in ("a.sqlite3", "a.jsonl"):
        assert "第 2 行" in backup(store, tmp_path / name, actor="命令行").problem
    restore(tmp_path / "a.jsonl", empty.url, actor="命令行")
    with open_store(empty.url) as restored:
        assert restored.verify().seq == 2


def test_a_backup_of_an_older_revision_is_brought_up_to_date(store, clock, empty, tmp_path, monkeypatch):
    """The program of tomorrow restores the backup of today: the same migrations with one more stand for it."""
    import data.store.migrate as migrate
    from tests.store.test_migrate import later_scripts

    full(store, clock)
    before = everything(store)
    for name in ("a.sqlite3", "a.jsonl"):
        backup(store, tmp_path / name, actor="命令行")
    scripts = later_scripts(tmp_path)
    newer = migrate.upgrade
    monkeypatch.setattr("data.store.backup.upgrade", lambda connection, target="head": newer(connection, target, scripts=scripts))
    restore(tmp_path / "a.jsonl", empty.url, actor="命令行")
    assert empty.sql("SELECT DISTINCT phone FROM users") == [("",)]
    assert empty.sql("SELECT version_num FROM alembic_version") == [("9999",)]
    assert [row[0] for row in empty.sql("SELECT narrative FROM cases")] == [case.narrative for case in before["cases"]]
