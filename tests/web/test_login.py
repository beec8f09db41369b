"""Signing in by real requests: cookies, sessions, lock-out, fixation, CSRF."""

from datetime import timedelta

import pytest

from data.store.store import open_store, utc_now
from tests.web.conftest import PASSWORD
from ui.services.desk import Desk
from ui.services.users import reset_password, set_disabled
from ui.web.application import bare_app
from ui.web.auth import COOKIE, token_hash
from ui.web.settings import WebSettings


def login(client, name="li", password=PASSWORD, **more):
    return client.post("/login", data={"username": name, "password": password}, **more)


def test_a_login_gives_a_cookie_that_scripts_cannot_read(client_of):
    answer = login(client_of())
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    assert cookie.startswith(f"{COOKIE}=") and {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie and "no-store" in answer.headers["cache-control"]


def test_over_https_the_cookie_never_goes_elsewhere(client_of):
    client = client_of()
    client.base_url = "https://rongcuo.test"
    assert "Secure" in login(client).headers["set-cookie"]


def test_the_session_says_who_one_is(client_of):
    told = client_of("reviewer").get("/session").json()
    assert (told["name"], told["display_name"], told["roles"], told["title"]) == ("zhang", "张复核", ["reviewer"], "复核人员")
    assert len(told["csrf"]) > 30 and told["single"] is False
    answer = client_of().get("/session")
    assert (answer.status_code, answer.json()) == (401, {"error": "请先登录。"})


@pytest.mark.parametrize(
    ("name", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("", ""), ("li", ""), ("li\x00", PASSWORD), ("local", PASSWORD)]
)
def test_what_is_wrong_is_not_told(client_of, name, password):
    answer = login(client_of(), name, password)
    assert answer.status_code == 401 and "用户名或口令不对" in answer.text and COOKIE not in answer.cookies


def test_a_name_is_shown_again_but_never_run(client_of):
    answer = login(client_of(), '"><script>alert(1)</script>')
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text


def test_the_store_does_not_know_the_token(client_of, desk):
    client = client_of("inspector")
    token = client.cookies[COOKIE]
    with desk.store.read() as work:
        assert work.sessions.find(token) is None and work.sessions.find(token_hash(token)).user == "li"


def test_a_token_from_before_the_login_is_worth_nothing(client_of, desk):
    # fixation: somebody puts a token of their choice, or their own session, into the victim's browser
    attacker = client_of("inspector2")
    planted = attacker.cookies[COOKIE]
    for token in ("chosen-by-somebody", planted):
        victim = client_of()
        victim.cookies.set(COOKIE, token, domain="rongcuo.test", path="/")
        login(victim)
        assert victim.cookies.get(COOKIE) not in (None, token)
        other = client_of()
        other.cookies.set(COOKIE, token, domain="rongcuo.test", path="/")
        assert other.get("/session").status_code == 401


def test_each_login_has_its_own_token(client_of):
    tokens = {client_of("inspector").cookies[COOKIE] for _ in range(3)}
    assert len(tokens) == 3 and all(len(token) >= 43 for token in tokens)


def test_logging_out_ends_the_session_on_the_server(client_of):
    client = client_of("inspector")
    token = client.cookies[COOKIE]
    assert client.post("/logout").json() == {"next": "/login"}
    client.cookies.set(COOKIE, token, domain="rongcuo.test", path="/")
    assert client.get("/session").status_code == 401


@pytest.mark.parametrize("token", [None, "", "wrong", "é", "0" * 43])
def test_logging_out_needs_the_token_of_the_session(client_of, token):
    client = client_of("inspector")
    del client.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token.encode("utf-8")}
    answer = client.post("/logout", headers=headers)
    assert answer.status_code == 403 and "校验码" in answer.json()["error"]
    assert client.get("/session").status_code == 200


def test_the_token_of_another_session_does_not_do(client_of):
    client, other = client_of("inspector"), client_of("inspector2")
    assert client.post("/logout", headers={"X-CSRF-Token": other.headers["X-CSRF-Token"]}).status_code == 403


def test_a_session_ends_when_the_account_is_disabled_or_gets_a_new_password(client_of, desk, people):
    client = client_of("inspector")
    set_disabled(desk, people["administrator"], "li", disabled=True)
    assert client.get("/session").status_code == 401 and login(client).status_code == 401
    set_disabled(desk, people["administrator"], "li", disabled=False)
    client = client_of("inspector")
    reset_password(desk, people["administrator"], "li", "neues kennwort 1")
    assert client.get("/session").status_code == 401
    assert login(client, password=PASSWORD).status_code == 401 and login(client, password="neues kennwort 1").status_code == 303


def test_a_session_expires(client_of, desk, matcher, tmp_path):
    client = client_of("inspector")
    with open_store(f"sqlite:///{desk.store.place}", clock=lambda: utc_now() + timedelta(hours=13)) as later:
        app = bare_app(Desk(later, lambda: matcher, tmp_path), WebSettings())
        client._transport.app = app
        assert client.get("/session").status_code == 401
    client._transport.app = bare_app(desk, WebSettings())
    assert client.get("/session").status_code == 200


def test_a_name_is_locked_after_five_wrong_passwords_wherever_they_came_from(client_of, desk, people):
    for _ in range(5):
        assert login(client_of(), password="wrong").status_code == 401
    answer = login(client_of())
    assert answer.status_code == 429 and "15 分钟后再试" in answer.text and COOKIE not in answer.cookies
    assert login(client_of(), "qian").status_code == 303, "others are not locked"
    another = bare_app(desk, WebSettings())  # as another process, or after a restart
    client = client_of()
    client._transport.app = another
    assert login(client).status_code == 429
    reset_password(desk, people["administrator"], "li", PASSWORD)
    assert login(client_of()).status_code == 303


def test_a_login_forgets_earlier_failures(client_of):
    for _ in range(3):
        for _ in range(4):
            assert login(client_of(), password="wrong").status_code == 401
        assert login(client_of()).status_code == 303


def test_a_lock_ends_by_itself(client_of, desk, matcher, tmp_path):
    before = utc_now() - timedelta(minutes=16)
    with open_store(f"sqlite:///{desk.store.place}", clock=lambda: before) as earlier, earlier.begin("登录页") as work:
        for _ in range(5):
            work.audit.note("login.fail", "user:qian")
    assert login(client_of(), "qian").status_code == 303


def test_a_name_that_does_not_exist_is_locked_as_well(client_of):
    said = [login(client_of(), "nobody").status_code for _ in range(6)]
    assert said == [401] * 5 + [429]


def test_many_tries_at_once_are_not_answered_more_often(client_of, desk):
    from concurrent.futures import ThreadPoolExecutor

    clients = [client_of() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(lambda client: login(client, password="wrong").status_code, clients))
    assert sorted(said) == [401] * 5 + [429] * 7


class TestAddress:
    @pytest.fixture
    def web_settings(self):
        return WebSettings(address_failures=6)

    def test_one_address_has_so_many_tries_for_whatever_names(self, client_of):
        said = [login(client_of(), f"user{number}", "x").status_code for number in range(7)]
        assert said == [401] * 6 + [429]
        assert login(client_of()).status_code == 429


def test_what_was_typed_is_in_no_record(client_of, desk):
    login(client_of(), "mein-geheimes-kennwort", "x")
    login(client_of(), "li", "falsches-kennwort")
    with desk.store.read() as work:
        rows = work.audit.entries()
    assert [(row.action, row.subject) for row in rows[:1]] == [("login.fail", "user:li")]
    assert "kennwort" not in repr(rows)


def test_the_password_is_changed_by_its_owner(client_of):
    client, elsewhere = client_of("inspector"), client_of("inspector")
    page = client.get("/password")
    assert page.status_code == 200 and client.headers["X-CSRF-Token"] in page.text
    new = "ein neues Kennwort"
    form = {"csrf": client.headers["X-CSRF-Token"], "old": PASSWORD, "new": new, "again": new}
    for wrong, message in (
        ({"old": "wrong"}, "口令不对"),
        ({"again": "other"}, "不一样"),
        ({"new": "short", "again": "short"}, "10 到 128"),
        ({"new": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, "容易猜到"),
        ({"new": "mein li 2026!", "again": "mein li 2026!"}, "容易猜到"),
    ):
        answer = client.post("/password", data=form | wrong)
        assert answer.status_code in (400, 401) and message in answer.text, message
    assert client.post("/password", data=form | {"csrf": "x"}).status_code == 403
    old = client.cookies[COOKIE]
    assert client.post("/password", data=form).status_code == 303
    assert client.cookies[COOKIE] != old and client.get("/session").status_code == 200
    assert elsewhere.get("/session").status_code == 401
    assert login(client_of(), password=PASSWORD).status_code == 401 and login(client_of(), password=new).status_code == 303


def test_login_is_not_shown_to_who_is_in(client_of):
    assert client_of("inspector").get("/login").headers["location"] == "/"
    page = client_of().get("/login")
    assert page.status_code == 200 and 'lang="zh-CN"' in page.text and "http" not in page.text.replace("http-equiv", "")
