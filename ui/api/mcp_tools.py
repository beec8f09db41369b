"""The tools of the MCP endpoint: what a language model may ask for, in the words that it and its user read.

Each is read-only and calls what the HTTP API calls, with the same checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from data.categories import CATEGORIES
from data.schema import Match, MatchReport
from ui.api import lookup
from ui.api.answers import DeadlineOut
from ui.api.schemas import MAX_NARRATIVE
from ui.present import disclaimer
from ui.present_dossier import dossier_json
from ui.present_words import POLARITY
from ui.services.access import Person
from ui.services.desk import Desk

__all__ = ["REVIEW", "TOOLS", "Tool"]

REVIEW = "结果只是按文本相似度给出的建议，供人审核；是否适用由审核人认定，不得当作认定结论。"

_CATEGORIES = "类别：" + "、".join(f"{key}（{label}）" for key, label in CATEGORIES.items())


class _Arguments(BaseModel):
    """Arguments of a tool: strict types, no unknown fields; a narrative stays out of its repr."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"

    __str__ = __repr__


class MatchArguments(_Arguments):
    """What match_clauses takes."""

    text: str = Field(min_length=1, max_length=MAX_NARRATIVE, description="事情经过：什么时候、做了什么、出了什么问题")
    region: str = Field("", max_length=200, description="规定编号或地区名；空为全部")
    top_k: int = Field(8, ge=1, le=20, description="最多返回的条款数")


class ClauseArguments(_Arguments):
    """What get_clause takes."""

    clause_id: str = Field(min_length=1, max_length=200, description="条款编号，例如 shandong-2019/art13.p1.i6")


class SearchArguments(_Arguments):
    """What search_clauses takes."""

    query: str = Field(min_length=1, max_length=200, description="字词，或第十三条第（六）项这样的条款号")
    region: str = Field("", max_length=200, description="规定编号或地区名；空为全部")
    category: str = Field("", max_length=64, description=_CATEGORIES)
    limit: int = Field(20, ge=1, le=50, description="最多返回的条款数")


class NoArguments(_Arguments):
    """What list_regulations takes."""


class DeadlineArguments(_Arguments):
    """What list_deadlines takes."""

    region: str = Field(min_length=1, max_length=200, description="规定编号或地区名")
    start: date | None = Field(None, description="起算日，例如 2026-03-02；默认今天")


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `run` gets the desk, who asks and the arguments."""

    name: str
    title: str
    description: str
    arguments: type[_Arguments]
    run: Callable[[Desk, Person, Any], Mapping[str, Any]]


def _match(desk: Desk, person: Person, asked: MatchArguments) -> Mapping[str, Any]:
    report, dossier = lookup.suggest(desk, person, asked.text, region=asked.region, top_k=asked.top_k)
    return {
        "note": REVIEW + dossier.outdated + disclaimer(report),
        "region": report.region,
        "abstained": report.abstained,
        "reason": report.reason,
        "suggestions": [_suggestion(match, report) for match in report.matches],
        "questions": dossier_json(dossier)["questions"],
        "index_digest": report.index_digest,
        "model_digest": report.model_digest,
    }


def _suggestion(match: Match, report: MatchReport) -> Mapping[str, Any]:
    return {
        "rank": match.rank,
        "clause_id": match.clause.id,
        "citation": match.citation,
        "category": CATEGORIES.get(match.clause.category, match.clause.category),
        "text": match.clause.text,
        "probability": None if match.probability is None else round(match.probability, 3),
        "strength": match.band,
        "polarity": POLARITY[match.polarity],
        "evidence": [part.narrative.of(report.narrative) for part in match.evidence],
    }


def _clause(desk: Desk, person: Person, asked: ClauseArguments) -> Mapping[str, Any]:
    return {"note": REVIEW, "clause": lookup.clause(desk, person, asked.clause_id).model_dump()}


def _search(desk: Desk, person: Person, asked: SearchArguments) -> Mapping[str, Any]:
    found = lookup.clauses(desk, person, query=asked.query, region=asked.region, category=asked.category)
    return {"note": REVIEW, "found": len(found), "clauses": [one.model_dump() for one in found[: asked.limit]]}


def _regulations(desk: Desk, person: Person, asked: NoArguments) -> Mapping[str, Any]:
    return {"regulations": [one.model_dump(mode="json") for one in lookup.regulations(desk, person)]}


def _deadlines(desk: Desk, person: Person, asked: DeadlineArguments) -> Mapping[str, Any]:
    steps = lookup.deadlines(desk, person, asked.region, asked.start or date.today())
    note = "各步骤的起算事件不同，都按同一个起算日推算，仅供参考；以有关部门的书面通知为准。"
    return {"note": note, "steps": [DeadlineOut.of(step).model_dump(mode="json") for step in steps]}


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "match_clauses",
            "匹配条款",
            f"把一段事情经过与容错纠错规定的条款相匹配，按相近程度给出条款、出处、叙述中的依据和还要查明的事实。{REVIEW}叙述不保存。",
            MatchArguments,
            _match,
        ),
        Tool(
            "get_clause",
            "查看条款",
            f"按条款编号给出原文、出处，以及其他规定里内容相同或相近的条款。引用时请逐字引用原文。{REVIEW}",
            ClauseArguments,
            _clause,
        ),
        Tool(
            "search_clauses",
            "查找条款",
            f"按字词或条款号在现行条款库里查找，按原文顺序给出；这是字面查找，不是匹配。{REVIEW}",
            SearchArguments,
            _search,
        ),
        Tool("list_regulations", "现行规定", "列出现行条款库里的规定及其编号、地区和文号。", NoArguments, _regulations),
        Tool(
            "list_deadlines",
            "办理期限",
            "列出一部规定里申请、核实、答复等步骤和期限，按起算日推算最后一天；条文与随附文本不同的不列。仅供参考，以有关部门的书面通知为准。",
            DeadlineArguments,
            _deadlines,
        ),
    )
}
