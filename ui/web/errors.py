"""Every refusal in one shape: {"error": "<one Chinese sentence>"} with the status that fits."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from data.errors import RongcuoError
from data.store.errors import StoreConflict, StoreMissing, StoreUnavailable
from ui.services.access import NotAllowed
from ui.services.uploads import TooLarge
from ui.web.auth import NotSignedIn, TooManyTries

__all__ = ["BROKEN", "add_handlers", "problem", "status_of"]

_STATUSES: tuple[tuple[type[RongcuoError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (StoreMissing, 404),
    (StoreConflict, 409),
    (TooLarge, 413),
    (TooManyTries, 429),
    (StoreUnavailable, 503),
)
_SENTENCES = {
    400: "请求读不懂，请改正后再试。",
    401: "请先登录。",
    403: "没有这项操作的权限。",
    404: "没有这个地址，请核对。",
    405: "这个地址不支持这种请求方法。",
    409: "别人已先改动，请刷新后再试。",
    413: "发送的内容太大，请拆开后再试。",
    429: "请求太频繁，请稍后再试。",
}
BROKEN = "程序出错，没有得到结果；请再试一次，仍不行时请联系管理员。"
"""What is said where the program itself is at fault."""


def status_of(error: RongcuoError) -> int:
    """Return the HTTP status of an error of the program; 400 where it is what was sent."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def problem(status: int, sentence: str) -> JSONResponse:
    """Return a refusal; it is never kept by a cache."""
    return JSONResponse({"error": sentence}, status, {"cache-control": "no-store"})


def add_handlers(app: FastAPI) -> None:
    """Give every error that reaches the application the one shape."""
    app.add_exception_handler(RongcuoError, _told)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _told(request: Request, error: Exception) -> JSONResponse:
    status = status_of(error) if isinstance(error, RongcuoError) else 400
    return problem(status, str(error))


async def _http(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return problem(status, _SENTENCES.get(status, _SENTENCES[400] if status < 500 else BROKEN))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Name the field that is wrong, never its value, which may be a narrative."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    place = ".".join(str(part) for part in found[0]["loc"][1:]) if found else ""
    return problem(422, f"“{place[:60]}”缺少或不是所要的格式，请改正后再试。" if place else _SENTENCES[400])
