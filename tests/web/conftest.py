"""The real application over the desk of tests/services, reached by real requests; `client_of` signs people in by the form."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from tests.services.conftest import (  # noqa: F401
    PASSWORD,
    PEOPLE,
    database,
    database_kind,
    desk,
    local,
    people,
    store,
    store_template,
)
from ui.services.desk import Desk
from ui.web.application import bare_app
from ui.web.settings import WebSettings


@pytest.fixture
def web_settings() -> WebSettings:
    """Settings of the web application; a test module may override this."""
    return WebSettings()


@pytest.fixture
def app(desk: Desk, web_settings: WebSettings):  # noqa: F811
    """The application with all routes and interfaces, without the page."""
    return bare_app(desk, web_settings)


@pytest.fixture
def client_of(app) -> Iterator[Callable[..., TestClient]]:
    """Return a function that gives a client of a role (a key of PEOPLE), signed in and with the CSRF token in its headers.

    None gives one that is not signed in.
    """
    opened = []

    def client(role: str | None = None) -> TestClient:
        made = TestClient(app, base_url="http://rongcuo.test", follow_redirects=False)
        opened.append(made)
        if role is not None:
            answer = made.post("/login", data={"username": PEOPLE[role][0], "password": PASSWORD})
            assert answer.status_code == 303 and answer.headers["location"] == "/", answer.text
            made.headers["X-CSRF-Token"] = made.get("/session").json()["csrf"]
        return made

    yield client
    for made in opened:
        made.close()
