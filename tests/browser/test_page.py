"""The page in a real browser, over the stub matcher: what a visitor reads, and what never happens."""

import json
import re

import pytest

from tests.browser.colours import COLOURS
from ui.page_examples import EXAMPLES

pytestmark = pytest.mark.browser

STORY = "今天下雨。企业老板隐瞒了台账，证据是前一晚补的。我们按计划做了检查，没有发现。"
NASTY = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>${window.hit=1}{{value}}老板隐瞒了证据，我们做了检查。'

# every element with text of its own, and its contrast to the nearest background that is not transparent
CONTRAST = "() => {" + COLOURS + """
  const found = [];
  for (const element of document.querySelectorAll("#rc *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || element.value;
    if (!own || !element.checkVisibility()) continue;
    const a = light(rgb(getComputedStyle(element).color)), b = light(ground(element));
    const what = element.className + ": " + (element.value || element.textContent).slice(0, 20);
    found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), what]);
  }
  return found;
}"""


def box(page):
    return page.get_by_label("事情经过").first


def status(page):
    return page.locator("#rc-matching .rc-status").first.inner_text()


def search(page, text=STORY):
    box(page).fill(text)
    page.get_by_role("button", name="查找相近条款").click()
    page.wait_for_selector(".rc-card")
    return page


def marked(locator):
    return locator.locator("mark.rc-word").all_inner_texts()


def test_a_narrative_gets_cards_with_the_reason_marked(page):
    search(page)
    assert status(page) == "列出 5 条相近条款：容错情形 2 条、履职尽责 2 条、不予容错 1 条。"
    assert [h.split()[0] for h in page.locator("h3").all_inner_texts()] == ["可能有利", "可能不利"]
    card = page.locator('.rc-card[data-rank="1"]')
    assert "《alpha》" in card.inner_text() and "1.000" in card.inner_text() and "未校准" in card.inner_text()
    assert {"隐瞒", "证据"} <= set(marked(card))
    told = page.locator(".rc-told")
    assert told.inner_text() == STORY and {"隐瞒", "证据"} <= set(marked(told))
    assert box(page).input_value() == STORY


def test_pointing_at_a_card_shows_its_own_evidence(page):
    search(page)
    card = page.locator('.rc-card[data-rank="1"]')
    card.hover()
    quotes = card.locator("blockquote").all_inner_texts()
    shown = "".join(page.locator(".rc-told .rc-active").all_inner_texts())
    assert quotes and all(quote in shown for quote in quotes)
    page.mouse.move(2, 2)
    assert page.locator(".rc-told .rc-active").count() == 0


def test_the_keyboard_reaches_everything(page):
    box(page).focus()
    page.keyboard.insert_text(STORY)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".rc-card")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.innerText || document.activeElement.id).trim().slice(0, 6)"))
        if page.evaluate("document.activeElement.classList.contains('rc-card')"):
            break
    assert {"企业造假", "查找相近条款", "清空", "复制结果"} <= reached
    rank = page.evaluate("document.activeElement.dataset.rank")
    assert page.locator(f'.rc-told .rc-active[data-windows~="{rank}"]').count() > 0
    focused = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert focused >= page.evaluate("document.querySelector('.rc-narrative').getBoundingClientRect().bottom") - 1


def test_an_example_and_clear(page):
    label, text = EXAMPLES[0]
    page.get_by_role("button", name=label).click()
    page.wait_for_function("text => document.querySelector('#rc-story textarea').value === text", arg=text)
    page.get_by_role("button", name="查找相近条款").click()
    page.wait_for_selector(".rc-card")
    page.get_by_role("button", name="清空").click()
    page.wait_for_selector(".rc-card", state="detached")
    assert box(page).input_value() == ""


def test_one_regulation_only(page):
    page.get_by_label("范围").click()
    page.get_by_role("option", name="beta").click()
    search(page)
    assert "《alpha》" not in page.locator(".rc-clauses").inner_text()
    assert page.locator(".rc-empty").count() == 2
    assert page.locator("h2 small").inner_text() == "beta"


def test_an_abstention_says_why(page):
    box(page).fill("出事了")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".rc-notice")
    assert "叙述只有 3 个汉字" in status(page)
    assert page.locator(".rc-card").count() == 0


@pytest.mark.parametrize(("text", "message"), [("  ", "叙述是空的"), ("检查" * 10_001, "超过一次 20000 字的上限")])
def test_bad_input_is_said_in_place_and_kept(page, text, message):
    search(page)
    box(page).fill(text)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".rc-error")
    assert message in status(page)
    assert box(page).input_value() == text and page.locator(".rc-card").count() == 0


def test_a_fault_of_the_program_is_said_in_place(page, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("ui.tabs.matching.result_html", broken)
    box(page).fill(STORY)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".rc-error")
    assert status(page).startswith("程序出错") and box(page).input_value() == STORY


def test_what_is_typed_in_is_never_run(page):
    search(page, NASTY)
    assert page.locator(".rc-told").inner_text() == NASTY
    assert page.evaluate("window.hit") is None


def test_nothing_is_kept_in_the_browser(page):
    search(page)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("indexedDB.databases().then((all) => all.length)") == 0


def test_the_page_is_chinese_whatever_the_browser_is(page):
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == "容错条款匹配助手"
    words = re.sub(r"Ctrl\+Enter|JSON|《.*", "", search(page).inner_text("body"))
    assert not re.findall(r"[A-Za-z]{2,}", words.partition("以上为文本相似度建议")[0])
    assert page.locator("a").count() == 0


def test_copy_and_save(open_page, server):
    page = search(open_page(server, permissions=["clipboard-read", "clipboard-write"]))
    page.get_by_role("button", name="复制结果").click()
    page.wait_for_function("document.querySelector('.rc-done').textContent === '已复制。'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert STORY in copied and "【不予容错】" in copied and "相似度不是概率" in copied
    saved = {}
    for name in ("下载文字版", "下载 JSON"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=name).click()
        saved[name] = waiting.value
    assert re.fullmatch(r"容错条款匹配-\d{8}-\d{6}\.txt", saved["下载文字版"].suggested_filename)
    assert saved["下载文字版"].path().read_text("utf-8") == copied
    result = json.loads(saved["下载 JSON"].path().read_text("utf-8"))
    assert result["narrative"] == STORY and len(result["matches"]) == page.locator(".rc-card").count()


def test_copy_works_without_the_clipboard_interface(page):
    # as on http://<address in the office>, where browsers offer no navigator.clipboard
    search(page)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { get: () => undefined })")
    page.get_by_role("button", name="复制结果").click()
    page.wait_for_function("document.querySelector('.rc-done').textContent === '已复制。'")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_sideways_scrolling(open_page, server, width):
    page = open_page(server, viewport={"width": width, "height": 844})
    for _ in ("empty", "with a result"):
        assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
        search(page, STORY + "https://example.invalid/" + "a" * 200)
    columns = page.evaluate("new Set([...document.querySelectorAll('.rc-headlines > *')].map((e) => e.offsetLeft)).size")
    assert columns == (1 if width < 600 else 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(open_page, server, scheme):
    page = search(open_page(server, color_scheme=scheme))
    assert page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
    for state in ("plain", "pointed at"):
        found = page.evaluate(CONTRAST)
        assert len(found) > 30
        assert [(round(ratio, 2), what) for ratio, what in found if ratio < 4.5] == [], state
        page.locator('.rc-card[data-rank="1"]').hover()
    for text, kind in (("出事了", "notice"), (" ", "error")):
        box(page).fill(text)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(f".rc-{kind}")
        assert [what for ratio, what in page.evaluate(CONTRAST) if ratio < 4.5] == []


def test_a_lost_connection_is_said_in_place(page, errors):
    box(page).fill(STORY)
    page.route("**/gradio_api/**", lambda route: None)  # what was sent is never answered
    page.get_by_role("button", name="查找相近条款").click()
    page.wait_for_function("document.querySelector('.rc-status').textContent === '正在查找……'")
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('gone')); }")
    page.wait_for_selector(".rc-error")
    assert "连接断了" in status(page) and box(page).input_value() == STORY
    page.unroute_all()
    page.reload()  # as Gradio does when the program is back
    page.wait_for_function("text => document.querySelector('#rc-story textarea')?.value === text", arg=STORY)
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="查找相近条款").click()
    page.wait_for_selector(".rc-card")
    assert all("gone" in error or "errored out" in error for error in errors), errors
    errors.clear()


def test_many_visitors_at_once_each_get_their_own(open_page, server):
    texts = [STORY, "突发事件里我们临机决断先处置了，后来出现失误。", "解决历史遗留问题的时候程序上出现失误。"]
    pages = [open_page(server) for _ in texts]
    for page, text in zip(pages, texts, strict=True):
        box(page).fill(text)
        page.get_by_role("button", name="查找相近条款").click()
    for page, text in zip(pages, texts, strict=True):
        page.wait_for_selector(".rc-card")
        assert page.locator(".rc-told").inner_text() == text
