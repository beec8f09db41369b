"""What the Word templates speak of: the case or batch as nested values with Chinese names, which office staff can read.

    {{ 编号 }}   {%p for 组 in 建议 %} … {{ 组.名称 }} … {%p endfor %}

All values are texts, lists or mappings; `ui/reports/make_template.py` shows each of them in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.numerals import number_to_chinese
from data.schema import Match, MatchReport, Span
from data.store.records import Review
from data.store.reviews import final_decisions
from ui.cards import TOP, summary
from ui.present import disclaimer, grouped
from ui.present_words import verdict_words
from ui.reports.case_file import CaseFile, Condition, Deadline
from ui.reports.wording import chinese_date, chinese_time, excerpt, paragraphs, probability, quotes, similarity

__all__ = [
    "LOW",
    "case_context",
    "citation_of",
    "common_title",
    "marked_spans",
    "outcome",
    "short",
    "source",
    "standing",
    "versions",
    "when",
]

LOW = "不予匹配"
"""The word for probabilities of clauses that are told by their citation only."""

_DIGEST = 16  # hex digits


def case_context(case: CaseFile, *, masked: bool) -> dict[str, Any]:
    """Return what the template of a case may name."""
    report = case.report
    said = {review.clause_id for review in standing(case)}
    title = common_title(report.matches)
    shown = [match for match in report.matches if match.band != LOW or match.clause.id in said]
    rest = [match for match in report.matches if match.band == LOW and match.clause.id not in said]
    return {
        "编号": case.number,
        "范围": case.region,
        "状态": case.status,
        "经办人": case.author,
        "建档日期": chinese_date(case.created),
        "匹配时间": chinese_time(case.matched),
        "导出时间": chinese_time(case.exported),
        "经过": _narrative(case),
        "经过说明": _narrative_note(case, masked=masked),
        "建议概况": summary(report),
        "出处": source(title),
        "建议": _groups(report, shown, rest),
        "其余": [f"{short(match, title)}（{probability(match)}）" for match in rest],
        "条件": [{"内容": c.text, "状态": c.state, "依据": told(case, c)} for c in case.conditions],
        "复核概况": outcome(case),
        "复核": [_decision(case, review) for review in standing(case)],
        "待核实": [{"序号": str(number), "内容": text} for number, text in enumerate(case.questions, 1)],
        "期限": [{"事项": d.what, "日期": when(d), "依据": d.quote.removeprefix(title)} for d in case.deadlines],
        "说明": disclaimer(report),
        "版本": [{"名称": name, "内容": value} for name, value in versions(case)],
    }


def standing(case: CaseFile) -> list[Review]:
    """Return the decisions that stand, by clause as suggested, then added ones, and by round; none gives []."""
    ranks = {match.clause.id: match.rank for match in case.report.matches}
    reviews = [review for review in case.reviews if review.ended is None]
    return sorted(reviews, key=lambda r: (ranks.get(r.clause_id, len(ranks) + 1_000), r.clause_id, r.round))


def marked_spans(report: MatchReport) -> list[Span]:
    """Return the words of the narrative that stand out: for each of the first clauses the nearest ones."""
    return [evidence.narrative for match in report.matches if match.rank <= TOP for evidence in match.evidence[:1]]


def outcome(case: CaseFile) -> str:
    """Return in one or two sentences how the clauses were decided, what is left, and where the two rounds differ."""
    final = final_decisions(case.reviews)
    hidden = "另有复核意见，复核结束前不列出。" if case.kept_back else ""
    if not final:
        return hidden or "尚无复核意见。"
    counts = {word: sum(r.verdict in kinds for r in final.values()) for word, kinds in _OUTCOMES.items()}
    told = "、".join(f"{word} {count} 条" for word, count in counts.items() if count)
    left = sum(match.clause.id not in final for match in case.report.matches)
    undecided = f"；建议条款中尚未复核 {left} 条" if left else ""
    differ = f"两次复核意见不一致 {case.differing} 条，以第二次为准。" if case.differing else ""
    return f"按最后一次复核意见：{told}{undecided}。{differ}{hidden}"


_OUTCOMES = {"采纳": ("accept", "grade"), "不采纳": ("reject",), "补充": ("add",)}


def citation_of(case: CaseFile, clause_id: str) -> str:
    """Return how a clause of the report, or one that a reviewer added, is cited; its id where nothing else is known."""
    suggested = {match.clause.id: match.citation for match in case.report.matches}
    added = case.added.get(clause_id)
    return suggested.get(clause_id) or (added.citation if added is not None else "") or clause_id


def common_title(matches: Sequence[Match]) -> str:
    """Return 《the title》 that all citations begin with, or "" where they begin with several or with none."""
    titles = {match.citation[: match.citation.find("》") + 1] for match in matches}
    return titles.pop() if len(titles) == 1 else ""


def source(title: str) -> str:
    """Return the sentence that allows to leave the title out below, "" without one."""
    return f"条款均出自{title}，以下只写条、款、项。" if title else ""


def short(match: Match, title: str) -> str:
    """Return how a clause is cited below its `title`."""
    return match.citation.removeprefix(title) or match.clause.id


def told(case: CaseFile, condition: Condition) -> str:
    """Return the words of the narrative that a condition rests on, in quotes; "" for none."""
    words = dict.fromkeys(excerpt(span.of(case.narrative)) for span in condition.words)
    return "".join(f"“{part}”" for part in words if part)


def when(deadline: Deadline) -> str:
    """Return the day of a deadline for people."""
    return deadline.date if isinstance(deadline.date, str) else chinese_date(deadline.date)


def versions(case: CaseFile, digits: int = _DIGEST) -> list[tuple[str, str]]:
    """Return by what the suggestions were made, as (name, value), digests cut to `digits`."""
    report = case.report
    rows = [
        ("匹配结果", f"第 {case.report_number} 份，摘要 {case.report_digest[:digits]}"),
        ("匹配方法", "；".join(report.stages)),
        ("条款索引", report.index_digest),
        ("模型", report.model_digest[:digits]),
        ("程序版本", case.program),
    ]
    return [(name, value) for name, value in rows if value]


def _narrative(case: CaseFile) -> list[list[dict[str, Any]]]:
    lines = paragraphs(case.narrative, marked_spans(case.report))
    return [[{"文字": text, "依据": found} for text, found in line] for line in lines]


def _narrative_note(case: CaseFile, *, masked: bool) -> str:
    notes = [f"加粗并加下划线的，是与前 {TOP} 名条款最相近的文字"] if any(m.evidence for m in case.report.matches) else []
    notes += ["其中的个人信息已经遮盖"] if masked else []
    notes += ["叙述在匹配之后又有修改，这里是匹配时的叙述"] if case.edited else []
    return f"（{'；'.join(notes)}）" if notes else ""


def _groups(report: MatchReport, shown: Sequence[Match], rest: Sequence[Match]) -> list[dict[str, Any]]:
    if report.abstained:
        return []
    title = common_title(report.matches)
    low = {label: len(matches) for label, matches in grouped(rest)}
    return [
        {
            "序号": number_to_chinese(number),
            "名称": label,
            "条款": [_clause(match, report.narrative, title) for match in matches],
            "空缺": f"相近的 {low[label]} 条程度都低，不列条文，见本节末尾。" if low.get(label) else "没有相近的条款。",
        }
        for number, (label, matches) in enumerate(grouped(shown), 1)
    ]


def _clause(match: Match, narrative: str, title: str) -> dict[str, Any]:
    return {
        "名次": str(match.rank),
        "引用": short(match, title),
        "条文": match.clause.text,
        "相似度": similarity(match),
        "概率": probability(match),
        "依据": quotes(match, narrative),
    }


def _decision(case: CaseFile, review: Review) -> dict[str, str]:
    added = case.added.get(review.clause_id)
    return {
        "条款": citation_of(case, review.clause_id).removeprefix(common_title(case.report.matches)),
        "条文": added.clause.text if added is not None and review.verdict == "add" else "",
        "轮次": f"第{number_to_chinese(review.round)}次",
        "意见": verdict_words(review),
        "理由": review.comment.strip() or "（未写理由）",
        "复核人": case.names.get(review.reviewer, review.reviewer),
        "日期": chinese_date(review.at),
    }
