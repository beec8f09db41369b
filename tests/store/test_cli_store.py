import io
import json
import sys

import pytest

from data.errors import RongcuoError
from data.store.location import FOLDER, VARIABLE
from data.store.store import open_store
from ui.cli_store import store as group


@pytest.fixture
def run(database, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, database.url)

    def call(*arguments):
        group.main(args=list(arguments), prog_name="rongcuo store", standalone_mode=False)
        return capsys.readouterr()

    return call


@pytest.mark.parametrize(
    "command", ["", "verify", "backup", "restore", "status", "user", "user add", "user list", "user disable"]
)
def test_every_command_has_chinese_help(capsys, command):
    with pytest.raises(SystemExit) as ended:
        group.main(args=[*command.split(), "--help"], prog_name="rongcuo store")
    out = capsys.readouterr().out
    assert ended.value.code == 0 and out.startswith(f"用法：{f'rongcuo store {command}'.strip()} ")
    assert "Usage" not in out and "Options" not in out and "..." not in out.replace("[参数]...", "")


def test_verify_prints_a_head_that_the_next_verify_takes(run, database, store):
    out = run("verify").out
    assert "审计链完好，共 5 行" in out
    head = out.partition("链尾 ")[2].partition("（")[0]
    assert "审计链完好" in run("verify", "--head", head).out
    with pytest.raises(RongcuoError, match="整体改写"):
        run("verify", "--head", f"5:{'0' * 64}")
    for wrong in ("5", "x:y", "5:123"):
        with pytest.raises(RongcuoError, match="行数:校验值"):
            run("verify", "--head", wrong)
    database.drop_guards()
    database.sql("UPDATE audit SET actor = 'x' WHERE seq = 2")
    with pytest.raises(RongcuoError, match="第 2 行"):
        run("verify")


def test_backup_and_restore(run, store, reviewed, empty, tmp_path, monkeypatch):
    file = tmp_path / "案件库.jsonl"
    said = run("backup", str(file)).err
    assert "案件 1 件" in said and "案件库.jsonl.manifest.json" in said and file.exists()
    with pytest.raises(RongcuoError, match="已有内容"):
        run("restore", str(file))
    monkeypatch.setenv(VARIABLE, empty.url)
    assert "已恢复（案件 1 件" in run("restore", str(file)).err
    assert "案件 1" in run("status").out
    assert "审计链完好" in run("verify").out
    with open_store(empty.url) as restored, restored.read() as work:
        assert work.audit.entries(limit=1)[0].actor.startswith("命令行")


def test_the_library_is_backed_up_from_the_folder_that_is_named_and_told_to_be_missing_elsewhere(
    run, empty, tmp_path, monkeypatch, store
):
    monkeypatch.delenv(FOLDER, raising=False)
    version = tmp_path / "shelf" / "library" / "versions" / "1"
    version.mkdir(parents=True)
    (version / "release.json").write_text("{}")
    (version.parent / "current").write_text("1\n")
    said = run("backup", str(tmp_path / "a.jsonl")).err
    assert "里没有条款库，只备份了案件库" in said and "--folder" in said and "library.zip" not in said
    said = run("backup", str(tmp_path / "b.jsonl"), "--folder", str(tmp_path / "shelf")).err
    assert "清单 b.jsonl.manifest.json、条款库 b.jsonl.library.zip，请一起保存" in said and "注意" not in said
    monkeypatch.setenv(FOLDER, str(tmp_path / "shelf"))
    assert "条款库 c.jsonl.library.zip" in run("backup", str(tmp_path / "c.jsonl")).err
    monkeypatch.setenv(VARIABLE, empty.url)
    said = run("restore", str(tmp_path / "b.jsonl"), "--folder", str(tmp_path / "again")).err
    assert f"条款库在文件夹 {tmp_path / 'again'}" in said
    assert (tmp_path / "again" / "library" / "versions" / "1" / "release.json").read_text() == "{}"


def test_a_bad_trail_is_told_at_every_step(run, database, empty, tmp_path, monkeypatch):
    database.drop_guards()
    database.sql("UPDATE audit SET actor = 'x' WHERE seq = 2")
    file = tmp_path / "a.jsonl"
    assert "注意：审计记录第 2 行" in run("backup", str(file)).err
    monkeypatch.setenv(VARIABLE, empty.url)
    assert "备份时审计链已有问题" in run("restore", str(file)).err


def test_users_are_added_listed_and_disabled(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("$argon2id$v=19$m\n"))
    said = run("user", "add", "Qian", "--role", "reviewer", "--display-name", "钱[/]复核", "--password-hash-stdin").err
    assert "已新建用户 qian（钱[/]复核）" in said and "不能登录" not in said
    assert "还没有口令，不能登录" in run("user", "add", "sun", "--role", "evaluator").err
    run("user", "disable", "QIAN")
    table = run("user", "list").out
    assert "钱[/]复核" in table and "已停用" in table and "复核人员" in table and "argon2" not in table
    users = {user["name"]: user for user in json.loads(run("user", "list", "--json").out)}
    assert users["qian"] == {"name": "qian", "display_name": "钱[/]复核", "role": "reviewer", "disabled": True}
    assert users["sun"]["display_name"] == "sun" and len(users) == 7
    with pytest.raises(RongcuoError, match="没有角色"):
        run("user", "add", "wu", "--role", "boss")
    with pytest.raises(RongcuoError, match="最后一名能登录的管理员"):
        run("user", "disable", "admin")


def test_status_in_json(run, store):
    found = json.loads(run("status", "--json").out)
    assert found["kind"] == store.kind and found["counts"]["users"] == 5 and found["head"]["count"] == 5


def test_only_adding_a_user_and_restoring_make_a_store(run, empty, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, empty.url)
    for command in (("verify",), ("status",), ("backup", str(tmp_path / "x")), ("user", "list"), ("user", "disable", "x")):
        with pytest.raises(RongcuoError, match="store user add"):
            run(*command)
    run("user", "add", "admin", "--role", "administrator")
    assert "用户 1" in run("status").out
