"""The evaluation tab in a real browser, over the stub matcher: what is chosen, watched, stopped, shown and saved."""

import json
import re
import threading
import time

import pytest

from tests.browser.test_page import CONTRAST, search
from tests.browser.test_report_page import CUT, PALE
from ui import page_evaluate

pytestmark = pytest.mark.browser

ROWS = [
    {"id": "a", "region": "alpha", "text": "老板隐瞒了台账<script>window.hit=1</script>", "labels": {"alpha/art1.p1.i2": 2}},
    {"id": "b", "region": "alpha", "text": "我们按双随机要求做完了检查", "relevant": ["alpha/art1.p1.i1"]},
    {"id": "c", "region": "beta", "text": "突发事件里临机决断，关阀晚了十分钟", "labels": {"beta/art1.p1.i1": 1}},
    {"id": "d", "region": "beta", "text": "今天下雨了，没有别的事", "labels": {}},
]
CASES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode()


def jsonl(content, name="案例.jsonl"):
    return {"name": name, "mimeType": "application/jsonl", "buffer": content}


def tab(page):
    page.get_by_role("tab", name="评测").click()
    page.wait_for_selector("#rc-start")
    return page


def choose(page, content, name="案例.jsonl"):
    page.get_by_label("自己的文件").check()
    page.set_input_files("#rc-file", [jsonl(content, name)])
    page.wait_for_function("document.querySelector('.rc-chosen').textContent.match(/。$/)")
    return page


def start(page):
    page.get_by_role("button", name="开始评测").click()
    return page


def status(page):
    return page.locator("#rc-evaluating .rc-status")


def evaluated(page):
    start(choose(tab(page), CASES)).wait_for_selector(".rc-measured", timeout=60_000)
    return page


def refused(page):
    page.wait_for_selector("#rc-evaluating .rc-status.rc-error")  # not that of the chosen file
    return status(page).inner_text()


class Held:
    """Evaluations that stand still after each case until `go` is set; `log` says when each began and ended."""

    def __init__(self):
        self.log, self.go = [], threading.Event()


@pytest.fixture
def held(monkeypatch):
    real, held = page_evaluate.evaluate, Held()

    def slowly(matcher, cases, *, systems, measures, progress):
        def wait(done, total):
            progress(done, total)
            while not held.go.wait(0.2):
                progress(done, total)  # which raises once it is stopped

        held.log.append("start")
        try:
            return real(matcher, cases, systems=systems, measures=measures, progress=wait)
        finally:
            held.log.append("end")

    monkeypatch.setattr(page_evaluate, "evaluate", slowly)
    yield held
    held.go.set()


def wait_until(true, seconds=10):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_own_cases_are_measured_and_shown(page):
    evaluated(page)
    assert re.fullmatch(r"评测完成：4 个案例，5 个系统，用时 .+。", status(page).inner_text())
    shown = page.locator(".rc-measured")
    assert shown.locator("h2").first.inner_text().endswith("案例.jsonl，4 个案例")
    assert shown.locator("table").count() >= 2 and shown.locator("svg.rc-plot").count() >= 5
    heads = shown.locator("table").first.locator("thead th").all_inner_texts()
    assert heads == ["指标", "BM25", "TF-IDF", "向量检索", "居中向量", "融合检索"]
    assert page.evaluate("window.hit") is None
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_report_and_figures_are_saved_by_the_browser(page):
    evaluated(page)
    saved = {}
    for name in ("下载报告", "下载 JSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        saved[name] = waiting.value
        assert "已保存" in page.locator(".rc-measured .rc-done").inner_text()
    assert re.fullmatch(r"容错条款评测-\d{8}-\d{6}\.html", saved["下载报告"].suggested_filename)
    html = saved["下载报告"].path().read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>\n<html") and "<script" not in html
    assert "<h1>评测报告：案例.jsonl，4 个案例</h1>" in html
    result = json.loads(saved["下载 JSON"].path().read_text("utf-8"))
    assert result["cases"] == 4 and list(result["systems"]) == ["bm25", "tfidf", "dense", "centred", "hybrid"]


def test_only_the_chosen_systems_run(page):
    choose(tab(page), CASES)
    for name in ("BM25", "TF-IDF", "居中向量"):
        page.get_by_label(name).uncheck()
    start(page).wait_for_selector(".rc-measured", timeout=60_000)
    heads = page.locator(".rc-measured table").first.locator("thead th").all_inner_texts()
    assert heads == ["指标", "向量检索", "融合检索"]


def test_progress_is_seen_and_matching_goes_on(page, held):
    start(choose(tab(page), CASES))
    page.get_by_text("已评测 1 / 4 个案例").first.wait_for()
    bar = page.get_by_role("progressbar")
    assert [bar.get_attribute(f"aria-value{name}") for name in ("now", "max")] == ["1", "4"]
    assert page.get_by_role("button", name="停止").is_visible() and not page.get_by_role("button", name="开始评测").is_visible()
    page.get_by_role("tab", name="匹配").click()
    search(page)
    assert held.log == ["start"], "matching waited for the evaluation"
    held.go.set()
    page.get_by_role("tab", name="评测").click()
    page.wait_for_selector(".rc-measured", timeout=60_000)
    page.get_by_role("tab", name="匹配").click()
    assert page.locator(".rc-card").count() > 0, "the other tab keeps its result"


def test_it_can_be_stopped_and_started_again(page, held):
    start(choose(tab(page), CASES))
    page.wait_for_selector("#rc-evaluating [aria-valuenow]")
    page.get_by_role("button", name="停止").click()
    wait_until(lambda: held.log == ["start", "end"], 30)
    page.wait_for_timeout(1500)  # nothing that was on its way may come after
    assert status(page).inner_text() == "评测已停止，没有得到结果。" and page.locator(".rc-measured").count() == 0
    held.go.set()
    start(page).wait_for_selector(".rc-measured", timeout=60_000)


def test_it_stops_when_the_visitor_leaves(open_page, server, held):
    page = open_page(server)
    start(choose(tab(page), CASES)).wait_for_selector("#rc-evaluating [aria-valuenow]")
    page.close()
    wait_until(lambda: held.log == ["start", "end"], 30)


def test_two_visitors_take_turns(open_page, server, held):
    pages = [choose(tab(open_page(server)), CASES) for _ in range(2)]
    for page in pages:
        start(page)
    pages[0].wait_for_selector("#rc-evaluating [aria-valuenow]")
    assert status(pages[1]).inner_text().startswith("等待开始")
    held.go.set()
    for page in pages:
        page.wait_for_selector(".rc-measured", timeout=60_000)
    assert held.log == ["start", "end"] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CASES + b'\n{"id": "x"}', "案例.jsonl 第 5 行：缺少 text 或不是文字，请改正后再试。"),
        (CASES + b"\n{", "案例.jsonl 第 5 行"),
        (b"\n", "案例文件里没有案例，请检查文件。"),
        (CASES.replace(b"beta/art1", b"beta/art9"), "案例 c 标注的条款 beta/art9.p1.i1 "),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(page, content, message):
    start(choose(tab(page), content))
    said = refused(page)
    assert said.startswith(message) and said.count("。") == 1 and page.locator(".rc-measured").count() == 0


def test_what_cannot_be_read_is_said_beside_the_button(page):
    choose(tab(page), "案例".encode("gbk"))
    assert page.locator(".rc-chosen").inner_text() == "案例.jsonl 读不出来，请确认它是 UTF-8 的 .jsonl 文件。"
    assert "还没有选择案例文件" in refused(start(page))
    page.evaluate("document.getElementById('rc-file').dataset.limitMb = '0.00001'")
    choose(page, CASES)
    assert page.locator(".rc-chosen").inner_text().endswith("请分成几个文件。")
    page.evaluate("document.getElementById('rc-file').dataset.limitMb = '20'")
    choose(page, CASES)  # the same file once more
    assert page.locator(".rc-chosen").inner_text() == "已选择 案例.jsonl。"
    start(page).wait_for_selector(".rc-measured", timeout=60_000)


def test_a_fault_of_the_program_is_said_in_place(page, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(page_evaluate, "evaluate", broken)
    assert refused(start(choose(tab(page), CASES))).startswith("程序出错")
    assert page.get_by_role("button", name="开始评测").is_visible()


def test_shipped_cases_and_what_each_set_is_for(page):
    tab(page)
    assert page.get_by_label("开发集").is_checked() and "平时用它" in page.locator(".rc-source-notes").inner_text()
    page.get_by_label("测试集").check()
    assert "只在发布时使用" in page.locator(".rc-source-notes").inner_text()
    assert not page.locator("label[for=rc-file]").is_visible()
    page.get_by_label("均匀取 50 个").check()
    assert refused(start(page)).startswith("案例 t1-001")  # the index of these tests has other clauses
    for name in ("BM25", "TF-IDF", "向量检索", "居中向量", "融合检索"):
        page.get_by_label(name).uncheck()
    start(page)
    page.wait_for_function("document.querySelector('#rc-evaluating .rc-status').textContent === '没有选择系统，请至少选择一个。'")


def test_the_keyboard_does_it_all(page):
    page.get_by_role("tab", name="评测").focus()
    page.keyboard.press("Enter")
    choose(page, CASES)
    page.get_by_role("tab", name="评测").focus()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value || ''"))
        if reached[-1] == "rc-start":
            break
    assert {"dev", "own", "rc-file", "all", "some", "rc-start"} <= set(reached), reached
    page.keyboard.press("Enter")
    page.wait_for_selector(".rc-measured", timeout=60_000)
    page.wait_for_function("document.activeElement.id === 'rc-start'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.export") == "report"


@pytest.mark.parametrize("width", [320, 390])
def test_no_sideways_scrolling(open_page, server, width):
    page = tab(open_page(server, viewport={"width": width, "height": 844}))
    for _ in ("empty", "with a result"):
        assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
        start(choose(page, CASES, "名" * 80 + ".jsonl")).wait_for_selector(".rc-measured", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(open_page, server, scheme):
    page = evaluated(open_page(server, color_scheme=scheme))
    page.locator("#rc-evaluating details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
    boxes = "|| (!['radio', 'checkbox'].includes(element.type) && element.value)"  # their values are not text that is seen
    found = page.evaluate(CONTRAST.replace("|| element.value", boxes))
    assert [(round(ratio, 2), what) for ratio, what in found if ratio < 4.5] == []
    count, pale = page.evaluate(PALE)
    assert count > 100 and pale == [] and page.evaluate(CUT) == []


def test_evenly_spaced():
    assert page_evaluate.evenly("abcdefghij", 5) == tuple("acegi")
    assert page_evaluate.evenly("abc", 2) == ("a", "b") and page_evaluate.evenly("abc", 5) == tuple("abc")
