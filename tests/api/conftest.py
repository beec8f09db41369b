"""The whole application without the page over a real store: `client_of("reviewer")` speaks with that person's token."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.services.conftest import database, database_kind, desk, local, people, store, store_template  # noqa: F401
from ui.services import tokens
from ui.services.access import Person
from ui.services.desk import Desk
from ui.web.application import bare_app
from ui.web.settings import WebSettings

STORY = "我们按照年度计划和双随机要求检查，行政相对人隐瞒并伪造证据，致使我们作出了错误决定，没有谋取私利。"
PERSONAL = "13812345678"

ClientOf = Callable[[str], TestClient]
Header = Callable[[str], dict[str, str]]


@pytest.fixture
def app(desk: Desk) -> FastAPI:  # noqa: F811
    return bare_app(desk, WebSettings())


@pytest.fixture
def bearer(desk: Desk, people: Mapping[str, Person]) -> Header:  # noqa: F811
    """The header that a program of that person sends."""

    def header(role: str) -> dict[str, str]:
        count = len(tokens.own(desk, people[role]))
        return {"authorization": f"Bearer {tokens.create(desk, people[role], name=f'测试{count}').secret}"}

    return header


@pytest.fixture
def client_of(app: FastAPI, bearer: Header) -> ClientOf:
    def client(role: str = "") -> TestClient:
        headers = bearer(role) if role else {}
        return TestClient(app, headers=headers, raise_server_exceptions=False, follow_redirects=False)

    return client


def said(answer: object, status: int) -> str:
    """The sentence of a refusal, which has this status and nothing but the sentence."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert list(body) == ["error"] and body["error"].endswith("。") and "\n" not in body["error"], body
    return body["error"]


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """The application on a real server, on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, ws="none", log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()
