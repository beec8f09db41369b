import hashlib
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from data.errors import InputError
from data.store.errors import StoreMissing
from data.store.store import open_store, utc_now
from tests.api.conftest import said
from tests.services.conftest import PASSWORD
from ui.services import tokens
from ui.services.access import NotAllowed
from ui.services.desk import Desk


def log_in(app, name="li"):
    """A browser that has logged in, with the header that changing something needs."""
    client = TestClient(app, base_url="http://testserver", follow_redirects=False)
    assert client.post("/login", data={"username": name, "password": PASSWORD}).status_code == 303
    return client, {"x-csrf-token": client.get("/session").json()["csrf"]}


def test_a_secret_is_shown_once_and_only_its_hash_is_stored(desk, people, store):
    made = tokens.create(desk, people["inspector"], name="台账系统", days=30)
    assert re.fullmatch(r"rct_[\w-]{43}", made.secret) and made.secret not in repr(made)
    assert timedelta(days=29) < made.token.expires - utc_now() <= timedelta(days=30)
    with store.read() as work:
        assert work.tokens.find(hashlib.sha256(made.secret.encode()).hexdigest()).id == made.token.id
        assert made.secret not in repr(work.tokens.of_user("li"))
    assert tokens.create(desk, people["inspector"], name="另一个").secret != made.secret


def test_a_token_has_the_roles_that_its_owner_has_when_it_is_used(desk, people, store):
    secret = tokens.create(desk, people["inspector"], name="台账").secret
    assert tokens.bearer(desk, secret) == people["inspector"]
    with store.begin("admin") as work:
        work.users.change("li", role="evaluator")
    assert tokens.bearer(desk, secret).roles == {"evaluator"}
    with store.begin("admin") as work:
        work.users.change("li", disabled=True)
    with pytest.raises(NotAllowed, match="无效、已过期或已撤销"):
        tokens.bearer(desk, secret)


def test_a_secret_that_is_none_is_refused(desk, people):
    secret = tokens.create(desk, people["inspector"], name="台账").secret
    broken = (secret[:-1], secret + "x", secret.upper(), secret[4:])
    for wrong in ("", "rct_", *broken, "rct_" + "x" * 10_000, "rct_\ud800", "rct_\x00"):
        with pytest.raises(NotAllowed, match="令牌无效"):
            tokens.bearer(desk, wrong)


def test_a_token_ends_on_its_day_and_when_it_is_taken_back(desk, people, store, tmp_path):
    made = tokens.create(desk, people["inspector"], name="台账", days=1)
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", clock=lambda: utc_now() + timedelta(days=1)) as tomorrow:
        with pytest.raises(NotAllowed):
            tokens.bearer(Desk(tomorrow, desk.matcher, desk.folder), made.secret)
    with pytest.raises(StoreMissing):
        tokens.revoke(desk, people["reviewer"], made.token.id)
    assert tokens.bearer(desk, made.secret).name == "li"
    tokens.revoke(desk, people["inspector"], made.token.id)
    with pytest.raises(NotAllowed):
        tokens.bearer(desk, made.secret)


def test_using_a_token_is_noted(desk, people):
    secret = tokens.create(desk, people["inspector"], name="台账").secret
    assert tokens.own(desk, people["inspector"])[0].last_used is None
    tokens.bearer(desk, secret)
    first = tokens.own(desk, people["inspector"])[0].last_used
    assert utc_now() - first < timedelta(minutes=1)
    tokens.bearer(desk, secret)
    assert tokens.own(desk, people["inspector"])[0].last_used == first, "not every request is a write"
    assert tokens.own(desk, people["reviewer"]) == ()


@pytest.mark.parametrize("days", [0, -1, tokens.MAX_DAYS + 1, 10**9])
def test_a_token_lives_a_year_at_most(desk, people, days):
    with pytest.raises(InputError, match="1 到 366 天"):
        tokens.create(desk, people["inspector"], name="台账", days=days)


def test_tokens_are_made_listed_and_taken_back_by_a_login(app, desk):
    browser, csrf = log_in(app)
    assert "校验码" in said(browser.post("/api/v1/tokens", json={"name": "台账"}), 403)
    made = browser.post("/api/v1/tokens", json={"name": "台账", "days": 7}, headers=csrf)
    assert made.status_code == 201
    body = made.json()
    program = TestClient(app, headers={"authorization": f"Bearer {body['token']}"})
    assert program.get("/api/v1/cases").json() == []
    listed = browser.get("/api/v1/tokens").json()
    assert [(one["name"], "token" in one, one["last_used"] is not None) for one in listed] == [("台账", False, True)]
    assert "已有名为“台账”的令牌" in said(browser.post("/api/v1/tokens", json={"name": "台账"}, headers=csrf), 400)
    assert browser.delete(f"/api/v1/tokens/{body['id']}", headers=csrf).status_code == 204
    assert "没有这个令牌" in said(browser.delete(f"/api/v1/tokens/{body['id']}", headers=csrf), 404)
    assert "令牌无效" in said(program.get("/api/v1/cases"), 401)


def test_a_token_cannot_make_see_or_take_back_tokens(client_of, desk, people):
    other = tokens.create(desk, people["inspector"], name="另一个").token
    program = client_of("inspector")
    for answer in (
        program.post("/api/v1/tokens", json={"name": "更久", "days": 366}),
        program.get("/api/v1/tokens"),
        program.delete(f"/api/v1/tokens/{other.id}"),
    ):
        assert said(answer, 403) == "访问令牌不能用来管理令牌，请登录后操作。"
    assert len(tokens.own(desk, people["inspector"])) == 2


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "bearer rct_x", "Bearer rct_" + "A" * 43, "Bearer rct_a b", "Bearer \x80\xff", "Bearer " + "x" * 9000],
)
def test_a_malformed_token_gets_401_also_beside_a_good_session(app, header):
    browser, csrf = log_in(app)
    raw = {"authorization": header.encode("latin-1")}
    assert "令牌" in said(browser.get("/api/v1/cases", headers=raw), 401)
    assert "令牌" in said(browser.post("/api/v1/tokens", json={"name": "x"}, headers={**csrf, **raw}), 401)


def test_basic_authentication_is_no_login(client_of):
    assert said(client_of("").get("/api/v1/cases", headers={"authorization": "Basic bGk6eA=="}), 401) == "请先登录。"
