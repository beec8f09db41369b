"""How much a request may send: checked by what it announces, and counted while it comes in."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.errors import refusal

__all__ = ["MAX_BODY", "MAX_ROWS_BODY", "BodyLimit"]

MAX_BODY = 4 * 2**20
"""Bytes of a request; 20,000 characters of a narrative take at most 240,000 as JSON."""

MAX_ROWS_BODY = 20 * 2**20
"""Bytes of a batch that is sent as rows: as much as an uploaded file."""


class BodyLimit:
    """ASGI middleware: answers 413 to a body over the limit, of which nothing is kept; `larger` gives other limits by path."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY, larger: Mapping[str, int] | None = None) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"].removeprefix(scope.get("root_path", "")), self.limit)
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdecimal() and (len(announced) > 15 or int(announced) > limit):
            await _drain(receive)
            await refusal(413, _sentence(limit))(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            await _drain(receive, message)
            raise HTTPException(413)
        return message

    return counted


async def _drain(receive: Receive, message: Message | None = None) -> None:
    """Read what is left and throw it away: who is still sending does not see an answer.

    How much that may be, and for how long, is limited for the whole application (`ui.web.limit`).
    """
    while message is None or (message["type"] == "http.request" and message.get("more_body")):
        message = await receive()


def _sentence(limit: int) -> str:
    return f"发送的内容超过 {limit // 2**20} MB，请拆开后再试。"
