"""What somebody should look at in a draft before it is published: its parse beside the source, and what seems wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from data.categories import MATCHED
from data.numbering_report import numbering_report
from data.schema import Clause, Piece, Regulation
from ui.services.library import Edition
from ui.services.library_file import FACTS, Draft

__all__ = ["Problem", "Row", "problems", "rows_of"]

_MANY_OUTSIDE = 0.3  # share of the text outside clauses and headings from which somebody should look at it


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a draft, as a Chinese sentence; a blocking one keeps it from being published."""

    text: str
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One stretch of the source beside what it was read as; the sources of all rows joined are the text."""

    source: str
    piece: Piece
    clause: Clause | None


def problems(draft: Draft, regulation: Regulation, known: Edition) -> tuple[Problem, ...]:
    """Return what is wrong with a draft, what blocks first; `known` is the version in use."""
    facts = draft.facts
    missing = [FACTS[name] for name in ("title", "region") if not getattr(facts, name)]
    found = [Problem(f"还没有填写{'、'.join(missing)}。", blocking=True)] if missing else []
    if not regulation.clauses:
        found.append(Problem("没有读出任何条款，请检查源文件是不是法规正文。", blocking=True))
    if draft.lost():
        found.append(Problem(f"更正过的条款 {'、'.join(draft.lost())} 在原文里已不存在，请重新上传文件再更正。", blocking=True))
    if facts.issued and facts.effective and facts.effective < facts.issued:
        found.append(Problem("施行日期早于印发日期，请核对。"))
    same = [other.id for other in known.regulations if other.title == facts.title and other.id != facts.regulation_id]
    if same:
        found.append(Problem(f"现行条款库里已有同名法规（编号 {same[0]}）；如要替换它，请把编号改成 {same[0]}。"))
    if regulation.clauses and not any(clause.category in MATCHED for clause in regulation.clauses):
        found.append(Problem("没有一条属于可匹配的类别，发布后叙述不会匹配到它；请核对类别。"))
    found += [Problem(f"条号不连续：{line}。") for line in numbering_report(regulation)]
    outside = sum(len(piece.text.strip()) for piece in regulation.pieces if piece.level == "furniture")
    if outside > _MANY_OUTSIDE * len(regulation.text):
        found.append(Problem("超过三成文字没有读成条款，请在对照中核对“不属于条文”的部分。"))
    return tuple(found)


def rows_of(regulation: Regulation) -> tuple[Row, ...]:
    """Return the pieces as rows: a label goes with the clause behind it, white space with what stands before it."""
    clauses = {clause.id: clause for clause in regulation.clauses}
    rows: list[Row] = []
    before = ""  # what goes with the next row: a label, or white space at the very beginning
    for piece in regulation.pieces:
        if piece.level == "space" and rows and not before:
            rows[-1] = replace(rows[-1], source=rows[-1].source + piece.text)
        elif piece.level == "space" or piece.level == "label" and _has_text(piece, clauses):
            before += piece.text
        else:
            rows.append(Row(before + piece.text, piece, clauses.get(piece.id)))
            before = ""
    if before and rows:
        rows[-1] = replace(rows[-1], source=rows[-1].source + before)
    return tuple(rows)


def _has_text(label: Piece, clauses: Mapping[str, Clause]) -> bool:
    return (label.parent_id or "") in clauses
