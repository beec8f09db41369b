"""A case and a batch to report on, and what reads the files back."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import openpyxl

from data.entries import Entry
from data.schema import Clause, Evidence, Match, MatchReport, Span
from data.store.records import Review
from ui.reports.case_file import BatchFile, BatchRow, CaseFile, Condition, Deadline

NOON = datetime(2026, 11, 2, 4, 8, tzinfo=UTC)
STORY = "执法人员刘洋（电话13912345678）按年度计划做了检查，企业老板伪造了台账。\n刘洋主动承担责任，配合调查。"
OWNED = Span(STORY.index("刘洋主动"), STORY.index("刘洋主动") + 8)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def make_match(rank, category, band, probability, words, narrative=STORY):
    clause = Clause(
        f"r/art{rank}.p1.i1", "r", "item", "i1", "（一）", f"条文第{rank}号", Span(0, 6), category=category
    )  # fmt: skip
    start = narrative.find(words)
    spoken = (Evidence(Span(start, start + len(words)), Span(0, 2), 0.5),) if start >= 0 else ()
    return Match(
        rank, clause, 1 / rank, f"《试行办法》第{rank}条第一项", 0.25, probability=probability, band=band, evidence=spoken
    )


def make_report(narrative=STORY, matches=None):
    found = (
        make_match(1, "duty_fulfilled", "强", 0.92, "13912345678）按年度计划做了检查", narrative),
        make_match(2, "mitigation", "中", 0.5, "刘洋主动承担责任", narrative),
        make_match(3, "fault_tolerance", "不予匹配", 0.03, "台账", narrative),
        make_match(4, "disqualifying", "不予匹配", 0.02, "配合", narrative),
    )
    shown = found if matches is None else matches
    return MatchReport(narrative, "r", shown, False, "", "index0123", "m" * 64, 0.1, ("hybrid：测试",), "概率已校准。")


def review(clause, verdict, grade, comment, reviewer, round):
    return Review(f"{clause}{round}", "c", "p", clause, verdict, grade, comment, reviewer, round, NOON)


def make_case(narrative=STORY, **more):
    added = Clause("r/art9.p1", "r", "paragraph", "p1", "", "补充的条文", Span(0, 5), category="condition")
    case = CaseFile(
        number="2026-00007",
        region="山东省",
        status="已办结",
        author="李检查",
        created=NOON,
        exported=NOON,
        narrative=narrative,
        report=make_report(narrative),
        report_number=2,
        report_digest="d" * 64,
        matched=NOON,
        reviews=(
            review("r/art1.p1.i1", "accept", None, "有笔录为证，刘洋已检查。", "zhang", 1),
            review("r/art2.p1.i1", "grade", 1, "", "zhang", 1),
            review("r/art2.p1.i1", "reject", None, "没有主动", "wang", 2),
            review("r/art9.p1", "add", 2, "漏了一条", "zhang", 1),
        ),
        differing=1,
        names={"zhang": "张复核", "wang": "王复核"},
        added={"r/art9.p1": Entry(added, "《试行办法》第九条第一款", "试行办法")},
        conditions=(Condition("没有谋取私利", "未说明"), Condition("主动承担责任", "叙述支持", (OWNED,))),
        questions=("检查时谁在场？",),
        deadlines=(Deadline("提出申请", date(2026, 11, 27), "5个工作日内"), Deadline("告知", "7日内")),
        program="rongcuo 测试",
    )
    return replace(case, **more)


def make_batch(narrative=STORY):
    rows = (
        BatchRow(2, "13912345678", "山东省", narrative, make_report(narrative)),
        BatchRow(3, "b", "全部规定", "太短", replace(make_report("太短", ()), abstained=True, reason="叙述太短。")),
        BatchRow(4, "c", "火星", "", None, "没有地区“火星”。"),
    )
    return BatchFile("job0123456789", "李检查", NOON, NOON, rows, "index0123", "model4567", "rongcuo 测试")


def word_text(data):
    """All text of the body, a line for each paragraph; tabs and breaks as themselves."""
    return "\n".join("".join(told for told, _ in runs) for runs in word_runs(data))


def word_runs(data):
    """For each paragraph its runs as (text, bold and underlined)."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        root = ElementTree.fromstring(package.read("word/document.xml"))
    return [[_run(run) for run in paragraph.iter(f"{W}r")] for paragraph in root.iter(f"{W}p")]


def _run(run):
    signs = {f"{W}tab": "\t", f"{W}br": "\n"}
    told = "".join(part.text or "" if part.tag == f"{W}t" else signs.get(part.tag, "") for part in run)
    look = run.find(f"{W}rPr")
    return told, look is not None and look.find(f"{W}b") is not None and look.find(f"{W}u") is not None


def sheets(data):
    """The rows of each sheet by its name."""
    book = openpyxl.load_workbook(io.BytesIO(data), rich_text=False)
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}


def sheet_text(data):
    return "\n".join(str(cell) for rows in sheets(data).values() for row in rows for cell in row if cell is not None)
