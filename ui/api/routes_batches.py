"""Batches: many narratives as a job that goes on when the one who sent it has gone."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from starlette.responses import Response

from ui.api.answers_work import BatchOut
from ui.api.deps import ById, Here, Me, Some
from ui.api.downloads import download, file_answers
from ui.api.schemas import BatchIn, RowsBatch
from ui.services import batch, exports

__all__ = ["router"]

router = APIRouter(tags=["批量"])

_Masked = Annotated[bool, Query(description="遮盖个人信息")]


@router.post("/batches", summary="提交批量任务", status_code=201)
def submit(sent: Annotated[BatchIn, Body()], desk: Here, person: Me) -> BatchOut:
    """给出上传文件的编号（upload，提交后文件即删除）或各行（rows）；任务在后台进行，用 GET /batches/{编号} 查看进度。"""
    if isinstance(sent, RowsBatch):
        job = batch.submit(desk, person, *sent.file(), top_k=sent.top_k)
    else:
        job = batch.submit_upload(desk, person, sent.upload, top_k=sent.top_k)
    return BatchOut.model_validate(job)


@router.get("/batches", summary="我的批量任务")
def listing(desk: Here, person: Me, most: Some = 20) -> list[BatchOut]:
    """列出本人的批量任务，最新的在前。"""
    return [BatchOut.model_validate(job) for job in batch.listing(desk, person, limit=most)]


@router.get("/batches/{job_id}", summary="一个批量任务")
def read(job_id: ById, desk: Here, person: Me) -> BatchOut:
    """给出任务的状态和进度。"""
    return BatchOut.model_validate(batch.get(desk, person, job_id))


@router.delete("/batches/{job_id}", summary="取消批量任务")
def cancel(job_id: ById, desk: Here, person: Me) -> BatchOut:
    """停止任务；已做完的行保留，可以下载。"""
    return BatchOut.model_validate(batch.cancel(desk, person, job_id))


@router.get("/batches/{job_id}/result.{kind}", summary="批量任务的结果", responses=file_answers("csv", "xlsx", "jsonl", "docx"))
def result(
    job_id: ById, kind: Literal["csv", "xlsx", "jsonl", "docx"], desk: Here, person: Me, masked: _Masked = True
) -> Response:
    """下载结果表（csv、xlsx、jsonl），或 Word 报告（docx）。"""
    if kind == "docx":
        return download(exports.batch_docx(desk, person, job_id, masked=masked))
    return download(batch.result(desk, person, job_id, kind, masked=masked))


@router.get("/batches/{job_id}/report.xlsx", summary="批量任务的 Excel 报告", responses=file_answers("xlsx"))
def report(job_id: ById, desk: Here, person: Me, masked: _Masked = True) -> Response:
    """下载按报告格式排好的 Excel 文件。"""
    return download(exports.batch_xlsx(desk, person, job_id, masked=masked))
