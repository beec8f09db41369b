import json
import os
import signal
import subprocess
import sys
import time

import openpyxl
import pandas as pd
import pytest

from data.errors import FileError
from tests.conftest import ROOT
from ui.batch import run_batch
from ui.tables import read_rows

ROWS = [
    {"id": "1", "text": "企业老板隐瞒了台账，证据是假的", "region": "alpha"},
    {"id": "2", "text": "", "region": "alpha"},
    {"id": "3", "text": "突发事件里临机决断，关阀晚了十分钟", "region": "火星"},
    {"id": "4", "text": "=1+1 解决历史遗留问题时出了错", "region": ""},
]


def write_jsonl(path, rows):
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_row_gets_a_line_and_bad_rows_their_error(matcher, tmp_path):
    source = write_jsonl(
        tmp_path / "in.jsonl", [*ROWS, "{broken\n", '["list"]\n', '{"text": "没有编号，解决历史遗留问题时出了错"}\n']
    )
    result = run_batch(matcher, source, tmp_path / "out.jsonl", top_k=2)
    lines = read_jsonl(tmp_path / "out.jsonl")
    assert (result.rows, result.failed, result.resumed) == (7, 4, 0)
    assert [line["id"] for line in lines] == ["1", "2", "3", "4", "第5行", "第6行", "第7行"]
    assert [bool(line["error"]) for line in lines] == [False, True, True, False, True, True, False]
    assert "空" in lines[1]["error"] and "火星" in lines[2]["error"] and "JSON" in lines[4]["error"]
    first = lines[0]["matches"][0]
    assert set(first) == {
        "rank", "clause_id", "regulation", "citation", "category", "text", "similarity", "score",
        "probability", "polarity", "evidence",
    }  # fmt: skip
    assert first["clause_id"] == "alpha/art1.p1.i2" and len(lines[0]["matches"]) == 2
    start, end = first["evidence"][0]["narrative"]
    assert "隐瞒" in ROWS[0]["text"][start:end]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_tables_in_and_out(matcher, tmp_path, suffix):
    source, target = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    frame = pd.DataFrame(ROWS)
    frame.to_csv(source, index=False, encoding="gb18030") if suffix == ".csv" else frame.to_excel(source, index=False)
    assert run_batch(matcher, source, target, top_k=1).failed == 2
    if suffix == ".csv":
        table = pd.read_csv(target, dtype=str, keep_default_na=False)
    else:
        table = pd.read_excel(target, dtype=str, keep_default_na=False)
        kinds = {cell.data_type for row in openpyxl.load_workbook(target)["明细"].iter_rows() for cell in row}
        assert "f" not in kinds
    assert table["编号"].tolist() == ["1", "2", "3", "4"]
    assert table["条款1"][0] == "《alpha》alpha/art1.p1.i2" and table["错误"][1] != ""


def test_a_journal_of_the_same_job_is_continued_and_a_torn_line_dropped(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    calls = []

    def stop_after_two(done, total):
        calls.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(matcher, source, target, top_k=2, progress=stop_after_two)
    journal = tmp_path / "out.jsonl.part"
    with journal.open("a", encoding="utf-8") as out:
        out.write('{"id": "3", "torn')
    result = run_batch(matcher, source, target, top_k=2)
    assert result.resumed == 2
    run_batch(matcher, source, tmp_path / "fresh.jsonl", top_k=2)
    assert read_jsonl(target) == read_jsonl(tmp_path / "fresh.jsonl")


def test_a_journal_of_another_job_is_not_continued(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.part").write_text('{"job": "another"}\n{"id": "x"}\n', "utf-8")
    assert run_batch(matcher, source, target, top_k=2).resumed == 0
    assert [line["id"] for line in read_jsonl(target)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.txt", "x", "扩展名"),
        ("none.jsonl", None, "没有找到"),
        ("in.csv", "id,region\n1,alpha\n", "缺少 text"),
        ("in.xlsx", "not a workbook", "读不出来"),
        ("in.jsonl", "\n", "没有数据行"),
    ],
)
def test_unusable_files_are_refused(matcher, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(FileError, match=message):
        run_batch(matcher, tmp_path / name, tmp_path / "out.jsonl", top_k=1)


def test_a_target_that_cannot_be_written_is_refused(matcher, tmp_path):
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(FileError, match="无法写入"):
        run_batch(matcher, source, tmp_path / "none" / "out.jsonl", top_k=1)


def test_rows_keep_texts_that_look_like_numbers_or_formulas(tmp_path):
    source = tmp_path / "in.xlsx"
    pd.DataFrame([{"id": "007", "text": "=SUM(A1)", "region": "NA"}]).to_excel(source, index=False)
    row = read_rows(source)[0]
    assert (row.id, row.region) == ("007", "NA") and row.error is None or row.text == ""


@pytest.mark.model
@pytest.mark.slow
def test_a_thousand_rows_survive_kill_9(tmp_path):
    """The real command is killed without warning in the middle; the second run ends with every row once, in order."""
    texts = ["检查时老板把采样头插进矿泉水瓶里，数据一直达标，我们第二周才发现。", "暴雨冲断了路，那个月没能进厂检查。"]
    rows = [{"id": str(i), "text": f"第{i}件：{texts[i % 2]}" if i % 50 else "", "region": "shandong"} for i in range(1000)]
    source, target = write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"
    journal = tmp_path / "out.jsonl.part"
    command = [sys.executable, "-m", "ui.cli", "batch", str(source), str(target), "--top-k", "3"]
    first = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 200):
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not target.exists()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "上次已完成" in done.stderr
    lines = read_jsonl(target)
    assert [line["id"] for line in lines] == [str(i) for i in range(1000)]
    assert sum(line["error"] is not None for line in lines) == 20
