"""The page of one's own access tokens, and what a new password does to them."""

import re

import pytest
from starlette.testclient import TestClient

from tests.services.conftest import PASSWORD
from ui.services import tokens, users
from ui.web.application import bare_app
from ui.web.settings import WebSettings


def make(client, **fields):
    form = {"csrf": client.headers["X-CSRF-Token"], "name": "台账<b>系统</b>", "days": "30", **fields}
    return client.post("/tokens", data=form)


def secret_of(answer):
    return re.search(r'id="secret" value="(rct_[\w-]{43})" readonly', answer.text).group(1)


def program(app, secret):
    return TestClient(app, headers={"authorization": f"Bearer {secret}"}).get("/api/v1/cases")


def test_a_token_is_made_shown_once_listed_and_taken_back(app, client_of):
    client = client_of("inspector")
    assert "还没有令牌" in client.get("/tokens").text
    made = make(client)
    secret = secret_of(made)
    assert made.status_code == 200 and made.headers["cache-control"] == "no-store"
    assert "台账&lt;b&gt;系统&lt;/b&gt;" in made.text and "<b>系统" not in made.text and "从未使用" in made.text
    assert program(app, secret).status_code == 200
    listed = client.get("/tokens").text
    assert secret not in listed and "最近使用 20" in listed and listed.count("<li>") == 1
    assert client_of("reviewer").get("/tokens").text.count("<li>") == 0
    (identifier,) = re.findall(r'name="token" value="(\w+)"', listed)
    form = {"csrf": client.headers["X-CSRF-Token"], "token": identifier}
    other = client_of("reviewer")
    stolen = other.post("/tokens/remove", data={**form, "csrf": other.headers["X-CSRF-Token"]})
    assert stolen.status_code == 404 and "没有这个令牌" in stolen.text and program(app, secret).status_code == 200
    gone = client.post("/tokens/remove", data=form)
    assert gone.status_code == 200 and "令牌已撤销" in gone.text and "还没有令牌" in gone.text
    assert program(app, secret).status_code == 401
    assert client.post("/tokens/remove", data=form).status_code == 404


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"days": "0"}, "1 到 366 天"), ({"days": "bald"}, "1 到 366 天"),
     ({"days": "9" * 50}, "1 到 366 天"), ({"name": " "}, "1 到 64 个字")],
)  # fmt: skip
def test_what_cannot_be_a_token_is_said_above_the_form(client_of, desk, people, fields, told):
    answer = make(client_of("inspector"), **fields)
    assert answer.status_code == 400 and 'role="alert">令牌的' in answer.text and told in answer.text
    assert tokens.own(desk, people["inspector"]) == ()


def test_only_a_login_of_one_s_own_page_manages_tokens(app, client_of, desk, people):
    client = client_of("inspector")
    for csrf in ("", "wrong", client_of("reviewer").headers["X-CSRF-Token"]):
        for path in ("/tokens", "/tokens/remove"):
            assert client.post(path, data={"csrf": csrf, "name": "x", "days": "1"}).status_code == 403
    secret = tokens.create(desk, people["inspector"], name="程序").secret
    by_token = TestClient(app, headers={"authorization": f"Bearer {secret}"})
    for answer in (by_token.get("/tokens"), by_token.post("/tokens", data={"csrf": "", "name": "x", "days": "1"})):
        assert answer.status_code == 403
    assert client_of().get("/tokens").status_code == 401
    assert [token.name for token in tokens.own(desk, people["inspector"])] == ["程序"]
    assert client.post("/tokens", data={"name": "x" * 20_000}).status_code == 413


def test_the_one_person_of_single_user_mode_has_tokens_too(desk):
    with TestClient(bare_app(desk, WebSettings(single=True)), base_url="http://127.0.0.1") as client:
        client.headers["X-CSRF-Token"] = client.get("/session").json()["csrf"]
        assert secret_of(make(client)) and client.get("/tokens").text.count("<li>") == 1


@pytest.mark.parametrize("by", ["its owner", "an administrator"])
def test_a_new_password_ends_all_tokens_and_the_trail_says_so(app, client_of, desk, people, by):
    client = client_of("inspector")
    secret = secret_of(make(client))
    kept = tokens.create(desk, people["reviewer"], name="别人的").secret
    if by == "its owner":
        new = "ein neues Kennwort"
        form = {"csrf": client.headers["X-CSRF-Token"], "old": PASSWORD, "new": new, "again": new}
        assert "访问令牌全部作废" in client.get("/password").text
        assert client.post("/password", data=form).status_code == 303
    else:
        users.reset_password(desk, people["administrator"], "li")
    assert program(app, secret).status_code == 401 and program(app, kept).status_code == 200
    assert tokens.own(desk, people["inspector"]) == ()
    with desk.store.read() as work:
        removed = [entry.actor for entry in work.audit.entries(subject="user:li", limit=50) if entry.action == "token.remove"]
    assert removed == ["li" if by == "its owner" else "admin"] and desk.store.verify().ok
