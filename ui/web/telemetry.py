"""One line and one count per request, and the answer where the program broke."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.auth import visitor_of
from ui.web.errors import BROKEN, problem
from ui.web.logs import FIELDS
from ui.web.metrics import Metrics

__all__ = ["Telemetry", "area_of", "shown_path"]

_LOG = logging.getLogger("rongcuo.web")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_AREAS = frozenset("login logout password session tokens uploads backups health metrics mcp api assets static".split())


class Telemetry:
    """ASGI middleware; puts an id on every answer, which its line in the log has too."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status, request_id = time.perf_counter(), 0, secrets.token_hex(8)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            _LOG.error("request failed", exc_info=True, extra={FIELDS: {"id": request_id}})
            if not status:
                await problem(500, BROKEN)(scope, receive, noted)
        finally:
            self._note(scope, request_id, status or 499, time.perf_counter() - start)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        connection = HTTPConnection(scope)
        path, person = scope["path"], visitor_of(connection).person
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.metrics.request(area_of(path), method, status, seconds)
        fields = {
            "id": request_id,
            "address": connection.client.host if connection.client else "",
            "user": person.name if person else "",
            "method": method,
            "path": shown_path(path),
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        _LOG.info("request", extra={FIELDS: fields})


def area_of(path: str) -> str:
    """Return which part of the application a path belongs to, one of a few words."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "gradio_api":
        return "stream" if rest.startswith(("queue/data", "heartbeat")) else "page"
    if not path.strip("/"):
        return "page"
    return first if first in _AREAS else "other"


def shown_path(path: str) -> str:
    """Return a path for the log, in which anything that is not plain becomes ….

    Of Gradio's own only the first two parts are told, because what follows are keys of open pages.
    """
    parts = path.split("/")[1:]
    known = parts[:2] if parts[:1] == ["gradio_api"] else parts[:8]
    return "/" + "/".join(part if not part or _PLAIN.fullmatch(part) else "…" for part in known)
