"""The gate before everything else: who may pass, as ASGI middleware, so that no route can be forgotten.

What comes in is asked, in this order: is the host's name right (single-user mode), does the request come from a page of ours,
who sends it. Without a session the page sends on to /login, everything else answers 401.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from data.errors import RongcuoError
from ui.services.desk import Desk
from ui.web.auth import NOBODY, NotSignedIn, Visitor, identify
from ui.web.errors import problem
from ui.web.settings import WebSettings

__all__ = ["Gate", "host_name", "is_loopback"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN = re.compile(r"/(?:login|health|metrics|favicon\.ico|robots\.txt|theme\.css|(?:assets|static)/.*)")
"""Paths that need no session: they look for themselves, or are files of the library that the page is made with."""

_FOREIGN = "这个请求来自别的网页，没有处理；请在本系统的页面上操作。"


class Gate:
    """ASGI middleware that lets a request pass with its visitor in the scope, or answers it."""

    def __init__(self, app: ASGIApp, desk: Desk, settings: WebSettings) -> None:
        self.app = app
        self.desk = desk
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = await self._refusal(HTTPConnection(scope))
        await (refusal or self.app)(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        """Return the answer to a request that may not pass; else leave the visitor in its scope and return None."""
        if self.settings.single and not is_loopback(host_name(connection)):
            return problem(421, "单人模式只接受用本机地址（如 http://127.0.0.1）打开的页面。")
        if _from_elsewhere(connection):
            return problem(403, _FOREIGN)
        path = connection.url.path
        if path not in ("/login", "/metrics") and _OPEN.fullmatch(path):
            return None
        try:
            visitor = await self._visitor(connection)
        except NotSignedIn as error:
            return problem(401, str(error))
        except RongcuoError as error:
            return problem(503, str(error))
        visitor.remember(connection)
        if visitor.person is not None or _OPEN.fullmatch(path):
            return None
        if path == "/" and connection.scope["method"] in _SAFE:
            return RedirectResponse("/login", 303, {"cache-control": "no-store"})
        return problem(401, "请先登录。")

    async def _visitor(self, connection: HTTPConnection) -> Visitor:
        found = await run_sync(identify, self.desk, self.settings, connection)
        return found if found.person is None or found.person.roles else NOBODY


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address without port is this machine's own loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(connection: HTTPConnection) -> str:
    """Return the host's name that a request was sent to, without port; "" where it is missing or unreadable."""
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _from_elsewhere(connection: HTTPConnection) -> bool:
    """Tell whether a page of another origin made the browser send this; what is no browser names no origin.

    Reading counts as well: Gradio would allow any origin to read an answer.
    """
    origin = connection.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower()
    site = connection.headers.get("sec-fetch-site", "none")
    return connection.scope["method"] not in _SAFE and site not in ("same-origin", "none")
