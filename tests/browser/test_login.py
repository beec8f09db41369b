"""The office's page: the login in Chromium, what each role sees, and forbidden actions by direct request past the page."""

import json
import re
import secrets

import httpx
import pytest

from tests.browser.test_page import CONTRAST
from tests.services.conftest import PASSWORD, PEOPLE

TABS = {
    "inspector": ["匹配", "批量", "条款库"],
    "reviewer": ["匹配", "复核", "批量", "条款库"],
    "evaluator": ["匹配", "批量", "条款库", "评测"],
    "administrator": ["匹配", "条款库", "评测", "管理"],
}
# elements of the login page with text of their own, for the script of the page's test
LOGIN_CONTRAST = CONTRAST.replace('"#rc *"', '"main *"')


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page(open_page, office, width, scheme):
    page = open_page(office, waits_for="#username", viewport={"width": width, "height": 844}, color_scheme=scheme)
    assert page.url == office + "login" and page.title() == "登录 - 容错条款匹配助手"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert page.evaluate("document.activeElement.id") == "username"
    assert not re.findall(r"[A-Za-z]{2,}", page.inner_text("body"))
    found = page.evaluate(LOGIN_CONTRAST)
    assert len(found) >= 5 and [what for ratio, what in found if ratio < 4.5] == []
    page.keyboard.type("li")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#rc-match")
    page.wait_for_selector("#rc-account button")
    assert page.url == office and "李检查（执法人员）" in page.locator("#rc-account").inner_text()
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.browser
def test_a_wrong_password_is_said_above_the_form(open_page, office, errors):
    page = open_page(office, waits_for="#username")
    page.get_by_label("用户名").fill("qian")
    page.get_by_label("口令").fill("wrong")
    page.get_by_role("button", name="登录").click()
    page.wait_for_selector("[role=alert]")
    assert page.locator("[role=alert]").inner_text() == "用户名或口令不对，请再试一次。"
    assert page.get_by_label("用户名").input_value() == "qian" and page.get_by_label("口令").input_value() == ""
    assert page.evaluate("document.activeElement.id") == "password"
    assert all("401" in error for error in errors), errors  # Chromium tells the status of the page
    errors.clear()


@pytest.mark.browser
@pytest.mark.parametrize("role", TABS)
def test_each_role_sees_its_tabs(sign_in, role):
    page = sign_in(role)
    page.get_by_role("tab", name=TABS[role][-1]).wait_for()
    page.wait_for_timeout(500)  # nothing may come after
    assert [tab.inner_text() for tab in page.locator("#rc-tabs").first.get_by_role("tab").all()] == TABS[role]


@pytest.mark.browser
def test_logging_out_and_going_back(sign_in, office):
    page = sign_in("inspector2")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_selector("#username")
    page.go_back()
    page.wait_for_selector("#username")
    assert page.url == office + "login"


@pytest.mark.browser
def test_a_session_that_ended_is_said_and_what_was_typed_stays(sign_in, office, errors):
    page = sign_in("reviewer2")
    page.get_by_label("事情经过").first.fill("我们按计划做了检查，老板隐瞒了证据。")
    page.context.clear_cookies()
    page.get_by_role("button", name="查找相近条款").click()
    page.wait_for_selector(".rc-ended")
    assert "登录已失效" in page.locator(".rc-ended").inner_text()
    assert page.get_by_label("事情经过").first.input_value().startswith("我们按计划")
    assert any("401" in error for error in errors), errors  # what the library says of it as well
    errors.clear()


@pytest.mark.browser
def test_an_administrator_makes_a_user_reads_the_trail_and_saves_a_backup(sign_in, open_page, office):
    page = sign_in("administrator")
    page.get_by_role("tab", name="管理").click()
    users = page.locator("#rc-admin-users")
    users.get_by_label("用户名", exact=True).fill("zhou")
    users.get_by_label("姓名").fill("周<b>检查</b>")
    users.get_by_role("button", name="新建用户").click()
    page.wait_for_function("/口令是/.test(document.querySelector('#rc-admin-users .rc-status').textContent)")
    told = users.locator(".rc-status").inner_text()
    password = re.search(r"口令是 ([a-z0-9-]{19}) ", told).group(1)
    row = users.locator("tr", has_text="zhou")
    assert "周<b>检查</b>" in row.inner_text() and "可登录" in row.inner_text()

    other = open_page(office, waits_for="#username")
    other.fill("#username", "zhou")
    other.fill("#password", password)
    other.keyboard.press("Enter")
    other.wait_for_selector("#rc-account button")

    trail = page.locator("#rc-admin-audit")
    trail.get_by_role("button", name="查看最新").click()
    trail.locator("tr", has_text="user:zhou").first.wait_for()
    trail.get_by_role("button", name="核验").click()
    page.wait_for_function("/审计链完好/.test(document.querySelector('#rc-admin-audit .rc-status').textContent)")

    backups = page.locator("#rc-admin-backup")
    backups.get_by_role("button", name="立即备份").click()
    backups.get_by_role("link", name="下载备份").wait_for()
    with page.expect_download() as waiting:
        backups.get_by_role("link", name="下载备份").first.click()
    assert waiting.value.suggested_filename.startswith("rongcuo-") and waiting.value.path().read_bytes()[:6] == b"SQLite"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_somebody_makes_and_takes_back_an_access_token(open_page, office, width, scheme):
    page = open_page(office, waits_for="#username", viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.context.request.post(office + "login", form={"username": PEOPLE["evaluator"][0], "password": PASSWORD}, max_redirects=0)
    page.goto(office + "password")
    page.get_by_role("link", name="我的访问令牌").click()
    page.get_by_label("名称").fill("台账系统")
    page.get_by_label("有效天数").fill("30")
    page.get_by_role("button", name="新建令牌").click()
    secret = page.get_by_label("新令牌“台账系统”").input_value()
    with httpx.Client(base_url=office, headers={"authorization": f"Bearer {secret}"}, timeout=30) as program:
        assert program.get("api/v1/regulations").status_code == 200
        page.goto(office + "tokens")
        assert secret not in page.content() and "最近使用" in page.get_by_role("listitem").inner_text()
        assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
        assert [what for ratio, what in page.evaluate(LOGIN_CONTRAST) if ratio < 4.5] == []
        page.get_by_role("button", name="撤销令牌 台账系统").click()
        page.get_by_text("令牌已撤销。").wait_for()
        assert program.get("api/v1/regulations").status_code == 401
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.get_by_role("link", name="返回").get_attribute("href") == "/"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark"), (1280, "light")])
def test_the_administration_fits_and_stands_out(sign_in, width, scheme):
    page = sign_in("administrator", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.get_by_role("tab", name="管理").click()
    page.get_by_role("button", name="查看最新").click()
    page.locator("#rc-admin-audit td").first.wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert [what for ratio, what in page.evaluate(CONTRAST) if ratio < 4.5] == []


class Caller:
    """Somebody who is logged in and calls the page's events past the page."""

    def __init__(self, office, role):
        self.client = httpx.Client(base_url=office, timeout=30)
        if role:
            answer = self.client.post("login", data={"username": PEOPLE[role][0], "password": PASSWORD})
            assert answer.status_code == 303
        self.session = secrets.token_hex(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def call(self, config, label, data):
        """Call the event of the button with this label; return what it put out, as one text."""
        button = next(c["id"] for c in config["components"] if c["type"] == "button" and c["props"].get("value") == label)
        (number, event) = next(
            (d["id"], d)
            for d in config["dependencies"]
            if d["backend_fn"] and any(target == button for target, _ in d["targets"])
        )
        assert len(event["inputs"]) == len(data), event
        body = {"data": data, "fn_index": number, "session_hash": self.session}
        joined = self.client.post("gradio_api/queue/join", json=body)
        assert joined.status_code == 200, joined.text
        with self.client.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:") or "{}") if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    assert message["success"], message
                    return json.dumps(message["output"]["data"], ensure_ascii=False)
        raise AssertionError("no answer")


@pytest.fixture(scope="module")
def config(office):
    with Caller(office, "administrator") as caller:
        return caller.client.get("config").json()


@pytest.mark.parametrize("role", ["inspector", "reviewer", "evaluator"])
@pytest.mark.parametrize(
    ("label", "data"),
    [
        ("新建用户", ["mallory", "M", "administrator", "a good password"]),
        ("改角色", ["li", "administrator"]),
        ("重设口令", ["admin"]),
        ("停用", ["admin"]),
        ("启用", ["admin"]),
        ("查看最新", [""]),
        ("刷新备份", []),
    ],
)
def test_administration_is_refused_past_the_page(office, office_desk, config, role, label, data):
    with Caller(office, role) as caller:
        said = caller.call(config, label, data)
    assert "没有这项操作的权限（需要角色：管理员）" in said and "user:" not in said and "admin" not in said
    with office_desk.store.read() as work:
        assert work.users.find("mallory") is None and not work.users.get("admin").disabled
        assert work.users.get("li").role == "inspector"


def test_without_a_session_nothing_of_the_page_answers(office, config):
    with Caller(office, None) as caller:
        client = caller.client
        for method, path in (("GET", "config"), ("GET", "gradio_api/info"), ("POST", "gradio_api/queue/join")):
            answer = client.request(method, path, json={"data": [], "fn_index": 0, "session_hash": "x"})
            assert answer.status_code == 401 and answer.json() == {"error": "请先登录。"}
        assert client.get("").status_code == 303


@pytest.mark.parametrize(
    "path", ["gradio_api/run/predict", "gradio_api/call/predict", "gradio_api/api/predict", "gradio_api/file=/etc/passwd",
             "gradio_api/vibe-edit/", "gradio_api/component_server", "monitoring", "gradio_api/runs", "gradio_api/token"]
)  # fmt: skip
def test_what_the_page_does_not_use_is_closed_to_everybody(office, path):
    with Caller(office, "administrator") as caller:
        assert caller.client.post(path, json={"data": []}).status_code == 404
        assert caller.client.get(path).status_code == 404


def test_what_runs_as_whom_is_decided_at_each_event(office, office_desk, config):
    with Caller(office, "inspector2") as caller:
        with office_desk.store.begin("admin") as work:
            work.users.change("qian", disabled=True)
        body = {"data": [""], "fn_index": 1, "session_hash": "x"}
        assert caller.client.post("gradio_api/queue/join", json=body).status_code == 401
        with office_desk.store.begin("admin") as work:
            work.users.change("qian", disabled=False)


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_another_page_cannot_call_events(office, origin):
    with Caller(office, "administrator") as caller:
        body = {"data": [""], "fn_index": 1, "session_hash": "x"}
        assert caller.client.post("gradio_api/queue/join", json=body, headers={"origin": origin}).status_code == 403
