"""The web application without the page: who may come in, what it answers, what is counted and logged."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.middleware import Middleware

from data.store.store import Store
from ui.api.application import mount_api
from ui.api.mcp import mount_mcp
from ui.page_http import PageMiddleware, page_head
from ui.services.access import LOCAL
from ui.services.desk import Desk
from ui.services.worker import Worker
from ui.web import routes, service_routes, token_routes
from ui.web.errors import add_handlers
from ui.web.gate import Gate
from ui.web.health import Health
from ui.web.limit import BodyLimit
from ui.web.login import Door
from ui.web.metrics import Metrics
from ui.web.parts import Parts
from ui.web.settings import WebSettings
from ui.web.telemetry import Telemetry

__all__ = ["bare_app", "ensure_local"]

_TITLE = "容错条款匹配助手"


def bare_app(desk: Desk, settings: WebSettings) -> FastAPI:
    """Return the application with its gate and routes, the page not yet in it.

    Its desk, whose matches are counted, is ``app.state.desk``. In single-user mode the store gets the account ``local``.
    Raises StoreError where that cannot be.
    """
    if settings.single:
        ensure_local(desk.store)
        settings = replace(settings, secret=settings.secret or secrets.token_urlsafe(32))
    metrics = Metrics(desk)
    counted = replace(desk, matcher=metrics.counted(desk.matcher))
    layers = [  # from the outside in
        Middleware(PageMiddleware, head=page_head()),
        Middleware(Telemetry, metrics=metrics),
        Middleware(Gate, desk=counted, settings=settings),
        Middleware(BodyLimit),
    ]
    app = FastAPI(title=_TITLE, docs_url=None, redoc_url=None, openapi_url=None, middleware=layers, lifespan=_working(counted))
    app.state.desk = counted
    app.state.parts = Parts(counted, settings, Door(counted, settings), Health(counted), metrics)
    add_handlers(app)
    app.include_router(routes.router)
    app.include_router(token_routes.router)
    mount_api(app, counted)
    mount_mcp(app, counted)
    app.include_router(service_routes.router)  # last: it answers for what is unknown below /api
    return app


def _working(desk: Desk) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what does batches as long as the application runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = Worker(desk)
        worker.start()
        try:
            yield
        finally:
            await run_sync(worker.stop)

    return lifespan


def ensure_local(store: Store) -> None:
    """Make the account of single-user mode, or enable it.

    Nobody can log in with it, and it is no administrator of the office: what it may is decided by its name.
    """
    with store.read() as work:
        found = work.users.find(LOCAL)
    if found is not None and not found.disabled:
        return
    with store.begin("单人模式") as work:
        if work.users.find(LOCAL) is None:
            work.users.add(LOCAL, display_name="本机用户", role="inspector")
        else:
            work.users.change(LOCAL, disabled=False)
