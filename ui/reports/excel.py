"""Excel files of a case and of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from data.categories import CATEGORIES
from data.schema import Match
from data.store.records import VERDICTS, Review
from ui.cards import summary
from ui.present import disclaimer
from ui.present_words import grade_words, verdict_words
from ui.reports.batch_context import batch_counts, batch_disclaimer, batch_versions, row_state
from ui.reports.case_file import BatchFile, BatchRow, CaseFile
from ui.reports.context import case_context, citation_of, marked_spans, outcome, standing, told, versions, when
from ui.reports.masking import masked_batch, masked_case
from ui.reports.wording import chinese_time, paragraphs, probability, quotes
from ui.reports.workbook import Book, Column, Value

__all__ = ["batch_xlsx", "case_xlsx"]

_CHUNK = 1_000  # characters of a narrative in a cell: longer ones do not fit on a screen
_FACTS = (Column("项目", 18), Column("内容", 100))
_SCORES = (Column("相似度", 8, "0.000"), Column("概率", 7, "0%"), Column("程度", 10))
_CLAUSES = (
    Column("名次", 6, "0"),
    Column("类别", 11),
    Column("条款", 34),
    Column("条文", 60),
    *_SCORES,
    Column("叙述中的依据", 42),
)
_REVIEWS = (
    Column("条款", 34), Column("轮次", 8, "0"), Column("意见", 10), Column("等级", 16), Column("理由", 50),
    Column("复核人", 14), Column("时间", 24),
)  # fmt: skip


def case_xlsx(case: CaseFile, *, masked: bool = True) -> bytes:
    """Return the Excel report of a case: what it is, clauses, decisions, narrative, what is open."""
    case = masked_case(case) if masked else case
    book = Book("容错条款匹配情况（供参考）")
    book.sheet("概况", _FACTS, list(_facts(case, masked=masked)), title="容错条款匹配情况（供参考）")
    final = (Column("第一次复核", 13), Column("第二次复核", 13))
    book.sheet("建议条款", (*_CLAUSES, *final), [[*_clause(m, case.narrative), *_said(case, m)] for m in case.report.matches])
    book.sheet("复核意见", _REVIEWS, [_review(case, review) for review in standing(case)])
    conditions: list[Sequence[Value]] = [(c.text, c.state, told(case, c)) for c in case.conditions]
    book.sheet("条件", (Column("条件", 70), Column("叙述", 12), Column("依据", 60)), conditions)
    book.sheet("待核实", (Column("待核实事项", 110),), [(question,) for question in case.questions])
    deadlines = [(d.what, when(d), d.quote) for d in case.deadlines]
    book.sheet("程序期限", (Column("事项", 50), Column("期限", 20), Column("规定", 70)), deadlines)
    book.sheet("事情经过", (Column("事情经过", 105),), list(_story(case)))
    return book.content()


def batch_xlsx(batch: BatchFile, *, masked: bool = True) -> bytes:
    """Return the Excel report of a batch: what it is, a row for each narrative, a row for each clause of each narrative."""
    batch = masked_batch(batch) if masked else batch
    book = Book("容错条款批量匹配情况（供参考）")
    facts: list[Sequence[Value]] = [
        ["任务编号", batch.id],
        ["提交人", batch.owner],
        ["提交时间", chinese_time(batch.created)],
        ["导出时间", chinese_time(batch.exported)],
        ["概况", batch_counts(batch.rows)],
        ["个人信息", _privacy(masked=masked)],
        ["说明", batch_disclaimer(batch.rows)],
        *([name, value] for name, value in batch_versions(batch)),
    ]
    book.sheet("概况", _FACTS, facts, title="容错条款批量匹配情况（供参考）")
    rows: list[Sequence[Value]] = [
        [number, row.id, row.region, row.narrative, row_state(row)] for number, row in enumerate(batch.rows, 1)
    ]
    columns = (Column("序号", 6, "0"), Column("编号", 20), Column("范围", 18), Column("事情经过", 90), Column("结果", 30))
    book.sheet("叙述", columns, rows)
    found = [values for number, row in enumerate(batch.rows, 1) for values in _row_clauses(number, row)]
    book.sheet("条款", (Column("序号", 6, "0"), Column("编号", 14), *_CLAUSES), found)
    return book.content()


def _facts(case: CaseFile, *, masked: bool) -> Iterator[Sequence[Value]]:
    context = case_context(case, masked=masked)
    for title, name in (("案件编号", "编号"), ("适用范围", "范围"), ("案件状态", "状态"), ("经办人", "经办人")):
        yield title, context[name]
    for name in ("建档日期", "匹配时间", "导出时间"):
        yield name, context[name]
    yield "建议概况", summary(case.report)
    yield "复核概况", outcome(case)
    yield "个人信息", _privacy(masked=masked)
    if case.edited:
        yield "事情经过", "叙述在匹配之后又有修改，这里是匹配时的叙述。"
    yield "说明", disclaimer(case.report)
    yield from versions(case, digits=64)


def _privacy(*, masked: bool) -> str:
    return "已遮盖" if masked else "未遮盖，请妥善保管"


def _clause(match: Match, narrative: str) -> list[Value]:
    return [
        match.rank,
        CATEGORIES.get(match.clause.category, match.clause.category),
        match.citation or match.clause.id,
        match.clause.text,
        None if match.similarity is None else round(match.similarity, 6),
        None if match.probability is None else round(match.probability, 6),
        match.band or ("未校准" if match.probability is None else probability(match)),
        "\n".join(quotes(match, narrative)),
    ]


def _said(case: CaseFile, match: Match) -> list[Value]:
    said = {review.round: verdict_words(review) for review in standing(case) if review.clause_id == match.clause.id}
    return [said.get(1, ""), said.get(2, "")]


def _grade(review: Review) -> str:
    return "" if review.grade is None else grade_words(review.grade)


def _review(case: CaseFile, review: Review) -> list[Value]:
    name = case.names.get(review.reviewer, review.reviewer)
    said = [citation_of(case, review.clause_id), review.round, VERDICTS[review.verdict], _grade(review)]
    return [*said, review.comment.strip(), name, chinese_time(review.at)]


def _story(case: CaseFile) -> Iterator[list[Value]]:
    for line in paragraphs(case.narrative, marked_spans(case.report)):
        row: list[tuple[str, bool]] = []
        for text, marked in line:
            for at in range(0, len(text), _CHUNK):
                if sum(len(part) for part, _ in row) > _CHUNK:
                    yield [row]
                    row = []
                row.append((text[at : at + _CHUNK], marked))
        yield [row]


def _row_clauses(number: int, row: BatchRow) -> Iterator[list[Value]]:
    if row.report is not None and not row.report.abstained:
        for match in row.report.matches:
            yield [number, row.id, *_clause(match, row.narrative)]
