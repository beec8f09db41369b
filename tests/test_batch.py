import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from data.errors import FileError
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from tests.conftest import ROOT
from ui.batch import run_batch
from ui.tables import InputRow, example_bytes, read_table, write_rows

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


def interrupted(matcher, source, target, *, top_k, after):
    """Run a batch that is interrupted when `after` rows are done."""

    def stop(done, total):
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(matcher, source, target, top_k=top_k, progress=stop)


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", ['{"job": "another"}\n{"id": "x"}\n', "the notes of a person", '{"job": "torn'])
def test_a_journal_of_another_job_is_moved_aside_and_told(matcher, tmp_path, content):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.part.old-1").write_text("an older one", "utf-8")
    (tmp_path / "out.jsonl.part").write_text(content, "utf-8")
    result = run_batch(matcher, source, target, top_k=2)
    assert result.resumed == 0 and "out.jsonl.part.old-2" in result.notes[0]
    assert [line["id"] for line in read_jsonl(target)] == ["1", "2", "3", "4"]
    assert (tmp_path / "out.jsonl.part.old-1").read_text("utf-8") == "an older one"
    assert (tmp_path / "out.jsonl.part.old-2").read_text("utf-8") == content
    assert not (tmp_path / "out.jsonl.part").exists()


def with_settings(matcher, **changes):
    settings = matcher.settings.model_copy(update=changes)
    return Matcher(matcher.index, StubEncoder(), load_segmenter(), settings)


def test_only_settings_that_change_results_end_a_job(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    interrupted(matcher, source, target, top_k=2, after=2)
    elsewhere = with_settings(matcher, threads=1, cache_dir=tmp_path / "elsewhere", top_k=7)
    interrupted(elsewhere, source, target, top_k=2, after=3)
    assert len((tmp_path / "out.jsonl.part").read_text("utf-8").splitlines()) == 1 + 3
    result = run_batch(with_settings(matcher, weight_bm25=0.9), source, target, top_k=2)
    assert result.resumed == 0 and (tmp_path / "out.jsonl.part.old-1").exists()
    interrupted(matcher, source, tmp_path / "o.jsonl", top_k=2, after=2)
    assert run_batch(matcher, source, tmp_path / "o.jsonl", top_k=1).resumed == 0


def test_only_rows_without_a_gap_are_taken_from_a_journal(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    interrupted(matcher, source, target, top_k=2, after=3)
    journal = tmp_path / "out.jsonl.part"
    header, first, second, third = journal.read_text("utf-8").splitlines(keepends=True)
    assert [json.loads(line)["row"] for line in (first, second, third)] == [0, 1, 2]
    for lines, resumed in (([first, third], 1), ([second], 0), ([first, first, second], 1), ([first, second, "[]\n"], 2)):
        journal.write_text(header + "".join(lines), "utf-8")
        assert run_batch(matcher, source, target, top_k=2).resumed == resumed
        assert [line["id"] for line in read_jsonl(target)] == ["1", "2", "3", "4"]


def test_a_torn_first_line_is_written_again(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    interrupted(matcher, source, target, top_k=2, after=1)
    journal = tmp_path / "out.jsonl.part"
    journal.write_bytes(journal.read_bytes()[:20])
    result = run_batch(matcher, source, target, top_k=2)
    assert (result.resumed, result.notes) == (0, ()) and names_in(tmp_path) == ["in.jsonl", "out.jsonl"]


CHILD = """
import sys, time
from pathlib import Path
from data.errors import RongcuoError
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.settings import Settings
from tests.conftest import make_entry
from ui.batch import run_batch

source, target, cache, stall = sys.argv[1:]
settings, encoder, segmenter = Settings(cache_dir=cache), StubEncoder(), load_segmenter()
entries = [make_entry("alpha/art1", "因行政相对人隐瞒、伪造证据，致使作出错误决定的；", "duty_fulfilled")]
matcher = Matcher(build(tuple(entries), encoder, segmenter, settings), encoder, segmenter, settings)
try:
    pause = lambda done, total: time.sleep(600 * (done == int(stall)))
    result = run_batch(matcher, Path(source), Path(target), top_k=1, progress=pause)
except RongcuoError as error:
    sys.exit(str(error))
print(result.resumed)
"""


def child(source, target, stall=-1):
    """Start a real process that runs a batch and stands still once `stall` rows are done."""
    command = [sys.executable, "-c", CHILD, str(source), str(target), str(source.parent / "cache"), str(stall)]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_lines(journal, count, process):
    deadline = time.monotonic() + 120
    while not (journal.exists() and journal.read_bytes().count(b"\n") > count):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


def many_rows(tmp_path, count):
    return write_jsonl(tmp_path / "in.jsonl", [{"id": str(i), "text": f"第{i}件：企业老板隐瞒了台账"} for i in range(count)])


def test_a_second_process_on_one_out_is_refused_and_kill_9_frees_the_lock(tmp_path):
    source, target, journal = many_rows(tmp_path, 40), tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    first = child(source, target, 5)
    try:
        wait_for_lines(journal, 5, first)
        second = child(source, target)
        message = second.communicate(timeout=120)[1]
        assert second.returncode == 1 and message.count("\n") == 1 and "另一个批量匹配正在写 out.jsonl" in message
        assert first.poll() is None and not target.exists()
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
    third = child(source, target)
    assert third.communicate(timeout=120)[0] == "5\n" and third.returncode == 0
    assert [line["id"] for line in read_jsonl(target)] == [str(i) for i in range(40)]
    assert not journal.exists()


def test_two_processes_started_together_end_with_one_whole_result(tmp_path):
    source, target = many_rows(tmp_path, 300), tmp_path / "out.jsonl"
    both = [child(source, target), child(source, target)]
    messages = [process.communicate(timeout=120)[1] for process in both]
    assert 0 in [process.returncode for process in both]
    assert all(process.returncode == 0 or "另一个批量匹配" in text for process, text in zip(both, messages, strict=True))
    assert [line["id"] for line in read_jsonl(target)] == [str(i) for i in range(300)]
    assert not (tmp_path / "out.jsonl.part").exists()


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


def never(done, total):
    raise AssertionError("a row was matched")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none/out.jsonl", "没有 .*none 这个文件夹"), ("folder.csv", "是一个文件夹"), ("长" * 90 + ".csv", "无法写入")],
)
def test_a_target_that_cannot_be_written_is_refused_before_matching(matcher, tmp_path, name, message):
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match=message) as caught:
        run_batch(matcher, source, tmp_path / name, top_k=1, progress=never)
    assert "保留" not in str(caught.value)
    assert names_in(tmp_path) == ["folder.csv", "in.jsonl"]


def test_a_result_too_long_for_a_sheet_is_refused_before_matching(matcher, tmp_path):
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    with pytest.raises(FileError, match="工作表"):
        run_batch(matcher, source, tmp_path / "out.xlsx", top_k=300_000, progress=never)
    assert names_in(tmp_path) == ["in.jsonl"]


def test_the_input_is_never_overwritten(matcher, tmp_path):
    source = write_jsonl(tmp_path / "in.jsonl", ROWS)
    before = source.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(source)
    (tmp_path / "out.jsonl.part").hardlink_to(source)
    (tmp_path / ".draft.new.csv").hardlink_to(source)
    for target in ("in.jsonl", "link.jsonl", "out.jsonl", "draft.csv"):
        with pytest.raises(FileError, match="会覆盖输入文件"):
            run_batch(matcher, source, tmp_path / target, top_k=1, progress=never)
        assert source.read_bytes() == before


@contextmanager
def small_disk(size):
    """Let no file grow beyond `size` bytes: writing more fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_is_done_is_kept_when_the_disk_is_full(matcher, tmp_path):
    source, target = write_jsonl(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    interrupted(matcher, source, target, top_k=2, after=2)
    size = (tmp_path / "out.jsonl.part").stat().st_size
    with small_disk(size + 20), pytest.raises(FileError, match="已完成的部分保留在 out.jsonl.part"):
        run_batch(matcher, source, target, top_k=2)
    assert run_batch(matcher, source, target, top_k=2).resumed == 2
    with small_disk(10), pytest.raises(FileError, match="无法写入") as caught:
        run_batch(matcher, source, target, top_k=2)
    assert "保留" not in str(caught.value) and names_in(tmp_path) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".xlsx"])
def test_a_failed_write_leaves_no_draft_and_the_old_result(tmp_path, suffix):
    target = tmp_path / f"out{suffix}"
    target.write_text("old", "utf-8")
    lines = [{"id": str(i), "region": "", "abstained": False, "matches": [], "error": "很长的说明" * 90} for i in range(300)]
    with small_disk(200), pytest.raises(OSError):
        write_rows(target, lines)
    assert names_in(tmp_path) == [target.name] and target.read_text("utf-8") == "old"


def test_cells_that_look_like_formulas_are_inert_in_csv(matcher, tmp_path):
    rows = [{"id": f"{start}1+1", "text": ROWS[0]["text"], "region": ""} for start in "=+-@"]
    rows.append({"id": "5", "text": ROWS[0]["text"], "region": "=cmd|' /C calc'!A0"})
    source = write_jsonl(tmp_path / "in.jsonl", rows)
    run_batch(matcher, source, tmp_path / "out.csv", top_k=2)
    table = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert table["编号"].tolist() == ["'=1+1", "'+1+1", "'-1+1", "'@1+1", "5"]
    assert table["地区"][4].startswith("'=cmd")
    assert float(table["相似度1"][0]) > 0
    run_batch(matcher, source, tmp_path / "out.jsonl", top_k=2)
    assert read_jsonl(tmp_path / "out.jsonl")[0]["id"] == "=1+1"


def test_half_an_emoji_becomes_a_replacement_character(matcher, tmp_path):
    text = "企业老板隐瞒了台账，证据是假的，我们按照年度计划检查时没有发现，后来群众举报才知道，已经过去了三个月\\ud83d"
    source = write_jsonl(tmp_path / "in.jsonl", [f'{{"id": "a\\udc00", "text": "{text}", "region": "\\ud83d"}}\n'])
    (row,) = read_table(source).rows
    assert (row.id, row.text[-1], row.region) == ("a\ufffd", "\ufffd", "\ufffd")
    for suffix in (".jsonl", ".csv", ".xlsx"):
        assert run_batch(matcher, source, tmp_path / f"out{suffix}", top_k=1).rows == 1


class Fragile(StubEncoder):
    """An encoder that breaks on one word."""

    def encode_queries(self, texts):
        if any("炸" in text for text in texts):
            raise TypeError("argument 'input': 'str' object cannot be converted")
        return super().encode_queries(texts)


def test_an_exception_of_one_row_is_its_error(entries, settings, tmp_path):
    encoder, segmenter = Fragile(), load_segmenter()
    fragile = Matcher(build(entries, encoder, segmenter, settings), encoder, segmenter, settings)
    rows = [ROWS[0], {"id": "b", "text": "这段叙述会让编码器炸掉，请看结果"}, {**ROWS[0], "id": "c"}]
    result = run_batch(fragile, write_jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl", top_k=1)
    lines = read_jsonl(tmp_path / "out.jsonl")
    assert (result.rows, result.failed) == (3, 1)
    assert lines[1]["error"] == "这一行无法处理（TypeError），请检查内容。"
    assert lines[0]["matches"] == lines[2]["matches"] != []


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
def test_json_lines_end_at_line_feeds_only(tmp_path, codec):
    text = "第一段\u2028第二段\u2029第三段\u0085完"
    source = tmp_path / "in.jsonl"
    source.write_bytes(f'{{"id": 7, "text": "{text}"}}\r\n\r\n{{"id": null, "text": "另一行"}}\n[1]'.encode(codec))
    rows = read_table(source).rows
    assert [(row.number, row.id, row.text) for row in rows] == [(1, "7", text), (3, "第3行", "另一行"), (4, "第4行", "")]


def test_a_broken_csv_row_gets_its_error_and_the_rest_go_on(tmp_path):
    source = tmp_path / "in.csv"
    source.write_text(
        'id,text,region\n'
        '1,"第一行\n分两行写",alpha\n'
        '\n'
        '2,多了,一个,逗号\n'
        '3,少了\n'
        '4,"引号没有关\n'
        '5,好的,alpha,,\n'
        ',没有编号,\n'
        '7,"最后,\n',
        "utf-8",
    )  # fmt: skip
    rows = read_table(source).rows
    assert [(row.number, row.id) for row in rows] == [
        (2, "1"), (5, "2"), (6, "3"), (7, "第7行"), (8, "5"), (9, "第9行"), (10, "第10行"),
    ]  # fmt: skip
    assert [row.text for row in rows if not row.error] == ["第一行\n分两行写", "好的", "没有编号"]
    assert "4 栏，表头有 3 栏" in rows[1].error and "2 栏" in rows[2].error and "引号" in rows[3].error


def test_rows_keep_texts_that_look_like_numbers_or_formulas(tmp_path):
    source = tmp_path / "in.xlsx"
    pd.DataFrame([{"id": "007", "text": "=SUM(A1)", "region": "NA"}]).to_excel(source, index=False)
    (row,) = read_table(source).rows
    assert (row.number, row.id, row.text, row.region, row.error) == (2, "007", "=SUM(A1)", "NA", None)


def test_formula_cells_give_the_text_they_show_or_what_was_typed(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "in.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "text", "region"])
        cells = [("=B9&C9", "合成的叙述"), ("=1+1 解决历史遗留问题", 0), ("=检查", "#NAME?"), ("=A1", "")]
        for place, (typed, shown) in enumerate(cells, 1):
            sheet.write_formula(place, 0, "=ROW()-1", value=place)
            sheet.write_formula(place, 1, typed, value=shown)
        sheet.write_row(6, 0, [20240101, "=写成文字的等号", 3.0])
    rows = read_table(tmp_path / "in.xlsx").rows
    assert [row.id for row in rows] == ["1", "2", "3", "4", "20240101"] and rows[4].number == 7
    assert [row.text for row in rows] == ["合成的叙述", "=1+1 解决历史遗留问题", "=检查", "=A1", "=写成文字的等号"]
    assert rows[4].region == "3"


def test_the_first_sheet_with_a_text_column_is_read_and_the_others_named(matcher, tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["填写说明"])
    for name in ("案例", "更多"):
        sheet = book.create_sheet(name)
        sheet.append([])
        sheet["A2"], sheet["B2"] = "ID", " Text "
        sheet["B4"] = f"{name}：企业老板隐瞒了台账"
    book.create_sheet("空表")
    book.save(tmp_path / "in.xlsx")
    table = read_table(tmp_path / "in.xlsx")
    assert [(row.number, row.id, row.text) for row in table.rows] == [(4, "第4行", "案例：企业老板隐瞒了台账")]
    assert table.note == "只读了工作表“案例”，没有读 “说明”、“更多”"
    assert run_batch(matcher, tmp_path / "in.xlsx", tmp_path / "out.csv", top_k=1).notes == (table.note,)


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
    wait_for_lines(journal, 200, first)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert not target.exists()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "上次已完成" in done.stderr
    lines = read_jsonl(target)
    assert [line["id"] for line in lines] == [str(i) for i in range(1000)]
    assert sum(line["error"] is not None for line in lines) == 20


def test_text_that_looks_like_markup_of_a_workbook_is_text(tmp_path):
    rows = [InputRow(1, "a", "<r><t>他去查了</t></r>", "")]
    (tmp_path / "example.xlsx").write_bytes(example_bytes(".xlsx", rows))
    assert [row.text.strip() for row in read_table(tmp_path / "example.xlsx").rows] == ["<r><t>他去查了</t></r>"]
