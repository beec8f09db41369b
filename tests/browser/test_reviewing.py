"""From a match to a closed case in a real browser: saved, submitted, reviewed by keyboard by two who disagree, closed."""

import json
import shutil

import pytest

from data.store.store import open_store
from tests.browser.conftest import served
from tests.services.conftest import PASSWORD, PEOPLE, store_template  # noqa: F401
from ui.services.cases import create, submit
from ui.services.desk import Desk
from ui.services.reviews import claim

pytestmark = pytest.mark.browser

STORY = "企业老板隐瞒了台账，证据是前一晚补的。我们按年度计划和双随机要求做了检查，没有发现。"
NASTY = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>企业隐瞒了证据，我们按双随机要求做了检查。'


@pytest.fixture(scope="module")
def desk(matcher, store_template, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("reviewing")
    shutil.copyfile(store_template, folder / "store.sqlite3")
    with open_store(f"sqlite:///{folder / 'store.sqlite3'}") as store:
        yield Desk(store, lambda: matcher, folder)


@pytest.fixture(scope="module")
def office(desk):
    """The address of the application; everybody's password is PASSWORD."""
    with served(desk, single=False) as address:
        yield address


@pytest.fixture
def sign_in(chromium, office, errors):
    """Return a function that opens the page as a role; afterwards no error may have shown and nothing may be stored."""
    opened = []

    def visit(role, **options):
        context = chromium.new_context(locale="zh-CN", **options)
        context.set_default_timeout(60_000)  # the first match loads the dictionary, and the machine may be busy
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(office + "login")
        page.fill("#username", PEOPLE[role][0])
        page.locator("input[type=password]").first.fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#rc-match")
        opened.append((context, page))
        return page

    yield visit
    for context, page in opened:
        assert page.evaluate("localStorage.length") == 0
        context.close()
    assert errors == []


def review_tab(page):
    page.get_by_role("tab", name="复核").click()
    page.wait_for_selector(".rv-queue")
    return page


def status(page, words):
    page.wait_for_function("w => document.querySelector('#rv-status').innerText.includes(w)", arg=words)


def open_case(page, number):
    page.locator("[data-rv-open]", has_text=number).click()
    page.wait_for_function("n => document.querySelector('#rv-title')?.innerText.includes(n)", arg=number)
    page.wait_for_selector("#rv-desk[aria-busy=false]")


def do(page, name, words):
    page.get_by_role("button", name=name, exact=True).click()
    status(page, words)
    page.wait_for_selector("#rv-desk[aria-busy=false]")


def pressed(page):
    return page.eval_on_selector_all(
        ".rv-clause", "all => all.map((c) => c.querySelector('[aria-pressed=true]')?.dataset.rvChoice ?? '')"
    )


def person(desk, role):
    return desk.person(PEOPLE[role][0])


def make_case(desk, narrative=STORY):
    author = person(desk, "inspector")
    file = create(desk, author, narrative)
    return submit(desk, author, file.case.id, version=file.case.version)


def test_from_a_match_over_two_reviews_to_a_closed_case(sign_in, desk):
    author = sign_in("inspector")
    assert not author.get_by_role("tab", name="复核").is_visible()
    author.get_by_label("事情经过").first.fill(STORY)
    author.keyboard.press("Control+Enter")
    author.wait_for_selector(".rc-card")
    author.get_by_role("button", name="存为案件").click()
    row = author.locator("#own-list tbody tr").first
    row.get_by_text("草稿").wait_for()
    number = row.locator("th").inner_text()
    assert number in author.locator("#own-status").inner_text()
    row.get_by_role("button", name="提交复核").click()
    row.get_by_text("待复核").wait_for()
    links = row.locator("a[download]").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert [link.rpartition("/")[2] for link in links] == ["report.docx", "report.xlsx"]

    first = review_tab(sign_in("reviewer"))
    open_case(first, number)
    assert first.locator(".rv-choices").count() == 0 and first.locator(".rv-told").inner_text() == STORY
    do(first, "领取", "已领取")
    assert "未定 5 条" in first.locator(".rv-count").inner_text()
    first.keyboard.press("j")
    assert first.evaluate("document.activeElement.dataset.rank") == "1"
    assert {"双随机", "检查"} <= set(first.locator(".rv-told .rc-active-word").all_inner_texts())
    for key in ("a", "j", "1", "j", "r", "j", "r", "k", "2", "j", "j", "r"):
        first.keyboard.press(key)
    assert pressed(first) == ["accept", "grade1", "grade2", "reject", "reject"]
    first.keyboard.press("c")
    first.keyboard.type("jars 12 见第二句")
    first.keyboard.press("Escape")
    assert pressed(first) == ["accept", "grade1", "grade2", "reject", "reject"]
    first.keyboard.press("s")
    status(first, "意见已保存")
    first.wait_for_function("document.querySelector('.rv-count').innerText === '每条都有意见'")
    assert first.locator(".rv-clause textarea").nth(4).input_value() == "jars 12 见第二句"
    assert first.evaluate("document.activeElement.closest('.rv-clause')?.dataset.rank") == "5"

    first.keyboard.press("/")
    first.keyboard.type("五个工作日内提出")
    first.keyboard.press("Enter")
    first.get_by_role("button", name="补充为 2 级").click()
    first.locator('.rv-clause[data-clause="beta/art2.p1"]').wait_for()
    first.locator("[data-rv-reviewer]").select_option(label="王复核")
    do(first, "交二次复核", "已交二次复核")

    second = review_tab(sign_in("reviewer2"))
    open_case(second, number)
    assert "之后才显示" in second.locator(".rv-notice").inner_text()
    assert second.locator(".rv-said").count() == 0 and "见第二句" not in second.content()
    assert second.locator(".rv-clause").count() == 5
    second.get_by_role("button", name="其余不采纳").click()
    second.keyboard.press("s")
    second.wait_for_selector(".rv-differ")
    assert "4 条不一致" in second.locator(".rv-differ h3").inner_text()
    assert "见第二句" in second.content() and second.locator(".rv-said").count() == 6
    do(second, "办结", "案件已办结")
    second.get_by_role("button", name="办理经过").click()
    second.wait_for_selector(".rv-history td")
    told = second.locator(".rv-history").inner_text()
    assert "已办结" in told and "第 2 次复核" in told and "李检查" in told

    third = review_tab(sign_in("reviewer"))
    third.get_by_label("案件编号").fill(number)
    third.keyboard.press("Enter")
    status(third, f"案件 {number} 已打开")
    assert third.locator(".rv-told").inner_text() == STORY

    author.reload()
    author.locator("#own-list tbody tr").first.get_by_text("已办结").wait_for()
    with desk.store.read() as work:
        case = work.cases.find_number(number)
        final = work.reviews.current(work.reports.latest(case.id).id)
    assert case.status == "closed" and len(final) == 11 and desk.store.verify().ok


def test_a_conflict_loses_nothing_that_was_typed(sign_in, desk):
    number = make_case(desk).case.number
    page = review_tab(sign_in("reviewer"))
    open_case(page, number)
    do(page, "领取", "已领取")
    for key in ("j", "a", "j", "c"):
        page.keyboard.press(key)
    page.keyboard.type("写了很久的说明")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    with desk.store.read() as work:
        case = work.cases.find_number(number)
    claim(desk, person(desk, "reviewer2"), case.id, version=case.version)
    page.keyboard.press("s")
    page.wait_for_selector("#rv-status .rc-error")
    told = page.locator("#rv-status").inner_text()
    assert "已由 王复核 于" in told and "您填写的内容都还在" in told
    assert pressed(page)[:2] == ["accept", "reject"]
    do(page, "刷新案件", "已是最新")
    assert page.locator(".rv-choices").count() == 0
    do(page, "接手复核", "已领取")
    assert pressed(page)[:2] == ["accept", "reject"]
    assert page.locator(".rv-clause textarea").nth(1).input_value() == "写了很久的说明"
    assert "未保存 2 条" in page.locator(".rv-count").inner_text()
    page.keyboard.press("j")
    page.keyboard.press("s")
    status(page, "意见已保存")
    with desk.store.read() as work:
        kept = work.reviews.current(work.reports.latest(case.id).id)
    assert sorted((review.verdict, review.comment) for review in kept) == [("accept", ""), ("reject", "写了很久的说明")]


def test_what_is_not_saved_is_kept_from_being_left_behind(sign_in, desk):
    one, other = make_case(desk).case.number, make_case(desk).case.number
    page = review_tab(sign_in("reviewer"))
    open_case(page, one)
    do(page, "领取", "已领取")
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.get_by_role("button", name="办结", exact=True).click()
    status(page, "还有没保存的意见")
    open_case(page, other)
    assert pressed(page) == [""] * 5
    open_case(page, one)
    assert pressed(page) == ["grade2", "", "", "", ""]
    page.keyboard.press("j")
    page.keyboard.press("2")  # once more: back to what is stored
    assert pressed(page) == [""] * 5
    page.get_by_role("button", name="办结", exact=True).click()
    status(page, "还有 5 条建议没有保存复核意见")


def test_an_own_case_is_changed_and_taken_back(sign_in, desk):
    made = make_case(desk)
    page = sign_in("inspector")
    row = page.locator("#own-list tr", has_text=made.case.number)
    row.get_by_role("button", name="撤回").click()
    row.get_by_text("草稿").wait_for()
    row.get_by_role("button", name="修改").click()
    page.get_by_role("button", name="保存修改").wait_for()
    box = page.get_by_label("事情经过").first
    assert box.input_value() == STORY
    box.fill(STORY + "后来整改了。")
    page.get_by_role("button", name="保存修改").click()
    page.get_by_role("button", name="存为案件").wait_for()
    assert f"案件 {made.case.number} 已修改" in page.locator("#own-status").inner_text()
    with desk.store.read() as work:
        assert work.cases.get(made.case.id).narrative.endswith("后来整改了。")
        assert work.reports.latest(made.case.id).number == 2


def test_markup_in_a_narrative_or_comment_is_text(sign_in, desk):
    number = make_case(desk, NASTY).case.number
    page = review_tab(sign_in("reviewer"))
    open_case(page, number)
    do(page, "领取", "已领取")
    assert page.locator(".rv-told").inner_text() == NASTY
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.locator(".rv-clause textarea").first.fill("</textarea><img src=x onerror='window.hit=1'>")
    page.keyboard.press("Control+Enter")
    status(page, "意见已保存")
    assert page.locator(".rv-clause textarea").first.input_value() == "</textarea><img src=x onerror='window.hit=1'>"
    assert page.evaluate("window.hit") is None


def test_a_request_by_hand_is_refused(sign_in, desk):
    """An inspector sends what the tab of a reviewer would send: the handler checks, whatever the page shows."""
    made = make_case(desk)
    page = sign_in("inspector2")
    wanted = {"do": "claim", "case": made.case.id, "version": made.case.version}
    answer = page.evaluate(
        """async (wanted) => {
          const event = window.gradio_config.dependencies.find((d) => (d.js || "").includes("review.take()"));
          if (!event) return "no event";
          const session = Math.random().toString(36).slice(2);
          const csrf = (await (await fetch("session")).json()).csrf;
          const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const place = { fn_index: event.id, session_hash: session, trigger_id: null };
          const body = JSON.stringify({ data: [wanted], ...place });
          const joined = await fetch("gradio_api/queue/join", { method: "POST", headers, body });
          if (!joined.ok) return "refused " + joined.status;
          const reader = (await fetch("gradio_api/queue/data?session_hash=" + session)).body.getReader();
          let text = "";
          while (!text.includes("process_completed")) text += new TextDecoder().decode((await reader.read()).value);
          return text;
        }""",
        json.dumps(wanted),
    )
    said = [json.loads(line.removeprefix("data: ")) for line in answer.splitlines() if line.startswith("data: ")]
    assert "没有这项操作的权限" in str(said), answer[-400:]
    with desk.store.read() as work:
        assert work.cases.get(made.case.id).status == "open"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_sticks_out(sign_in, desk, width):
    number = make_case(desk, STORY + "x" * 300).case.number
    page = review_tab(sign_in("reviewer", viewport={"width": width, "height": 844}))
    open_case(page, number)
    do(page, "领取", "已领取")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
