"""The 批量 tab in a real browser: a job goes on while the page is closed, and its result can be fetched."""

import json
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from data.store.store import open_store
from tests.browser.colours import COLOURS
from tests.browser.conftest import served
from ui.services import batch
from ui.services.access import LOCAL
from ui.services.desk import Desk
from ui.services.worker import Worker

pytestmark = pytest.mark.browser

STORY = "企业老板隐瞒了台账，证据是假的，我们去检查时没有发现"
ROWS = [{"id": f"r{n}", "text": f"第{n}件：{STORY}", "region": "alpha"} for n in range(500)]
ROWS[3]["text"], ROWS[5]["id"] = "", "<script>window.hit=1</script>"
PALE = (
    "() => {"
    + COLOURS
    + """
  return [...document.querySelectorAll("#rc-batching *")].filter((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".rc-unseen")) return false;
    const a = light(rgb(getComputedStyle(element).color)), b = light(ground(element));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map((element) => element.className + ": " + element.textContent.slice(0, 20));
}"""
)


@contextmanager
def served_idle(desk, patch):
    """Serve the application over `desk` without its worker, and give its address."""
    patch.setattr("ui.web.application.Worker", Idle)
    with served(desk, single=True) as address:
        yield address


@pytest.fixture(scope="module")
def desk(matcher, tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch")
    with open_store(f"sqlite:///{folder / 'store.sqlite3'}") as store:
        yield Desk(store, lambda: matcher, folder / "files")


class Idle:
    """In the place of the application's own worker, so that the tests decide when there is one."""

    def __init__(self, desk):
        pass

    def start(self):
        pass

    def stop(self):
        pass


@pytest.fixture(scope="module")
def address(desk):
    with pytest.MonkeyPatch.context() as patch, served_idle(desk, patch) as found:
        yield found


@contextmanager
def working(desk):
    worker = Worker(desk, stale=timedelta(seconds=2), idle=0.05)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@pytest.fixture
def clean(desk, address):
    """No job of an earlier test is open."""
    person = desk.person(LOCAL)
    for job in batch.listing(desk, person):
        if job.open:
            batch.cancel(desk, person, job.id)


def open_tab(open_page, address, **options):
    page = open_page(address, **options)
    page.set_default_timeout(60_000)  # a worker shares the processor with page and browser
    page.get_by_role("tab", name="批量").click()
    page.wait_for_selector("#rc-batch-list :is(.rc-empty, .rc-batch-jobs)")
    return page


def hand_in(page, tmp_path, rows, name="名单 <b>.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    page.locator("#rc-batch-file").set_input_files(path)
    assert page.locator(".rc-batch-chosen").inner_text().startswith(name)
    page.get_by_role("button", name="开始匹配").click()
    page.get_by_text(f"已提交“{name}”").wait_for()


def job_of(desk):
    return batch.listing(desk, desk.person(LOCAL))[0]


def wait_until(reached):
    while not reached():
        time.sleep(0.05)


def first(page):
    return page.locator(".rc-batch-job").first


def test_five_hundred_rows_go_on_while_the_page_is_closed(open_page, desk, address, clean, tmp_path):
    page = open_tab(open_page, address)
    hand_in(page, tmp_path, ROWS)
    assert "排队中：0 / 500 行" in first(page).inner_text() and "名单 <b>.jsonl" in first(page).inner_text()
    assert page.locator(".rc-batch-chosen").inner_text() == "还没有选择文件。"
    with working(desk):
        page.wait_for_function("document.querySelector('.rc-batch-job [role=progressbar]')?.ariaValueNow > 0")
        page.close()
        seen = job_of(desk).done
        wait_until(lambda: job_of(desk).done > seen + 60)
    # the worker rests while the page is opened again, for that may take longer than all the rows
    again = open_tab(open_page, address)
    bar = again.locator(".rc-batch-job [role=progressbar]").first
    assert seen + 60 < int(bar.get_attribute("aria-valuenow")) == job_of(desk).done < 500
    with working(desk):
        again.get_by_text("已完成：500 行，没有给出建议 0 行，无法处理 1 行").first.wait_for(timeout=120_000)
    assert "已完成" in again.locator("#rc-batching .rc-status").inner_text()
    cells = again.locator(".rc-batch-table tbody tr")
    assert cells.count() == 20 and "《alpha》" in cells.nth(0).inner_text() and "空" in cells.nth(3).inner_text()
    assert "<script>" in cells.nth(5).inner_text() and again.evaluate("window.hit") is None
    with again.expect_download() as caught:
        first(again).locator("a[href$='.jsonl']").click()
    lines = [json.loads(line) for line in caught.value.path().read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == [row["id"] for row in ROWS]
    for name in ("Excel", "CSV"):
        with again.expect_download() as caught:
            first(again).get_by_role("link", name=f"{name} 下载 名单 <b>.jsonl 的结果").click()
        assert caught.value.path().stat().st_size > 10_000


def test_a_restart_of_the_program_goes_on(open_page, desk, address, clean, tmp_path, monkeypatch):
    page = open_tab(open_page, address)
    hand_in(page, tmp_path, ROWS[10:110], name="重启.jsonl")
    with working(desk):
        wait_until(lambda: job_of(desk).done)
    with served_idle(desk, monkeypatch) as other, working(desk):
        again = open_tab(open_page, other)
        first(again).get_by_text("已完成：100 行").wait_for(timeout=60_000)


def test_cancelling_by_keyboard_keeps_the_place(open_page, clean, address, tmp_path):
    page = open_tab(open_page, address)
    hand_in(page, tmp_path, ROWS[10:15], name="一.jsonl")
    button = first(page).get_by_role("button", name="取消 一.jsonl")
    button.focus()
    page.get_by_role("button", name="刷新列表").evaluate("(one) => one.click()")  # the list is written anew
    page.wait_for_timeout(1500)
    assert page.evaluate("document.activeElement.dataset.batchCancel") == button.get_attribute("data-batch-cancel")
    page.keyboard.press("Enter")
    page.get_by_text("已取消“一.jsonl”。").wait_for()
    assert first(page).inner_text().count("已取消：0 / 5 行") == 1 and first(page).get_by_role("link").count() == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", "x", "不支持 a.txt 的格式"),
        ("a.csv", "编号\n1\n", "缺少 text 列"),
        ("a.jsonl", "\n\n", "没有数据行"),
        ("a.xlsx", "PK", "读不出来"),
    ],
)
def test_a_bad_file_is_told_and_stays_chosen(open_page, clean, address, tmp_path, name, content, message):
    page = open_tab(open_page, address)
    page.get_by_role("button", name="开始匹配").click()
    page.get_by_text("还没有选择文件，请先点“选择文件”。").wait_for()
    (tmp_path / name).write_text(content, "utf-8")
    page.locator("#rc-batch-file").set_input_files(tmp_path / name)
    page.get_by_role("button", name="开始匹配").click()
    page.locator("#rc-batching .rc-error", has_text=message).wait_for()
    assert page.locator(".rc-batch-chosen").inner_text().startswith(name)


def test_the_templates_can_be_downloaded_and_handed_in(open_page, clean, address):
    page = open_tab(open_page, address)
    for kind in ("Excel", "CSV"):
        with page.expect_download() as caught:
            page.get_by_role("link", name=f"{kind} 模板").click()
        kept = caught.value.path().with_name(caught.value.suggested_filename)
        caught.value.save_as(kept)
        page.locator("#rc-batch-file").set_input_files(kept)
        page.get_by_role("button", name="开始匹配").click()
        page.get_by_text(f"已提交“{kept.name}”，2 行").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_can_be_read_at_every_size(open_page, desk, clean, address, tmp_path, width, scheme):
    page = open_tab(open_page, address, viewport={"width": width, "height": 900}, color_scheme=scheme)
    hand_in(page, tmp_path, ROWS[:6], name=f"{width}-{scheme}.jsonl")
    assert first(page).locator("[role=progressbar]").is_visible()
    with working(desk):
        first(page).get_by_text("已完成：6 行").wait_for(timeout=60_000)
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert page.evaluate(PALE) == []
