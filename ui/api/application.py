"""The API as an application of its own, mounted below /api/v1, so that its errors and description are its own."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import Depends, FastAPI
from fastapi.security import APIKeyCookie, HTTPBearer

from ui.api import routes_batches, routes_cases, routes_match, routes_reviews, routes_tokens
from ui.api.answers import Problem
from ui.api.deps import Turns, turns_of
from ui.api.docs import docs_routes
from ui.api.errors import add_handlers
from ui.services.desk import Desk
from ui.web.auth import COOKIE, csrf_protected

__all__ = ["PREFIX", "create_api", "mount_api"]

PREFIX = "/api/v1"

_ABOUT = """把事情经过与容错纠错规定的条款相匹配，管理案件、复核和批量任务。

**所有结果仅供参考；是否适用由审核人认定。**

程序用 `Authorization: Bearer 令牌` 表明身份，令牌在登录后建立，具有本人的角色；网页用登录时的 cookie，
改动数据的请求还要带上 `X-CSRF-Token`（见 `GET /session`）。出错时一律回答 `{"error": "一句话说明"}`。
"""
_REFUSALS = {
    400: "请求读不懂或内容不对",
    401: "没有登录或令牌无效",
    403: "没有权限",
    404: "没有这个对象",
    409: "别人先改过，说明是谁、什么时候",
    413: "发送的内容太大",
    422: "字段不对，说明是哪一个",
    429: "排队的人太多",
    500: "程序出错",
    503: "数据库或索引现在不能用",
}
# what a request says must not travel anywhere, whatever the environment asks of the library
_SILENT = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def mount_api(app: FastAPI, desk: Desk) -> None:
    """Put the API below /api/v1 and its documents at /api/docs into an application whose gate finds out who asks."""
    app.include_router(docs_routes(f"{PREFIX}/openapi.json"))
    app.mount(PREFIX, create_api(desk, turns_of(app)))


def create_api(desk: Desk, turns: Turns) -> FastAPI:
    """Return the API over `desk`; what computes takes its turn in `turns`."""
    either = [Depends(HTTPBearer(auto_error=False, description="访问令牌")), Depends(APIKeyCookie(name=COOKIE, auto_error=False))]
    api = FastAPI(
        title="容错条款匹配助手",
        version=version("rongcuo"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[*either, Depends(csrf_protected)],
        responses={status: {"model": Problem, "description": said} for status, said in _REFUSALS.items()},
        telemetry=_SILENT,  # type: ignore[arg-type]
    )
    api.state.desk, api.state.turns = desk, turns
    add_handlers(api)
    for routes in (routes_match, routes_cases, routes_reviews, routes_batches, routes_tokens):
        api.include_router(routes.router)
    return api
