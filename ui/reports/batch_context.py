"""What the Word template of a batch speaks of: nested values with Chinese names, as in `ui/reports/context.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.categories import CATEGORIES
from data.schema import Match
from ui.present import disclaimer
from ui.reports.case_file import BatchFile, BatchRow
from ui.reports.context import LOW, common_title, short, source
from ui.reports.wording import chinese_time, excerpt, probability, similarity

__all__ = ["LEADING", "batch_context", "batch_counts", "batch_disclaimer", "batch_versions", "row_state"]

LEADING = 3
"""So many clauses of each row stand in the table."""

_STORY = 100  # characters of a narrative


def batch_context(batch: BatchFile, *, masked: bool) -> dict[str, Any]:
    """Return what the template of a batch may name."""
    title = common_title([match for row in batch.rows if row.report is not None for match in row.report.matches])
    note = "事情经过只列开头，全文、全部条款和依据见同一任务的 Excel 文件"
    return {
        "任务": batch.id,
        "提交人": batch.owner,
        "提交时间": chinese_time(batch.created),
        "导出时间": chinese_time(batch.exported),
        "概况": batch_counts(batch.rows),
        "出处": source(title),
        "附注": f"（{note}{'；其中的个人信息已经遮盖' if masked else ''}）",
        "各行": [_row(number, row, title) for number, row in enumerate(batch.rows, 1)],
        "说明": batch_disclaimer(batch.rows),
        "版本": [{"名称": name, "内容": value} for name, value in batch_versions(batch)],
    }


def batch_counts(rows: Sequence[BatchRow]) -> str:
    """Return one sentence: how many rows there are, how many got suggestions, none, or an error."""
    wrong = sum(row.report is None for row in rows)
    silent = sum(row.report is not None and row.report.abstained for row in rows)
    told = f"共 {len(rows)} 条，给出建议 {len(rows) - wrong - silent} 条"
    return f"{told}，没有给出建议 {silent} 条，无法处理 {wrong} 条。"


def batch_disclaimer(rows: Sequence[BatchRow]) -> str:
    """Return the sentences that stand below every result, one time each."""
    said = dict.fromkeys(disclaimer(row.report) for row in rows if row.report is not None and not row.report.abstained)
    return "".join(said) or "以上结果仅供参考；是否适用由审核人认定。"


def batch_versions(batch: BatchFile) -> list[tuple[str, str]]:
    """Return by what the suggestions were made, as (name, value)."""
    rows = [("条款索引", batch.index_digest), ("模型", batch.model_digest[:16]), ("程序版本", batch.program)]
    return [(name, value) for name, value in rows if value]


def row_state(row: BatchRow) -> str:
    """Return in a few words how a row ended: with suggestions, without, or why it could not be matched."""
    if row.report is None:
        return f"无法处理：{row.error}"
    if row.report.abstained:
        return f"没有给出建议：{row.report.reason or '叙述太短、太笼统或与履职无关。'}"
    return f"列出 {len(row.report.matches)} 条" if row.report.matches else "没有可以匹配的条款"


def _row(number: int, row: BatchRow, title: str) -> dict[str, Any]:
    found = () if row.report is None or row.report.abstained else row.report.matches
    matches = [match for match in found if match.band != LOW][:LEADING]
    return {
        "序号": str(number),
        "编号": row.id,
        "范围": row.region,
        "经过": excerpt(row.narrative, _STORY) or "（空）",
        "条款": [_clause(match, title) for match in matches],
        "结果": "" if matches else "没有达到“弱”的条款（不予匹配）。" if found else row_state(row),
    }


def _clause(match: Match, title: str) -> dict[str, str]:
    return {
        "引用": short(match, title),
        "类别": CATEGORIES.get(match.clause.category, match.clause.category),
        "程度": probability(match) if match.probability is not None else f"相似度 {similarity(match)}",
    }
