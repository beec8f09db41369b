"""What goes with a report, for programs (JSON) and as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from data.logic import STATE_LABELS
from data.schema import ClauseStanding, GroupPicture, LikeCase, Match, MatchReport, Span
from retrieval.dossier import Dossier
from ui.present_alignment import alignment_json
from ui.present_words import DECIDED, RULES, STATUS, label_words, open_questions

__all__ = ["dossier_json", "dossier_lines", "match_more"]

_EXCERPT, _STORY = 40, 120  # characters of a clause and of a like case


def match_more(match: Match, dossier: Dossier) -> dict[str, Any]:
    """Return what a match has beyond `match_json`: who decided its polarity, how it is told, its equivalents, its alignment."""
    evidence = [
        {
            "narrative": _span(one.narrative),
            "clause": _span(one.clause),
            "weight": round(one.weight, 4),
            "polarity": one.polarity,
            "told": one.told,
            "decided_by": one.decided_by,
            "reason": one.reason,
        }
        for one in match.evidence
    ]
    equal = [
        {
            "clause_id": one.clause.id,
            "citation": one.citation,
            "relation": one.relation,
            "difference": one.note,
            "text": one.clause.text,
            "only_here": [_span(span) for span in one.own],
            "only_there": [_span(span) for span in one.other],
        }
        for one in dossier.parallels.get(match.clause.id, ())
    ]
    aligned = alignment_json(dossier.alignments.get(match.clause.id), match.clause.text)
    return {"evidence": evidence, "decided_by": match.decided_by, "equivalents": equal, "alignment": aligned}


def dossier_json(dossier: Dossier) -> dict[str, Any]:
    """Return the picture, the open questions, like cases and steps as JSON objects; an empty dossier gives nulls, "" and []."""
    first, others = open_questions(dossier.picture) if dossier.picture else ([], [])
    picture = dossier.picture and {
        "regulation": dossier.regulation,
        "assumed_from_best_match": dossier.assumed,
        "groups": [_group(group) for group in dossier.picture.groups if group.rule != "questions"],
    }
    return {
        "outdated": dossier.outdated,
        "picture": picture,
        "questions": [{"clause_id": clause_id, "group": group.id, "question": text} for group, clause_id, text in first],
        "further_questions": [{"clause_id": clause_id, "group": group.id, "question": text} for group, clause_id, text in others],
        "like_cases": [_like(case) for case in dossier.like],
        "procedure": [
            {
                "clause_id": step.deadline.clause_id,
                "citation": step.citation,
                "who": step.deadline.who,
                "does": step.deadline.does,
                "to_whom": step.deadline.to_whom,
                "from": step.deadline.counted_from,
                "start": step.start.isoformat(),
                "due": None if step.due.day is None else step.due.day.isoformat(),
                "provisional": step.due.provisional,
                "note": step.due.note,
                "quote": step.deadline.quote,
            }
            for step in dossier.steps
        ],
    }


def dossier_lines(dossier: Dossier, report: MatchReport, *, full: bool) -> Iterator[str]:
    """Yield the dossier as lines of text: picture and questions, with `full` equivalents, like cases and steps too."""
    yield from (dossier.outdated, "") if dossier.outdated else ()
    if dossier.picture is not None:
        yield from (f"━━ 逐条对照：{dossier.title} ━━", "（未说明不等于没有；各条是否成立由审核人判断。）")
        for group in dossier.picture.groups:
            if group.rule != "questions":
                yield from _group_lines(group, dossier, report.narrative)
        yield from _question_lines(dossier, full=full)
    if full:
        yield from _full_lines(dossier, report)


def _group(group: GroupPicture) -> dict[str, Any]:
    clauses = [
        {
            "clause_id": one.clause_id,
            "status": one.status,
            "words": [_span(span) for span in one.words],
            "decided_by": one.decided_by,
            "reason": one.reason,
            "probability": None if one.probability is None else round(one.probability, 6),
        }
        for one in group.clauses
    ]
    names = ("id", "title", "part", "rule", "side", "state")
    return {**{name: getattr(group, name) for name in names}, "waiting_for": list(group.waiting), "clauses": clauses}


def _group_lines(group: GroupPicture, dossier: Dossier, narrative: str) -> Iterator[str]:
    told = [one for one in group.clauses if one.status != "not_stated"]
    yield f"【{group.title}】{STATE_LABELS[group.state]}（{RULES[group.rule]}）"
    yield from (f"  {_clause_line(one, dossier, narrative)}" for one in (group.clauses if group.rule == "all" else told))
    silent = len(group.clauses) - len(told)
    if group.rule != "all" and silent:
        yield f"  {'其余 ' if told else ''}{silent} 项未说明"


def _clause_line(one: ClauseStanding, dossier: Dossier, narrative: str) -> str:
    own = dossier.clauses[one.clause_id]
    words = "".join(f"“{' '.join(span.of(narrative).split())}”" for span in one.words)
    why = f"：{words}（{DECIDED[one.decided_by]}）" if words else ""
    return f"{STATUS[one.status]}　{own.citation.partition('》')[2]} {_cut(own.clause.text, _EXCERPT)}{why}"


def _question_lines(dossier: Dossier, *, full: bool) -> Iterator[str]:
    first, others = open_questions(dossier.picture) if dossier.picture else ([], [])
    yield from ("", "━━ 需要查明的事实 ━━")
    shown = [*first, *others] if full else first
    for number, (_, clause_id, question) in enumerate(shown, 1):
        yield f"{number}. {question}（{dossier.clauses[clause_id].citation.partition('》')[2]}）"
    if others and not full:
        yield f"不利情形和权衡方面还可以问 {len(others)} 项，加 --full 全部列出。"
    yield ""


def _full_lines(dossier: Dossier, report: MatchReport) -> Iterator[str]:
    if any(dossier.parallels.values()):
        yield "━━ 其他地区的对应条款（【】内是另一条没有的字词） ━━"
    for match in report.matches:
        for one in dossier.parallels.get(match.clause.id, ()):
            yield f"{match.citation}　{_bracketed(match.clause.text, one.own)}"
            yield f"  {one.relation}　{one.citation}　{_bracketed(one.clause.text, one.other)}"
            yield from (f"  区别：{one.note}",) if one.note else ()
    yield from _like_lines(dossier)
    if dossier.steps:
        yield from ("", "━━ 办理步骤和期限 ━━")
        yield from (f"{number}. {step.line()}" for number, step in enumerate(dossier.steps, 1))
        yield from ("各步骤的起算事件不同，以上都按同一个起算日推算；以有关部门的书面通知为准。", "")


def _like_lines(dossier: Dossier) -> Iterator[str]:
    if dossier.like or dossier.like_note:
        yield from ("", "━━ 相近案例 ━━")
    for case in dossier.like:
        labels = label_words(case.labels, dossier.clauses)
        yield f"相近 {case.likeness:.2f}　{case.source} {case.case_id}　标注：{labels}"
        yield f"  {_cut(case.narrative, _STORY)}"
    yield from (dossier.like_note,) if dossier.like_note else ()


def _cut(text: str, limit: int) -> str:
    """Return the text on one line, cut to `limit` characters with … at the end."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _bracketed(text: str, spans: Sequence[Span]) -> str:
    for span in reversed(spans):
        text = f"{text[: span.start]}【{span.of(text)}】{text[span.end :]}"
    return text


def _like(case: LikeCase) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "region": case.region,
        "likeness": round(case.likeness, 4),
        "labels": dict(case.labels),
        "source": case.source,
        "text": case.narrative,
    }


def _span(span: Span) -> list[int]:
    return [span.start, span.end]
