"""The page as the browser gets it: its own style and script in the head, its language, and no way to another host."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import re
import socket
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.errors import InputError

__all__ = ["PageMiddleware", "end_quietly", "greeting", "listen", "page_head", "rewrite"]

# Gradio evaluates its templates in the browser and styles elements in place, hence the unsafe parts; what matters is
# that nothing can be fetched from or sent to another host, whatever a library version may try.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_ASSETS = Path(__file__).with_name("assets")
# What Gradio offers beside the page and the page does not use: uploads, files, fetching from elsewhere, calls past the queue,
# interface descriptions, recordings, figures, editing by a model.
_CLOSED = re.compile(
    r"/(?:gradio_api/)?(?:upload(?:_progress)?(?:/|$)|proxy=|openapi\.json|file[=/]|stream/|custom_component/|component_server"
    r"|process_recording|deep_link|runs?(?:/|$)|run-history|monitoring|profiling|dev/|(?:undo-)?vibe-|token/?$)"
    r"|/gradio_api/(?:api|call|login_check)(?:/|$)|/(?:manifest\.json|pwa_icon|svelte/)"
)
_PREVIEW = re.compile(rb'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')


def page_head() -> bytes:
    """Return style and script of the page as they stand in its head."""
    style, script = (_assets(kind) for kind in ("css", "js"))
    return f"<style>{style}</style><script>{script}</script>".encode()


def _assets(kind: str) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(_ASSETS.glob(f"page*.{kind}")))


def rewrite(html: bytes, head: bytes) -> bytes:
    """Return Gradio's page in Chinese, with `head` first in its head and without previews that name other hosts."""
    html = _PREVIEW.sub(b"", html)
    html = html.replace(b'lang="en"', b'lang="zh-CN"', 1)
    return html.replace(b"<head>", b"<head>" + head, 1)


class PageMiddleware:
    """ASGI middleware: rewrites the page at ``/``, adds the headers that keep it to its own host, closes what it does not use."""

    def __init__(self, app: ASGIApp, head: bytes) -> None:
        self.app = app
        self.head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but the page passes through unread."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _CLOSED.match(scope["path"]):
            await PlainTextResponse("没有这个页面。", 404)(scope, receive, _with_headers(send))
        elif scope["path"] == "/":
            # uncompressed, or there would be nothing to rewrite
            plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            await self.app({**scope, "headers": plain}, receive, _Rewriter(send, self.head))
        else:
            await self.app(scope, receive, _with_headers(send))


class _Rewriter:
    """A `send` that holds the answer back until it is complete."""

    def __init__(self, send: Send, head: bytes) -> None:
        self.send = _with_headers(send)
        self.head = head
        self.start: Message = {}
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body"):
            return
        if Headers(raw=self.start["headers"]).get("content-type", "").startswith("text/html"):
            self.body = rewrite(self.body, self.head)
            headers = MutableHeaders(scope=self.start)
            headers["content-length"] = str(len(self.body))
            headers["cache-control"] = "no-store"  # after logging out, going back must not show it
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": self.body})


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["content-security-policy"] = _POLICY
            headers["x-content-type-options"] = "nosniff"
            headers.setdefault("referrer-policy", "no-referrer")
        await send(message)

    return with_headers


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port`; raises InputError where that is not possible."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as error:
        raise InputError(f"监听地址 {host} 无法识别，请用 --host 给出这台机器的地址，例如 127.0.0.1。") from error
    found = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # a restart need not wait for old connections; on Windows it would let two servers share a port
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(128)
    except OSError as error:
        found.close()
        raise InputError(_bind_problem(error, host, port)) from error
    return found


def greeting(host: str, port: int, *, single: bool) -> tuple[str, ...]:
    """Return what the console says when the page is served: its address, and who can use it."""
    everywhere = host in ("0.0.0.0", "::")
    name = "127.0.0.1" if everywhere else f"[{host}]" if ":" in host else host
    started = f"已启动：http://{name}:{port} （按 Ctrl+C 停止）"
    if single:
        return (started,)
    return (started, "需要登录；用户由管理员在“管理”页或用 rongcuo store user add 新建。")


def end_quietly() -> None:
    """Keep from the console that answers under way were cut off when the program was ended, which is what was asked for."""

    def tells_more(record: logging.LogRecord) -> bool:
        cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not cut and "timeout graceful shutdown" not in record.getMessage()

    logging.getLogger("uvicorn.error").addFilter(tells_more)


def _bind_problem(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用，请关闭占用它的程序，或用 --port 换一个端口。"
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}，请用 --port 换一个 1024 以上的端口。"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} 不是这台机器的地址，请用 --host 给出这台机器的地址，例如 127.0.0.1。"
    return f"无法在 {host}:{port} 上监听（{error.strerror}），请换一个地址或端口。"
