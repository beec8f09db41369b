import json
import os
import subprocess
import sys
import threading

import pytest

from data.errors import IndexBuildError, InputError
from data.store.errors import StoreConflict
from retrieval import publish as module
from retrieval.publish import STEPS, clean, publish
from retrieval.releases import current_number, open_index, read_release, regulations_of, releases
from retrieval.shelf import Shelf
from tests.conftest import ROOT
from tests.publishing.samples import FIRST, WHEN, base_matcher, first, order, second

STORY = "突发事件里临机决断，关阀晚了十分钟"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return base_matcher(tmp_path_factory.mktemp("base"))


def names(library):
    return sorted(path.name for path in (library / "versions").iterdir())


def child(action, library):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.publishing.child", action, str(library)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


def test_the_steps_in_order_and_what_is_kept(base, tmp_path):
    seen = []
    release = publish(tmp_path, [first(), second()], base, order(0, note="第一次"), step=seen.append)
    assert tuple(seen) == STEPS
    assert names(tmp_path) == [".lock", "1", "current"] and current_number(tmp_path) == 1
    assert read_release(tmp_path, 1) == release == releases(tmp_path)[0]
    assert (release.by, release.note, release.at, release.base) == ("管理员", "第一次", WHEN, 0)
    assert release.titles == {"first-2024": "某市生态环境系统容错纠错办法", "second-2024": "某县容错办法"}
    assert release.clauses == len(first().clauses) + len(second().clauses)
    assert regulations_of(tmp_path, 1) == (first(), second())
    assert {entry.clause.id for entry in open_index(tmp_path, 1, base).entries} == {
        clause.id for regulation in (first(), second()) for clause in regulation.clauses
    }


def test_editing_one_regulation_encodes_only_what_changed(base, tmp_path):
    texts = {clause.text for regulation in (first(), second()) for clause in regulation.clauses}
    assert publish(tmp_path, [first(), second()], base, order(0)).encoded == len(texts) + 2  # and the two background narratives
    edited = first(FIRST.replace("临机决断", "果断处置"))
    assert publish(tmp_path, [edited, second()], base, order(1)).encoded == 1
    assert publish(tmp_path, [first(), second()], base, order(2, restores=1)).encoded == 0


def test_vectors_of_the_index_that_serves_are_taken_over(base, tmp_path):
    publish(tmp_path / "a", [first()], base, order(0))
    serving = Shelf(tmp_path / "a", base)()
    assert publish(tmp_path / "b", [first(), second()], serving, order(0)).encoded == len(second().clauses) + 2


def test_published_regulations_do_not_change_when_the_parser_does(base, tmp_path, monkeypatch):
    publish(tmp_path, [first()], base, order(0))
    monkeypatch.setattr("data.parser.parse", None)
    assert regulations_of(tmp_path, 1) == (first(),)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
def test_killed_at_any_step_the_old_version_serves_and_a_restart_cleans_up(tmp_path):
    with child("die_everywhere", tmp_path) as process:
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    rows = [line.split() for line in out.splitlines()]
    assert [row[0] for row in rows] == list(STEPS)
    for step, killed_by, number, found, left in rows:
        switched = step == "switched"
        assert (killed_by, found) == ("9", "first-2024/art2.p1.i1")
        assert number == ("2" if switched else "1"), step
        assert left == (".lock,1,2,current" if switched else ".lock,1,current"), step


def test_two_processes_one_wins_and_the_other_is_told(base, tmp_path):
    publish(tmp_path, [first()], base, order(0))
    with child("compete", tmp_path) as one, child("compete", tmp_path) as other:
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        told = sorted(process.communicate(timeout=120)[0].strip() for process in (one, other))
    assert told[1] == "published 2"
    assert told[0].startswith("StoreConflict ") and "刷新" in told[0]
    assert names(tmp_path) == [".lock", "1", "2", "current"] and len(regulations_of(tmp_path, 2)) == 2


def test_while_one_publishes_nobody_else_may_and_nothing_is_swept_away(base, tmp_path):
    publish(tmp_path, [first()], base, order(0))
    told = []

    def step(name):
        if name == "written":
            clean(tmp_path)
            with pytest.raises(StoreConflict, match="正在发布"):
                publish(tmp_path, [second()], base, order(1))
            told.append(any(name.startswith(".draft-2-") for name in names(tmp_path)))

    thread = threading.Thread(target=publish, args=(tmp_path, [first(), second()], base, order(1)), kwargs={"step": step})
    thread.start()
    thread.join(60)
    assert told == [True] and current_number(tmp_path) == 2


def test_without_locks_the_number_alone_keeps_two_publications_apart(base, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "fcntl", None)
    publish(tmp_path, [first()], base, order(0))
    told = []

    def step(name):
        if name == "written":
            told.append(publish(tmp_path, [second()], base, order(1)).number)

    with pytest.raises(StoreConflict, match="同时发布"):
        publish(tmp_path, [first(), second()], base, order(1), step=step)
    assert told == [2] and len(regulations_of(tmp_path, 2)) == 1 and names(tmp_path) == [".lock", "1", "2", "current"]


def test_publishing_on_what_somebody_has_replaced_is_refused(base, tmp_path):
    publish(tmp_path, [first()], base, order(0, by="王管理"))
    with pytest.raises(StoreConflict, match="王管理 在 .* 已发布第 1 版，您看到的是第 0 版"):
        publish(tmp_path, [second()], base, order(0))
    assert names(tmp_path) == [".lock", "1", "current"]


@pytest.mark.parametrize("at", ["written", "synced", "renamed"])
def test_an_error_at_any_step_leaves_no_rubbish(base, tmp_path, at):
    publish(tmp_path, [first()], base, order(0))

    def step(name):
        if name == at:
            raise OSError(28, "No space left on device")

    with pytest.raises(IndexBuildError, match="磁盘已满.*仍使用原来的版本"):
        publish(tmp_path, [second()], base, order(1), step=step)
    assert names(tmp_path) == [".lock", "1", "current"] and current_number(tmp_path) == 1


def test_what_cannot_be_published(base, tmp_path):
    with pytest.raises(InputError, match="编号都是 first-2024"):
        publish(tmp_path, [first(), first()], base, order(0))
    with pytest.raises(IndexBuildError, match="没有可以编入索引的条款"):
        publish(tmp_path, [], base, order(0))
    assert current_number(tmp_path) == 0 and releases(tmp_path) == ()


@pytest.mark.parametrize("content", ["", "x", "{}", "1.5"])
def test_a_broken_pointer_says_what_to_do(tmp_path, content):
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "current").write_text(content)
    with pytest.raises(IndexBuildError, match="改成要用的版本号"):
        current_number(tmp_path)


def test_a_changed_byte_anywhere_is_found(base, tmp_path):
    publish(tmp_path, [first()], base, order(0))
    folder = tmp_path / "versions" / "1"
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        if path.name == "release.json":
            broken = json.dumps({**json.loads(whole), "files": {}}).encode()
        else:
            broken = whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :]
        path.write_bytes(broken)
        with pytest.raises(IndexBuildError, match="第 1 版条款库的文件已损坏"):
            open_index(tmp_path, 1, base)
        path.write_bytes(whole)
    assert len(open_index(tmp_path, 1, base).entries) == len(first().clauses)
