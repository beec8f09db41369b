"""A real server on a free port, a real Chromium, and a page that fails its test on errors and on requests to other hosts."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from data.store.store import open_store
from tests.services.conftest import PASSWORD, PEOPLE, store_template  # noqa: F401
from ui.page_http import listen
from ui.services.desk import Desk

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"]


# Gradio's queue counts calls with what pandas 3 has deprecated, now and then, in the server's thread.
_GRADIO = pytest.mark.filterwarnings(
    "ignore:'future.no_silent_downcasting' is deprecated", "ignore:The copy keyword is deprecated"
)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(_GRADIO)


class Serving(threading.Thread):
    """A thread that serves the page over `desk`; the page is built in its event loop, or gradio leaves loops unclosed."""

    def __init__(self, desk, listener, *, single):
        super().__init__(daemon=True)
        self.desk, self.listener, self.single, self.server = desk, listener, single, None

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        import uvicorn

        from ui.app import create_app
        from ui.web.settings import WebSettings

        app = create_app(self.desk, WebSettings(single=self.single))
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        await self.server.serve(sockets=[self.listener])


@contextmanager
def served(desk, *, single):
    """Serve the page over a desk; gives its address."""
    serving = Serving(desk, listen("127.0.0.1", 0), single=single)
    with serving.listener as listener:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gradio and what it imports warn about each other's versions
            serving.start()
            while not (serving.server and serving.server.started):
                assert serving.is_alive(), "the server did not start"
                time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            serving.server.should_exit = True
            serving.join(15)


@pytest.fixture(scope="package")
def server(matcher, tmp_path_factory):
    """Serve the page over the stub matcher for one person, without login, and yield its address."""
    folder = tmp_path_factory.mktemp("single")
    with open_store(f"sqlite:///{folder / 'store.sqlite3'}") as store:
        with served(Desk(store, lambda: matcher, folder), single=True) as address:
            yield address


@pytest.fixture(scope="package")
def office_desk(matcher, store_template, tmp_path_factory):  # noqa: F811
    """A desk with six people, whose password is that of tests/services."""
    folder = tmp_path_factory.mktemp("office")
    shutil.copyfile(store_template, folder / "store.sqlite3")
    with open_store(f"sqlite:///{folder / 'store.sqlite3'}") as store:
        yield Desk(store, lambda: matcher, folder / "files")


@pytest.fixture(scope="package")
def office(office_desk):
    """Serve the page behind the login and yield its address."""
    with served(office_desk, single=False) as address:
        yield address


# package, not session: while Playwright is open its event loop runs in this thread, and other tests may want their own
@pytest.fixture(scope="package")
def chromium():
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install -e .[dev])")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def errors():
    """The errors on the page's console; a test that provokes some looks at them and clears the list."""
    return []


@pytest.fixture
def open_page(chromium, errors):
    """Return a function that opens an address; afterwards no request may have left its host and no error may have shown."""
    opened, requests = [], []

    def visit(address, *, waits_for="#rc-match", **options):
        context = chromium.new_context(locale="en-US", **options)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector(waits_for, timeout=60_000)
        opened.append((context, urlsplit(address).netloc))
        return page

    yield visit
    for context, _ in opened:
        context.close()
    hosts = {host for _, host in opened}
    assert [url for url in requests if urlsplit(url).scheme not in ("blob", "data") and urlsplit(url).netloc not in hosts] == []
    assert errors == []


@pytest.fixture
def sign_in(open_page, office):
    """Return a function that opens the page of the office as a role (a key of PEOPLE)."""

    def visit(role, **options):
        page = open_page(office, waits_for="#username", **options)
        page.fill("#username", PEOPLE[role][0])
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#rc-account button", timeout=60_000)  # the first page of a browser loads everything
        return page

    return visit


@pytest.fixture
def page(open_page, server):
    return open_page(server)
