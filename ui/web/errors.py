"""Every refusal in one shape: {"error": "<one Chinese sentence>"} with the status that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from data.errors import RongcuoError
from data.store.canonical import clean
from data.store.errors import StoreConflict, StoreMissing, StoreUnavailable
from ui.services.access import NotAllowed
from ui.services.uploads import TooLarge
from ui.web.auth import NotSignedIn, TooManyTries

__all__ = ["BROKEN", "SENTENCES", "TooBusy", "add_handlers", "problem", "status_of"]


class TooBusy(RongcuoError):
    """So many computations wait already that another one would wait too long."""


_STATUSES: tuple[tuple[type[RongcuoError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (StoreMissing, 404),
    (StoreConflict, 409),
    (TooLarge, 413),
    (TooManyTries, 429),
    (TooBusy, 429),
    (StoreUnavailable, 503),
)
SENTENCES: Mapping[int, str] = {
    400: "请求读不懂，请改正后再试。",
    401: "请先登录。",
    403: "没有这项操作的权限。",
    404: "没有这个地址，请核对。",
    405: "这个地址不支持这种请求方法。",
    409: "别人已先改动，请刷新后再试。",
    413: "发送的内容太大，请拆开后再试。",
    429: "请求太频繁，请稍后再试。",
}
"""What is said to a status that comes without a sentence of the program's own."""
BROKEN = "程序出错，没有得到结果；请再试一次，仍不行时请联系管理员。"
"""What is said where the program itself is at fault."""


def status_of(error: RongcuoError) -> int:
    """Return the HTTP status of an error of the program; 400 where it is what was sent."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 400)


def problem(status: int, sentence: str) -> JSONResponse:
    """Return a refusal; it is never kept by a cache, and what of the sentence cannot be written as UTF-8 becomes U+FFFD."""
    return JSONResponse({"error": clean(sentence)}, status, {"cache-control": "no-store"})


def _named(error: ErrorDetails) -> str:
    place = ".".join(str(part) for part in error["loc"][1:])
    return f"“{place[:60]}”缺少或不是所要的格式，请改正后再试。" if place else SENTENCES[400]


def add_handlers(
    app: FastAPI, *, sentences: Mapping[int, str] = SENTENCES, field: Callable[[ErrorDetails], str] = _named
) -> None:
    """Give every error that reaches the application the one shape.

    `sentences` are by status, `field` says which field is wrong and never shows its value, which may be a narrative.
    """

    async def told(request: Request, error: Exception) -> JSONResponse:
        return problem(status_of(error) if isinstance(error, RongcuoError) else 400, str(error))

    async def http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, HTTPException) else 400
        answer = problem(status, sentences.get(status, sentences[400] if status < 500 else BROKEN))
        if allowed := (getattr(error, "headers", None) or {}).get("Allow"):
            answer.headers["allow"] = allowed
        return answer

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return problem(422, field(found[0]) if found else sentences[400])

    app.add_exception_handler(RongcuoError, told)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
