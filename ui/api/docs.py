"""The interface description as a page: Swagger UI from the package fastapi-offline, nothing from another host."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from starlette.responses import HTMLResponse, Response

__all__ = ["docs_routes"]

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>接口文档 · 容错条款匹配助手</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><noscript>查看接口文档需要启用 JavaScript；也可以直接读取 v1/openapi.json。</noscript><div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script></body></html>
"""
# a request by cookie that changes something must repeat the token of the session
_START = """const csrf = fetch("/session").then((answer) => answer.json()).then((session) => session.csrf);
SwaggerUIBundle({
  url: %s, dom_id: "#docs", deepLinking: true, validatorUrl: null, persistAuthorization: false, showMutatedRequest: false,
  requestInterceptor: async (request) => {
    if (request.method && request.method !== "GET" && !request.headers.Authorization) {
      request.headers["X-CSRF-Token"] = await csrf;
    }
    return request;
  },
});
"""
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


def docs_routes(description: str) -> APIRouter:
    """Return the routes of the page at /api/docs; `description` is the address of the OpenAPI document."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/docs")
    def page() -> Response:
        return HTMLResponse(_PAGE, headers={"cache-control": "no-store"})

    @router.get("/api/docs/start.js")
    def start() -> Response:
        return Response(_START % json.dumps(description), media_type=_TYPES["js"])

    @router.get("/api/docs/swagger-ui{part}")
    def asset(part: Annotated[Literal["-bundle.js", ".css"], InPath()]) -> Response:
        content = files("fastapi_offline").joinpath("static", f"swagger-ui{part}").read_bytes()
        return Response(content, media_type=_TYPES[part.rpartition(".")[2]], headers={"cache-control": "max-age=86400"})

    return router
