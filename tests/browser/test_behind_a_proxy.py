"""Two processes of the program over one PostgreSQL behind nginx, with the lines that SCALING.md gives for it."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from data.store.store import open_store
from tests.browser.test_page import search
from tests.conftest import ROOT
from tests.services.conftest import PASSWORD, PEOPLE, fill
from tests.store.server import shared_server
from tests.web import load
from ui.page_http import listen

NGINX = Path("/usr/sbin/nginx")
STORY = "我们按年初的计划去查，老板把采样探头插进矿泉水瓶里，台账是前一晚补的，我们没看出来，就按达标结了案。"

pytestmark = [
    pytest.mark.model,
    pytest.mark.slow,
    pytest.mark.skipif(not NGINX.exists(), reason="nginx is not installed (Debian: apt-get install nginx-light)"),
]


def free_port():
    with listen("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


class Office:
    """Two processes with one database and one folder, and nginx before them, sticky at `page` and in turns at `turns`."""

    def __init__(self, url, folder):
        self.folder = folder
        self.ports = [free_port(), free_port()]
        self.page, self.turns = (f"http://127.0.0.1:{free_port()}/" for _ in range(2))
        self.environment = {
            **os.environ, "RONGCUO_DATABASE_URL": url, "RONGCUO_FOLDER": str(folder / "files"), "PYTHONWARNINGS": "ignore"
        }  # fmt: skip
        self.processes = {}

    @contextmanager
    def serving(self):
        """Start the processes and then nginx; end them."""
        try:
            self.start(*self.ports)
            (self.folder / "nginx.conf").write_text(self.configuration())
            nginx = subprocess.Popen([NGINX, "-p", self.folder, "-c", "nginx.conf", "-e", "nginx.log"])
            try:
                self.wait(nginx)
                yield self
            finally:
                nginx.terminate()
                nginx.wait(20)
        finally:
            for port in list(self.processes):
                self.end(port, signal.SIGINT)

    def start(self, *ports):
        for port in ports:
            with (self.folder / f"{port}.log").open("a") as log:
                self.processes[port] = subprocess.Popen(
                    [sys.executable, "-m", "ui.cli", "serve", "--port", str(port)],
                    cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment,
                )  # fmt: skip
        for port in ports:
            line = self.processes[port].stdout.readline()
            assert line.startswith("已启动"), line + (self.folder / f"{port}.log").read_text()

    def end(self, port, number):
        process = self.processes.pop(port)
        process.send_signal(number)
        process.wait(30)
        process.stdout.close()

    def configuration(self):
        """Return the document's lines, twice: as they stand, and without what makes them sticky."""
        document = (ROOT / "retrieval" / "backends" / "SCALING.md").read_text("utf-8")
        lines = re.search(r"```nginx\n(.+?)```", document, re.DOTALL)[1]
        for name, port in zip(("web1:7860", "web2:7860"), self.ports, strict=True):
            assert name in lines
            lines = lines.replace(name, f"127.0.0.1:{port}")
        lines = lines.replace("server {", "server {\n    add_header X-Served-By $upstream_addr always;", 1)
        turns = re.sub(r" *hash [^\n]+\n", "", lines)
        turns = turns.replace("upstream rongcuo", "upstream turns").replace("//rongcuo", "//turns")
        sticky, turns = (
            text.replace("listen 80", f"listen {url.split('/')[2]}") for text, url in ((lines, self.page), (turns, self.turns))
        )
        places = "".join(f"{kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        return f"{user}\ndaemon off;\npid nginx.pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{sticky}{turns}}}\n"

    def wait(self, nginx):
        for _ in range(200):
            assert nginx.poll() is None, (self.folder / "nginx.log").read_text()
            try:
                return httpx.get(f"{self.page}login")
            except httpx.ConnectError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "nginx.log").read_text())

    def served_by(self, client, count=8):
        """Return which processes answered, having seen that each of them knew who asked."""
        answers = [client.get("session") for _ in range(count)]
        assert {answer.json()["name"] for answer in answers} == {PEOPLE["inspector"][0]}
        return {answer.headers["x-served-by"] for answer in answers}


@pytest.fixture(scope="module")
def office(request, tmp_path_factory):
    database = shared_server(request.config)
    database.run("CREATE DATABASE behind_a_proxy")
    url = database.url("behind_a_proxy")
    fill(url)
    with open_store(url) as store, Office(url, tmp_path_factory.mktemp("proxy")).serving() as made:
        made.store = store
        yield made


@pytest.fixture
def client(office):
    """Return a function that gives somebody signed in through one of the addresses of nginx, from an address of this machine."""
    opened = []

    def visit(url, source="127.0.0.1"):
        made = httpx.Client(
            base_url=url, transport=httpx.HTTPTransport(local_address=source), timeout=120, follow_redirects=False
        )
        opened.append(made)
        answer = made.post("login", data={"username": PEOPLE["inspector"][0], "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return made

    yield visit
    for one in opened:
        one.close()


def test_a_login_at_one_process_holds_at_the_other(office, client):
    assert office.served_by(client(office.turns)) == {f"127.0.0.1:{port}" for port in office.ports}


def test_visitors_stay_with_a_process_and_are_spread_over_both(office, client):
    found = [office.served_by(client(office.page, f"127.0.0.{number}"), 3) for number in range(2, 14)]
    assert all(len(one) == 1 for one in found) and len(set.union(*found)) == 2


def test_people_work_through_both_processes_and_nothing_is_lost(office):
    load.make_users(office.store, 4)
    for _ in range(5):
        tally = load.run(office.turns, 4, 5, pause=0.2)
        assert tally.errors == {} and load.compare(office.store, tally, 4).none
        if tally.closed:
            break
    assert tally.closed and tally.decisions and office.store.verify().ok


def test_a_process_that_is_killed_is_passed_over_until_it_is_back(office, client):
    known, first = client(office.turns), office.ports[0]
    office.end(first, signal.SIGKILL)
    assert [known.get("session").status_code for _ in range(6)] == [200] * 6
    answer = known.post("api/v1/match", json={"text": STORY}, headers={"X-CSRF-Token": known.get("session").json()["csrf"]})
    assert answer.status_code == 200 and answer.json()["matches"]
    office.start(first)
    end = time.monotonic() + 60
    while len(office.served_by(known, 2)) < 2:  # nginx leaves it alone for ten seconds
        assert time.monotonic() < end
        time.sleep(0.5)
    assert office.store.verify().ok


def test_figures_and_matching_are_not_open_without_a_login(office):
    assert httpx.get(f"{office.page}metrics").status_code == 403
    assert httpx.post(f"{office.page}api/v1/match", json={"text": STORY}).status_code == 401


@pytest.mark.browser
def test_the_page_works_through_the_proxy(office, open_page):
    page = open_page(office.page, waits_for="#username")
    page.fill("#username", PEOPLE["inspector"][0])
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#rc-account button", timeout=60_000)
    assert "叙述中的依据" in search(page, STORY).locator('.rc-card[data-rank="1"]').inner_text()
