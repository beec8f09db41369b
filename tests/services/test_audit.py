import pytest

from data.store.errors import StoreMissing
from data.store.store import open_store
from tests.services.conftest import either as database_kind  # noqa: F401
from ui.services import audit, backup
from ui.services.access import NotAllowed
from ui.tabs.admin_html import audit_page


def test_only_administrators_read_and_verify(desk, people):
    for role in ("inspector", "reviewer", "evaluator"):
        for action in (audit.entries, audit.verify, backup.make, backup.listing):
            with pytest.raises(NotAllowed):
                action(desk, people[role])
        with pytest.raises(NotAllowed):
            backup.download(desk, people[role], "rongcuo-20261122-070809-123456.sqlite3")


def test_pages_go_back_to_the_first_row(desk, people, monkeypatch):
    admin = people["administrator"]
    with desk.store.begin("li") as work:
        for number in range(5):
            work.audit.note("case.export", f"case:{number}")
    monkeypatch.setattr(audit, "PAGE", 4)
    first = audit.entries(desk, admin)
    assert [row.seq for row in first] == [11, 10, 9, 8]
    assert [row.seq for row in audit.entries(desk, admin, before=8)] == [7, 6, 5, 4]
    assert audit.entries(desk, admin, before=1) == ()
    assert {row.actor for row in audit.entries(desk, admin, actor=" li ")} == {"li"} and not audit.entries(desk, admin, actor="x")


def test_the_first_bad_row_is_named(desk, people, database):
    admin = people["administrator"]
    assert audit.verify(desk, admin).ok
    database.drop_guards()
    database.sql("UPDATE audit SET actor = 'x' WHERE seq = 3")
    found = audit.verify(desk, admin)
    assert (found.ok, found.seq) == (False, 3) and "第 3 行" in found.problem


def test_actions_have_names():
    assert audit.action_name("login.fail") == "登录失败" and audit.action_name("case.add") == "新建案件"
    assert audit.action_name("unknown.thing") == "unknown.thing"


def test_a_backup_is_made_listed_taken_and_restored(desk, people, tmp_path):
    from data.store.backup import restore

    admin = people["administrator"]
    assert backup.listing(desk, admin) == ()
    made = backup.make(desk, admin)
    (listed,) = backup.listing(desk, admin)
    assert listed.size == made.bytes and made.counts["users"] == 6
    data, manifest = (backup.download(desk, admin, name) for name in (listed.name, listed.manifest))
    assert data.stat().st_mode & 0o077 == 0 and manifest.exists()
    with desk.store.read() as work:
        assert [row.action for row in work.audit.entries(limit=3)] == ["backup.download", "backup.download", "store.backup"]
    restore(data, f"sqlite:///{tmp_path / 'restored.sqlite3'}", actor="测试")
    with open_store(f"sqlite:///{tmp_path / 'restored.sqlite3'}") as restored:
        assert restored.verify().ok


@pytest.mark.parametrize(
    "name", ["", "../store.sqlite3", "rongcuo-20261122-070809-123456.sqlite3", "/etc/passwd", "a", "rongcuo-x.jsonl"]
)
def test_no_other_file_is_given_out(desk, people, name):
    with pytest.raises(StoreMissing, match="没有这个备份文件"):
        backup.download(desk, people["administrator"], name)


def test_the_oldest_backups_go(desk, people, monkeypatch):
    monkeypatch.setattr(backup, "_KEPT", 2)
    for _ in range(3):
        backup.make(desk, people["administrator"])
    names = [one.name for one in backup.listing(desk, people["administrator"])]
    assert len(names) == 2 and sorted(names, reverse=True) == names
    assert len(list((desk.folder / "backups").iterdir())) == 4


def test_after_the_oldest_row_the_page_stays_where_it_is(desk, people, monkeypatch):
    monkeypatch.setattr(audit, "PAGE", 4)
    admin, last, seen = people["administrator"], None, []
    for _ in range(2):
        _, table, last = audit_page(audit.entries(desk, admin, before=last), last)
        seen.append((table.count("<tr>"), last))
    assert seen == [(5, 3), (3, 1)]  # six accounts were made; the head is a row too
    for _ in range(2):
        said, table, last = audit_page(audit.entries(desk, admin, before=last), last)
        assert (said, table, last) == ("没有更早的记录了。", None, 1)
    _, table, last = audit_page((), None)
    assert "没有这样的记录" in table and last is None
