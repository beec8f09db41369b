"""A real server on a free port, a real Chromium, and a page that fails its test on errors and on requests to other hosts."""

from __future__ import annotations

import asyncio
import threading
import time
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ui.page_http import listen

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
    """A thread that serves the page over `matcher`; the page is built in its event loop, or gradio leaves loops unclosed."""

    def __init__(self, matcher, listener):
        super().__init__(daemon=True)
        self.matcher, self.listener, self.server = matcher, listener, None

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        import uvicorn

        from ui.app import create_app

        app = create_app(self.matcher)
        config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        await self.server.serve(sockets=[self.listener])


@pytest.fixture(scope="package")
def server(matcher):
    """Serve the page over the stub matcher and yield its address."""
    serving = Serving(matcher, listen("127.0.0.1", 0))
    with serving.listener as listener:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # gradio and what it imports warn about each other's versions
            serving.start()
            while not (serving.server and serving.server.started):
                assert serving.is_alive(), "the server did not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        serving.server.should_exit = True
        serving.join(10)


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

    def visit(address, **options):
        context = chromium.new_context(locale="en-US", **options)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#rc-match")
        opened.append((context, urlsplit(address).netloc))
        return page

    yield visit
    for context, _ in opened:
        context.close()
    hosts = {host for _, host in opened}
    assert [url for url in requests if urlsplit(url).scheme not in ("blob", "data") and urlsplit(url).netloc not in hosts] == []
    assert errors == []


@pytest.fixture
def page(open_page, server):
    return open_page(server)
