"""One case through every role in a real browser: a Word file published, a narrative matched, reviewed by two, reported."""

import shutil
from urllib.parse import urlsplit

import pytest

from data.store.store import open_store
from retrieval.shelf import Shelf
from tests.browser.conftest import served
from tests.browser.test_library_tab import published, tab
from tests.browser.test_reviewing import do, open_case, pressed, review_tab, status
from tests.publishing.samples import base_matcher
from tests.reports.samples import word_text
from tests.services.conftest import PASSWORD, PEOPLE, store_template  # noqa: F401
from ui.services.desk import Desk

pytestmark = pytest.mark.browser

STORY = "第三方运维单位擅自改动了监测设备参数，我们执法人员已按规程检查，当时没有看出来，数据失真是后来才发现的。"
CLAUSE = "mouxian-2024/art2.p1.i1"


@pytest.fixture
def desk(store_template, tmp_path):  # noqa: F811
    shutil.copyfile(store_template, tmp_path / "store.sqlite3")
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        yield Desk(store, Shelf(tmp_path / "files" / "library", base_matcher(tmp_path / "base")), tmp_path / "files")


@pytest.fixture
def enter(desk, chromium, errors):
    """Return a function that opens the page as a role; afterwards nothing may have gone to another host or been stored."""
    opened, requests = [], []
    with served(desk, single=False) as office:

        def visit(role):
            context = chromium.new_context(locale="zh-CN")
            context.set_default_timeout(60_000)
            context.on("request", lambda request: requests.append(request.url))
            page = context.new_page()
            page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(office)
            page.fill("#username", PEOPLE[role][0])
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("#rc-account button")
            opened.append(page)
            return page

        yield visit
        for page in opened:
            assert page.evaluate("localStorage.length + sessionStorage.length") == 0
            page.context.close()
    urls = [urlsplit(url) for url in requests]
    assert {url.netloc for url in urls if url.scheme not in ("blob", "data")} == {urlsplit(office).netloc}
    assert errors == []


def ask(context, office, method, path, **body):
    """Send a request with the login of a browser but past its page; return the status."""
    csrf = context.request.get(office + "session").json()["csrf"]
    return context.request.fetch(office + path, method=method, data=body or None, headers={"X-CSRF-Token": csrf}).status


def save_case(author, desk):
    """Match the story, save and submit it; return its row in the list and the case."""
    author.get_by_label("事情经过").first.fill(STORY)
    author.keyboard.press("Control+Enter")
    author.wait_for_selector(".rc-card")
    assert "《某县生态环境系统容错纠错办法》" in "".join(author.locator(".rc-card").all_inner_texts())
    author.get_by_role("button", name="存为案件").click()
    row = author.locator("#own-list tbody tr").first
    row.get_by_text("草稿").wait_for()
    number = row.locator("th").inner_text()
    row.get_by_role("button", name="提交复核").click()
    row.get_by_text("待复核").wait_for()
    with desk.store.read() as work:
        return row, work.cases.find_number(number)


def review(page, case, suggested):
    """Grade the published clause, reject the rest, by keyboard, and hand the case to the second reviewer."""
    open_case(page, case.number)
    do(page, "领取", "已领取")
    page.get_by_role("button", name="其余不采纳").click()
    for _ in range(suggested.index(CLAUSE) + 1):
        page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("c")
    page.keyboard.type("见第一句")
    page.keyboard.press("Escape")
    assert pressed(page) == ["grade2" if clause == CLAUSE else "reject" for clause in suggested]
    page.keyboard.press("s")
    status(page, "意见已保存")
    page.locator("[data-rv-reviewer]").select_option(label="王复核")
    do(page, "交二次复核", "已交二次复核")


def review_again(page, case):
    """Reject everything, see that the two differ, and close."""
    open_case(page, case.number)
    page.get_by_role("button", name="其余不采纳").click()
    page.keyboard.press("s")
    page.wait_for_selector(".rv-differ")
    do(page, "办结", "案件已办结")


def report(author, row):
    """Return the text of the Word report."""
    author.reload()
    row.get_by_text("已办结").wait_for()
    with author.expect_download() as waiting:
        row.locator("a[href$='report.docx']").click()
    return word_text(waiting.value.path().read_bytes())


def forbidden(path):
    """Return what which role may not do to a case: role, method, path, body."""
    decision = {"clause_id": CLAUSE, "verdict": "accept"}
    return (
        ("author", "POST", f"{path}/claim", {"version": 1}),
        ("author", "POST", f"{path}/reviews", {"version": 1, "decisions": [decision]}),
        ("author", "GET", "backups/x", {}),
        ("first", "PATCH", path, {"version": 1, "region": "all"}),
        ("first", "POST", f"{path}/submit", {"version": 1}),
        ("second", "GET", "backups/x", {}),
        ("evaluator", "GET", path, {}),
        ("evaluator", "GET", f"{path}/report.docx", {}),
        ("evaluator", "POST", f"{path}/close", {"version": 1}),
        ("administrator", "POST", "api/v1/cases", {"narrative": STORY}),
        ("administrator", "GET", path, {}),
        ("administrator", "GET", f"{path}/report.xlsx", {}),
        ("administrator", "GET", "api/v1/queue", {}),
    )


def test_from_a_word_file_to_a_reviewed_case_and_its_report(enter, desk, chromium):
    administrator = published(tab(enter("administrator")))
    author = enter("inspector")
    row, case = save_case(author, desk)
    with desk.store.read() as work:
        suggested = [match.clause.id for match in work.reports.latest(case.id).report.matches]
    first = review_tab(enter("reviewer"))
    review(first, case, suggested)
    second = review_tab(enter("reviewer2"))
    review_again(second, case)

    text = report(author, row)
    assert STORY in text and "仅供参考；是否适用由审核人认定" in text
    assert "《某县生态环境系统容错纠错办法》第二条第（一）项" in text and "见第一句" in text
    assert all(name in text for name in ("张复核", "王复核"))

    office, path = author.url, f"api/v1/cases/{case.id}"
    evaluator = chromium.new_context()
    evaluator.request.post(office + "login", form={"username": PEOPLE["evaluator"][0], "password": PASSWORD}, max_redirects=0)
    pages = {"administrator": administrator, "author": author, "first": first, "second": second}
    people = {"evaluator": evaluator} | {name: page.context for name, page in pages.items()}
    for who, method, where, body in forbidden(path):
        assert ask(people[who], office, method, where, **body) == 403, (who, method, where)
    assert ask(people["author"], office, "GET", path) == ask(people["first"], office, "GET", path) == 200
    evaluator.close()
    with desk.store.read() as work:
        assert work.cases.get(case.id).status == "closed"
    assert desk.store.verify().ok
