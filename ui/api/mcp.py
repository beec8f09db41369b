"""The MCP endpoint at /mcp (streamable HTTP, by the official SDK), behind the same login as everything else.

A bearer token is needed for every message, the first one and the list of tools included; a cookie is no use here. Each
message stands alone (no sessions that somebody else could join), and who asks is looked up anew for each.
"""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import FastAPI
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as ToolSpec
from pydantic import ValidationError
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from data.errors import RongcuoError
from data.store.canonical import clean
from ui.api.deps import Turns, turns_of
from ui.api.errors import field_sentence
from ui.api.mcp_tools import REVIEW, TOOLS, Tool
from ui.services.access import Person
from ui.services.desk import Desk
from ui.web.auth import NotSignedIn, visitor_of
from ui.web.errors import BROKEN, problem
from ui.web.limit import MAX_BODY

__all__ = ["PATH", "mount_mcp"]

PATH = "/mcp"

_LOG = logging.getLogger(__name__)
_INSTRUCTIONS = f"容错条款匹配助手：把事情经过与容错纠错规定的条款相匹配。{REVIEW}"
_NO_TOKEN = "这个接口要用访问令牌（Authorization: Bearer …），请登录后建立一个。"
_READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

_Context = ServerRequestContext[Any, Request]


def mount_mcp(app: FastAPI, desk: Desk) -> None:
    """Put the endpoint into an application whose gate finds out who asks; it lives as long as the application runs."""
    endpoint = _Endpoint(desk, turns_of(app))
    app.router.routes.append(Route(PATH, endpoint, methods=["GET", "POST", "DELETE"]))
    outer = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Mapping[str, Any] | None]:
        async with outer(running) as state, endpoint.running():
            yield state

    app.router.lifespan_context = lifespan  # type: ignore[assignment]


class _Endpoint:
    """ASGI application: refuses what has no token, hands everything else to the SDK."""

    def __init__(self, desk: Desk, turns: Turns) -> None:
        self._desk, self._turns = desk, turns
        self._manager: StreamableHTTPSessionManager | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve from here to the end of the block; the SDK's manager runs once only, so there is a new one each time."""
        server: Server[Any] = Server(
            "rongcuo",
            title="容错条款匹配助手",
            instructions=_INSTRUCTIONS,
            on_list_tools=self._list,
            on_call_tool=self._call,
            get_tool_input_schema=lambda name: TOOLS[name].arguments.model_json_schema() if name in TOOLS else None,
        )
        manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True, max_request_body_size=MAX_BODY)
        async with manager.run():
            self._manager = manager
            try:
                yield
            finally:
                self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        visitor = visitor_of(Request(scope))
        if visitor.way != "bearer" or visitor.person is None:
            answer = problem(401, _NO_TOKEN)
            answer.headers["www-authenticate"] = "Bearer"
            await answer(scope, receive, send)
        elif scope["method"] != "POST":
            # the standard lets a server offer no stream of its own, and without sessions there is none to end
            answer = problem(405, "这个接口只接受 POST。")
            answer.headers["allow"] = "POST"
            await answer(scope, receive, send)
        elif self._manager is None:
            await problem(503, "程序正在启动或停止，请稍后再试。")(scope, receive, send)
        else:
            await self._manager.handle_request(scope, receive, send)

    async def _list(self, context: _Context, asked: PaginatedRequestParams | None) -> ListToolsResult:
        _person(context)
        return ListToolsResult(tools=[_spec(tool) for tool in TOOLS.values()])

    async def _call(self, context: _Context, asked: CallToolRequestParams) -> CallToolResult:
        """Return what a tool found, or in one Chinese sentence why it found nothing; never what was sent."""
        try:
            return _result(await self._run(_person(context), asked))
        except ValidationError as error:
            return _failed(field_sentence(error.errors()[0]))
        except RongcuoError as error:
            return _failed(str(error))
        except Exception as error:
            # the words of an unforeseen error may hold a narrative
            _LOG.error("tool %s broke: %s", asked.name if asked.name in TOOLS else "?", type(error).__name__)
            return _failed(BROKEN)

    async def _run(self, person: Person, asked: CallToolRequestParams) -> Mapping[str, Any]:
        tool = TOOLS.get(asked.name)
        if tool is None:
            raise RongcuoError(f"没有这个工具，可用的有：{'、'.join(TOOLS)}。")
        return await self._turns.run(tool.run, self._desk, person, tool.arguments.model_validate(asked.arguments or {}))


def _person(context: _Context) -> Person:
    found = None if context.request is None else visitor_of(context.request).person
    if found is None:
        raise NotSignedIn(_NO_TOKEN)
    return found


def _spec(tool: Tool) -> ToolSpec:
    return ToolSpec(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments.model_json_schema(),
        annotations=_READ_ONLY,
    )


def _result(found: Mapping[str, Any]) -> CallToolResult:
    text = TextContent(type="text", text=json.dumps(found, ensure_ascii=False))
    return CallToolResult(content=[text], structured_content=dict(found))


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=clean(sentence))], is_error=True)
