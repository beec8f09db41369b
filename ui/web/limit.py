"""How much a request may bring, by its path.

What is too large is read to its end and thrown away, up to a point, because a browser that is still sending does not see an
answer.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.services.uploads import MAX_BYTES
from ui.web.errors import problem

__all__ = ["MAX_BODY", "MAX_ROWS_BODY", "BodyLimit"]

MAX_BODY = 4 * 2**20
"""Bytes of a request of a program; 20,000 characters of a narrative take at most 240,000 as JSON."""

MAX_ROWS_BODY = 20 * 2**20
"""Bytes of a batch that is sent as rows: as much as an uploaded file."""

_FORM = 2**14
_UPLOAD = MAX_BYTES + 2**16  # the file, and what a form has around it
_MOST = 32 * 2**20  # the evaluation tab sends a case file of 20 MB as JSON
_DRAINED, _PATIENCE = 128 * 2**20, 20.0  # bytes and seconds
_EXACT = {
    **dict.fromkeys(("/login", "/password", "/logout", "/tokens", "/tokens/remove"), _FORM),
    "/uploads": _UPLOAD,
    "/api/v1/batches": MAX_ROWS_BODY,
}
_BELOW = {"/api/": MAX_BODY, "/mcp": MAX_BODY}
_SENTENCE = "发送的内容超过 {} MB 的上限，请拆开后再试。"


class BodyLimit:
    """ASGI middleware: 413 for a body over the limit of its path, whether it tells its length or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on with its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = _limit_of(scope["path"])
        told = Headers(scope=scope).get("content-length", "")
        if told.isascii() and told.isdigit() and (len(told) > 15 or int(told) > limit):
            await _drain(receive)
            await problem(413, _SENTENCE.format(max(1, limit // 2**20)))(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _limit_of(path: str) -> int:
    return _EXACT.get(path) or next((limit for start, limit in _BELOW.items() if path.startswith(start)), _MOST)


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            if message.get("more_body"):
                await _drain(receive)
            raise HTTPException(413)
        return message

    return counted


async def _drain(receive: Receive) -> None:
    size = 0
    try:
        async with asyncio.timeout(_PATIENCE):
            while size < _DRAINED:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return
