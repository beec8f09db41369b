"""The routes for files that go in and out, and for those who watch over the program."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, JSONResponse, Response

from data.errors import InputError
from ui.services import backup, uploads
from ui.web.auth import csrf_protected
from ui.web.errors import problem
from ui.web.metrics import CONTENT_TYPE
from ui.web.parts import Address, Here, Me, Who
from ui.web.serving import asked_here

__all__ = ["router"]

_NEVER_KEPT = {"cache-control": "no-store"}

router = APIRouter(include_in_schema=False)


@router.post("/uploads", dependencies=[Depends(csrf_protected)])
async def upload(request: Request, here: Here, person: Me) -> dict[str, Any]:
    """Keep a file for a day; its id is what an action is given."""
    async with request.form(max_files=1, max_fields=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InputError("没有收到文件，请选择一个文件（字段名 file）。")
        made = await run_in_threadpool(uploads.save, here.desk, person, file.filename or "", file.file)
    return {"id": made.id, "name": made.name, "size": made.size}


@router.get("/backups/{name}")
def backup_file(here: Here, person: Me, name: str) -> Response:
    """Send a backup or its manifest to an administrator."""
    path = backup.download(here.desk, person, name)
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers=_NEVER_KEPT)


@router.get("/health")
def healthy(here: Here) -> Response:
    """Tell whether store, index and model answer; 503 where one does not."""
    found = here.health.look()
    return JSONResponse(found, 200 if found["status"] == "ok" else 503, _NEVER_KEPT)


@router.get("/metrics")
def figures(request: Request, here: Here, who: Who, address: Address) -> Response:
    """Send the figures of this process, to the machine that it runs on and to administrators."""
    if not asked_here(request, address) and not (who.person is not None and who.person.may("audit.read")):
        return problem(403, "只有管理员，或在运行本程序的机器上，才能读取运行指标。")
    return Response(here.metrics.text(), media_type=CONTENT_TYPE, headers=_NEVER_KEPT)


@router.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def unknown(rest: str) -> Response:
    """Answer for every address below /api that there is not."""
    return problem(404, "没有这个接口地址，请核对。")
