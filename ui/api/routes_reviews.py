"""The queue, and what reviewers do with a case."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi import Path as InPath

from ui.api.answers_work import CaseOut, QueueOut, ReviewsOut
from ui.api.deps import ById, Here, Me, SeenVersion, Some
from ui.api.schemas import ClaimIn, ReviewsIn, SecondIn, VersionIn
from ui.services import case_queue, cases, reviews

__all__ = ["router"]

router = APIRouter(tags=["复核"])


@router.get("/queue", summary="待复核的案件")
def queue(desk: Here, person: Me, most: Some = 50) -> list[QueueOut]:
    """按存疑程度和等待时间排列，每组最多给出所要的条数。"""
    return [QueueOut.model_validate(item) for item in case_queue.queue(desk, person, limit=most)]


@router.get("/cases/{case_id}/reviews", summary="复核意见")
def read(case_id: ById, desk: Here, person: Me) -> ReviewsOut:
    """给出您现在可以看到的复核意见，以及保存意见时要带上的版本。"""
    return ReviewsOut.of(cases.read(desk, person, case_id))


@router.post("/cases/{case_id}/reviews", summary="保存复核意见")
def save(case_id: ById, sent: ReviewsIn, desk: Here, person: Me) -> ReviewsOut:
    """保存本次复核的意见；别人先改过案件时回答 409，并说明是谁、什么时候。"""
    decisions = [one.decision() for one in sent.decisions]
    return ReviewsOut.of(reviews.save(desk, person, case_id, decisions, version=sent.version))


@router.delete("/cases/{case_id}/reviews/{clause_id:path}", summary="撤下一条复核意见")
def withdraw(
    case_id: ById,
    clause_id: Annotated[str, InPath(min_length=1, max_length=200)],
    version: SeenVersion,
    desk: Here,
    person: Me,
) -> ReviewsOut:
    """撤下本次复核对一个条款的意见，不另给意见。"""
    return ReviewsOut.of(reviews.withdraw(desk, person, case_id, clause_id, version=version))


@router.post("/cases/{case_id}/claim", summary="领取或分派复核")
def claim(case_id: ById, sent: ClaimIn, desk: Here, person: Me) -> CaseOut:
    """由本人，或由所写的复核人员，进行当前这一次复核。"""
    return CaseOut.of(reviews.assign(desk, person, case_id, sent.reviewer or person.name, version=sent.version))


@router.post("/cases/{case_id}/second", summary="交二次复核")
def second(case_id: ById, sent: SecondIn, desk: Here, person: Me) -> CaseOut:
    """把案件交给第二名复核人员。"""
    return CaseOut.of(reviews.ask_second(desk, person, case_id, version=sent.version, reviewer=sent.reviewer))


@router.post("/cases/{case_id}/send-back", summary="退回")
def send_back(case_id: ById, sent: VersionIn, desk: Here, person: Me) -> CaseOut:
    """退回一步：二次复核退给第一名复核人员，复核退给建立人。"""
    return CaseOut.of(reviews.send_back(desk, person, case_id, version=sent.version))


@router.post("/cases/{case_id}/close", summary="办结")
def close(case_id: ById, sent: VersionIn, desk: Here, person: Me) -> CaseOut:
    """逐条给出意见之后办结；两次复核不一致时以第二次为准。"""
    return CaseOut.of(reviews.close(desk, person, case_id, version=sent.version))


@router.post("/cases/{case_id}/reopen", summary="重新打开")
def reopen(case_id: ById, sent: VersionIn, desk: Here, person: Me) -> CaseOut:
    """重新打开已办结的案件。"""
    return CaseOut.of(reviews.reopen(desk, person, case_id, version=sent.version))
