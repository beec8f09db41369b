"""Cases as their authors see them, and what happened to them; files of a case."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from data.store.records import Status
from ui.api.answers_work import CaseOut, CaseSummary, EventOut
from ui.api.deps import ById, Here, Me, Offset, Some, Turn
from ui.api.downloads import download, file_answers
from ui.api.schemas import CaseChange, CaseIn, VersionIn
from ui.services import case_history, cases, exports
from ui.services.labelled import labelled as labelled_file

__all__ = ["router"]

router = APIRouter(tags=["案件"])

_Masked = Annotated[bool, Query(description="遮盖个人信息；不遮盖会记入审计")]


@router.post("/cases", summary="新建案件", status_code=201)
async def create(sent: CaseIn, desk: Here, person: Me, turn: Turn) -> CaseOut:
    """建立草稿并匹配条款。"""
    made = await turn.run(cases.create, desk, person, sent.narrative, region=sent.region, number=sent.number)
    return CaseOut.of(made)


@router.get("/cases", summary="我的案件")
def mine(
    desk: Here,
    person: Me,
    statuses: Annotated[list[Status], Query(alias="status", max_length=5, description="只看这些状态，可重复")] = [],  # noqa: B006
    most: Some = 100,
    offset: Offset = 0,
) -> list[CaseSummary]:
    """列出本人建立的案件，最新的在前。"""
    return [CaseSummary.model_validate(one) for one in cases.mine(desk, person, statuses=statuses, limit=most, offset=offset)]


@router.get("/cases/{case_id}", summary="一个案件")
def read(case_id: ById, desk: Here, person: Me) -> CaseOut:
    """本人的案件，或（复核人员）已提交的案件。"""
    return CaseOut.of(cases.read(desk, person, case_id))


@router.patch("/cases/{case_id}", summary="修改案件")
async def edit(case_id: ById, sent: CaseChange, desk: Here, person: Me, turn: Turn) -> CaseOut:
    """修改叙述或范围并重新匹配；只限本人的草稿和待复核案件。"""
    changed = await turn.run(
        cases.edit, desk, person, case_id, version=sent.version, narrative=sent.narrative, region=sent.region
    )
    return CaseOut.of(changed)


@router.post("/cases/{case_id}/submit", summary="提交复核")
def submit(case_id: ById, sent: VersionIn, desk: Here, person: Me) -> CaseOut:
    """把本人的草稿交给复核人员。"""
    return CaseOut.of(cases.submit(desk, person, case_id, version=sent.version))


@router.post("/cases/{case_id}/take-back", summary="撤回提交")
def take_back(case_id: ById, sent: VersionIn, desk: Here, person: Me) -> CaseOut:
    """在复核开始之前撤回，案件回到草稿。"""
    return CaseOut.of(cases.take_back(desk, person, case_id, version=sent.version))


@router.get("/cases/{case_id}/history", summary="案件经过")
def history(case_id: ById, desk: Here, person: Me) -> list[EventOut]:
    """列出审计记录里与案件有关的事。"""
    return [EventOut.model_validate(event) for event in case_history.history(desk, person, case_id)]


@router.get("/cases/{case_id}/report.{kind}", summary="案件报告", responses=file_answers("docx", "xlsx"))
def report(case_id: ById, kind: Literal["docx", "xlsx"], desk: Here, person: Me, masked: _Masked = True) -> Response:
    """下载 Word 或 Excel 报告。"""
    make = exports.case_docx if kind == "docx" else exports.case_xlsx
    return download(make(desk, person, case_id, masked=masked))


@router.get("/labelled.jsonl", summary="已办结案件的标注", responses=file_answers("jsonl"))
def labelled(desk: Here, person: Me) -> Response:
    """下载已复核办结的案件，个人信息已遮盖，可用于评测和训练。"""
    return download(labelled_file(desk, person))
