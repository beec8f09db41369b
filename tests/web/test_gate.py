"""What passes the gate: without login, from other pages, by other names of the host, with what token."""

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import PEOPLE
from ui.services import tokens
from ui.services.access import LOCAL
from ui.web.application import bare_app
from ui.web.auth import COOKIE
from ui.web.gate import is_loopback
from ui.web.settings import WebSettings


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_page_sends_on_to_the_login(client_of, method):
    answer = client_of().request(method, "/")
    assert answer.status_code == 303 and answer.headers["location"] == "/login"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("GET", "/config"),
        ("GET", "/session"),
        ("POST", "/logout"),
        ("GET", "/password"),
        ("POST", "/uploads"),
        ("GET", "/backups/rongcuo-20261122-070809-123456.sqlite3"),
        ("GET", "/api/v1/cases"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/docs"),
        ("POST", "/mcp"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"),
        ("GET", "/gradio_api/heartbeat/abc"),
        ("GET", "/no/such/thing"),
        ("GET", "/login/../config"),
        ("GET", "/assets/../config"),
        ("GET", "/assets/%2e%2e/config"),
        ("GET", "/healthx"),
    ],
)
def test_everything_else_is_401_without_a_session(client_of, method, path):
    answer = client_of().request(method, path)
    # what the library serves as a file is open, but only files of the library lie there
    assert answer.status_code == 401 or (path.startswith("/assets") and answer.status_code in (401, 404))
    if answer.status_code == 401:
        assert answer.json() == {"error": "请先登录。"}


def test_a_method_that_an_address_does_not_take_is_told_with_one_that_it_takes(client_of):
    answer = client_of().put("/login")
    assert (answer.status_code, answer.json()) == (405, {"error": "这个地址不支持这种请求方法。"})
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("cookie", ["", "x", "a" * 5000, "%00", "' OR 1=1 --"])
def test_a_cookie_that_nobody_was_given_is_nobody(client_of, cookie):
    client = client_of()
    client.cookies.set(COOKIE, cookie, domain="rongcuo.test", path="/")
    assert client.get("/session").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://rongcuo.test:8080"},
        {"origin": "http://rongcuo.test.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_what_another_page_sends_is_refused(client_of, headers):
    client = client_of("inspector")
    answer = client.post("/logout", headers=headers)
    assert answer.status_code == 403 and "别的网页" in answer.json()["error"]
    form = {"username": "qian", "password": "x"}
    assert client_of().post("/login", data=form, headers=headers).status_code == 403, "nobody is logged in by another page either"
    assert client.get("/session").status_code == 200


def test_another_page_reads_nothing(client_of):
    answer = client_of("inspector").get("/session", headers={"origin": "http://evil.example"})
    assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers


def test_a_page_of_ours_may(client_of):
    client = client_of("inspector")
    assert client.post("/logout", headers={"origin": "http://rongcuo.test", "sec-fetch-site": "same-origin"}).status_code == 200


def test_a_token_speaks_for_its_owner_and_needs_no_csrf_token(client_of, desk, people):
    secret = tokens.create(desk, people["inspector"], name="脚本").secret
    client = client_of()
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get("/session", headers=headers).json()["name"] == "li"
    answer = client.post("/uploads", headers=headers, files={"file": ("a.txt", b"x")})
    assert answer.status_code == 200


@pytest.mark.parametrize("token", ["", "x", "rct_wrong", "rct_" + "x" * 10_000, "rct_é"])
def test_a_wrong_token_is_401_even_with_a_good_cookie(client_of, token):
    answer = client_of("inspector").get("/session", headers={"authorization": f"Bearer {token}".encode()})
    assert answer.status_code == 401 and "令牌" in answer.json()["error"]


class TestSingle:
    """Without login, on the loopback address."""

    @pytest.fixture
    def web_settings(self):
        return WebSettings(single=True)

    @pytest.fixture
    def client(self, app):
        with TestClient(app, base_url="http://127.0.0.1:7860", follow_redirects=False) as client:
            yield client

    def test_everybody_on_this_machine_is_the_one_person(self, client):
        told = client.get("/session").json()
        assert told["name"] == LOCAL and told["single"] and len(told["roles"]) == 4 and COOKIE not in client.cookies
        for method in ("GET", "POST"):
            assert client.request(method, "/login").headers["location"] == "/"
        assert client.get("/password").headers["location"] == "/"

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost:7860", "[::1]:7860", "127.8.8.8"])
    def test_names_of_this_machine(self, client, host):
        assert client.get("/session", headers={"host": host}).status_code == 200

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "192.168.1.9", "", "[::", "0.0.0.0"]
    )
    @pytest.mark.parametrize("path", ["/", "/session", "/health", "/api/v1/cases", "/login"])
    def test_another_name_is_an_attack(self, client, host, path):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 421 and "本机地址" in answer.json()["error"]

    def test_what_changes_something_needs_the_token(self, client):
        file = {"file": ("a.txt", b"x")}
        assert client.post("/uploads", files=file).status_code == 403
        assert client.post("/uploads", files=file, headers={"x-csrf-token": "wrong"}).status_code == 403
        csrf = client.get("/session").json()["csrf"]
        assert client.post("/uploads", files=file, headers={"x-csrf-token": csrf}).status_code == 200
        other = {"x-csrf-token": csrf, "origin": "http://127.0.0.1:9999"}
        assert client.post("/uploads", files=file, headers=other).status_code == 403

    def test_its_tokens_do_not_open_an_office(self, client, desk, app):
        secret = tokens.create(desk, desk.person(LOCAL), name="脚本").secret
        headers = {"authorization": f"Bearer {secret}"}
        assert client.get("/session", headers=headers).status_code == 200
        with TestClient(bare_app(desk, WebSettings()), base_url="http://rongcuo.test") as office:
            assert office.get("/session", headers=headers).status_code == 401

    def test_its_account_is_made_once_and_administers_nothing_in_an_office(self, app, desk):
        bare_app(desk, WebSettings(single=True))
        with desk.store.read() as work:
            user = work.users.get(LOCAL)
            added = [row.subject for row in work.audit.entries(actor="单人模式")]
        assert (user.role, user.password_hash, added) == ("inspector", "", [f"user:{LOCAL}"])


def test_two_processes_share_their_sessions(client_of, desk, matcher, tmp_path):
    from data.store.store import open_store
    from ui.services.desk import Desk

    client = client_of("reviewer")
    with open_store(f"sqlite:///{desk.store.place}") as other:
        client._transport.app = bare_app(Desk(other, lambda: matcher, tmp_path), WebSettings())
        assert client.get("/session").json()["name"] == PEOPLE["reviewer"][0]
        assert client.post("/logout").status_code == 200
        client._transport.app = bare_app(desk, WebSettings())
        assert client.get("/session").status_code == 401


@pytest.mark.parametrize(
    ("host", "found"), [("localhost", True), ("::1", True), ("127.1.2.3", True), ("10.0.0.1", False), ("", False)]
)
def test_loopback(host, found):
    assert is_loopback(host) is found


def test_the_headers_stand_on_every_answer(client_of):
    for path in ("/login", "/", "/session", "/health", "/nothing", "/gradio_api/upload"):
        headers = client_of().get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"] and headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == ("same-origin" if path == "/login" else "no-referrer")
