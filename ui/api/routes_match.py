"""Matching a narrative, and reading the library."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi import Path as InPath

from ui.api import lookup
from ui.api.answers import ClauseOut, ClausePageOut, DeadlineOut, FullMatchOut, RegulationOut
from ui.api.deps import Here, Me, Offset, Some, Turn
from ui.api.schemas import MatchIn
from ui.present import report_json

__all__ = ["router"]

router = APIRouter()

_Region = Annotated[str, Query(max_length=200, description="规定编号或地区名；空为全部")]
_Words = Annotated[str, Query(alias="q", max_length=200, description="字词，或第十三条第（六）项这样的条款号；空为全部")]
_Category = Annotated[str, Query(max_length=64, description="类别，例如 disqualifying")]


@router.post("/match", tags=["匹配"], summary="把一段事情经过与条款相匹配", response_model=FullMatchOut)
async def match(sent: MatchIn, desk: Here, person: Me, turn: Turn) -> dict[str, Any]:
    """结果与 `rongcuo match --json` 相同，仅供参考；是否适用由审核人认定。叙述不保存。"""
    report, dossier = await turn.run(
        lookup.suggest, desk, person, sent.text, region=sent.region, top_k=sent.top_k, start=sent.start
    )
    return report_json(report, dossier=dossier)


@router.get("/regulations", tags=["条款库"], summary="现行规定")
def regulations(desk: Here, person: Me) -> list[RegulationOut]:
    """列出现行条款库里的规定。"""
    return lookup.regulations(desk, person)


@router.get("/clauses", tags=["条款库"], summary="查找条款")
def clauses(
    desk: Here,
    person: Me,
    words: _Words = "",
    region: _Region = "",
    category: _Category = "",
    most: Some = 100,
    offset: Offset = 0,
) -> list[ClauseOut]:
    """按字词、条款号、地区和类别查找，按原文顺序给出。"""
    return lookup.clauses(desk, person, query=words, region=region, category=category)[offset : offset + most]


@router.get("/clauses/{clause_id:path}", tags=["条款库"], summary="一个条款")
def clause(clause_id: Annotated[str, InPath(min_length=1, max_length=200)], desk: Here, person: Me) -> ClausePageOut:
    """给出条款的原文、出处，以及其他规定里内容相同或相近的条款。"""
    return lookup.clause(desk, person, clause_id)


@router.get("/deadlines", tags=["条款库"], summary="办理步骤和期限")
def deadlines(
    desk: Here,
    person: Me,
    region: Annotated[str, Query(min_length=1, max_length=200, description="规定编号或地区名")],
    start: Annotated[date | None, Query(alias="from", description="起算日，例如 2026-03-02；默认今天")] = None,
) -> list[DeadlineOut]:
    """各步骤的起算事件不同，都按同一个起算日推算；条文与随附文本不同的步骤不列。以有关部门的书面通知为准。"""
    return [DeadlineOut.of(step) for step in lookup.deadlines(desk, person, region, start or date.today())]
