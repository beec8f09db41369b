"""The tab 条款库 in a real browser, in single-user mode: browse, search, a Word file from upload to a match, versions."""

import pytest

from data.store.store import open_store
from retrieval.shelf import Shelf
from tests.browser.conftest import served
from tests.browser.test_page import CONTRAST
from tests.publishing.samples import base_matcher
from tests.services.test_library import DEVICE, word_file
from ui.services.desk import Desk

pytestmark = pytest.mark.browser
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TAB = "#rc-library-tab"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return base_matcher(tmp_path_factory.mktemp("base"))


@pytest.fixture
def library_server(base, tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        desk = Desk(store, Shelf(tmp_path / "files" / "library", base), tmp_path / "files")
        with served(desk, single=True) as address:
            yield address


def tab(page):
    page.get_by_role("tab", name="条款库").click()
    page.wait_for_selector(f"{TAB} .rc-lib-regulation")
    return page


def view(page, name):
    page.locator(".rc-lib-nav button", has_text=name).click()


def status(page):
    return page.locator(f"{TAB} > * .rc-status").first


def drafted(page):
    view(page, "上传与校对")
    page.wait_for_selector("#rc-lib-file")
    page.set_input_files("#rc-lib-file", [{"name": "mouxian-2024.docx", "mimeType": DOCX, "buffer": word_file()}])
    page.get_by_role("button", name="上传并解析").click()
    page.wait_for_selector(".rc-lib-draft")
    return page


def published(page):
    drafted(page)
    page.fill("#rc-lib-fact-region", "某县")
    page.get_by_role("button", name="保存资料").click()
    page.wait_for_function("document.querySelector('#rc-library-tab .rc-status').textContent.includes('资料已保存')")
    page.get_by_label("类别：(一)第三方").select_option("duty_fulfilled")
    assert page.locator(".rc-lib-changed").count() == 1
    page.fill("#rc-lib-why", "讲的是已尽责")
    page.get_by_role("button", name="保存类别").click()
    page.wait_for_function("document.querySelector('#rc-library-tab .rc-status').textContent.includes('已更正 1 条')")
    view(page, "版本")
    page.get_by_role("checkbox", name="某县生态环境系统容错纠错办法").check()
    page.fill("#rc-lib-note", "某县办法<img src=x onerror=alert(1)>")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".rc-lib-publish .rc-lib-main").click()
    page.wait_for_function("document.querySelector('#rc-library-tab .rc-status').textContent.includes('已发布第 1 版')")
    return page


def test_browse_to_a_clause_and_on_to_the_same_rule_elsewhere(open_page, library_server):
    page = tab(open_page(library_server))
    page.locator(".rc-lib-regulation > summary").first.click()
    page.locator(".rc-lib-regulation").first.locator(".rc-lib-section > summary").nth(1).click()
    page.locator(f"{TAB} .rc-lib-article button:visible").first.click()
    page.wait_for_selector("#rc-lib-title")
    assert "《山东省" in page.inner_text("#rc-lib-title")
    page.wait_for_function("document.activeElement.id === 'rc-lib-title'")


def test_search_by_number_and_by_words(open_page, library_server):
    page = tab(open_page(library_server))
    page.fill("#rc-lib-query", "第十三条第(六)项")
    page.press("#rc-lib-query", "Enter")
    page.wait_for_selector(".rc-lib-hits li")
    page.locator(".rc-lib-hits button", has_text="山东省").click()
    page.wait_for_selector(".rc-lib-related")
    assert page.inner_text("#rc-lib-title").endswith("第十三条第（六）项")
    page.fill("#rc-lib-query", "<script>window.hit=1</script>")
    page.press("#rc-lib-query", "Enter")
    page.wait_for_selector("text=没有找到")
    assert page.evaluate("window.hit") is None
    page.fill("#rc-lib-query", "")
    page.press("#rc-lib-query", "Enter")
    page.wait_for_selector(f"{TAB} .rc-status.rc-error")


def test_a_word_file_becomes_a_published_version_that_is_matched(open_page, library_server):
    page = published(tab(open_page(library_server)))
    assert "onerror" in page.inner_text(".rc-lib-versions .rc-list") and page.locator(".rc-list img").count() == 0
    page.get_by_role("button", name="改了什么").first.click()
    page.wait_for_selector(".rc-lib-added")
    view(page, "浏览查找")
    page.wait_for_selector("text=现行第 1 版，5 部法规")
    page.fill("#rc-lib-query", DEVICE[:10])
    page.press("#rc-lib-query", "Enter")
    page.locator(".rc-lib-hits button").first.click()
    page.wait_for_selector("#rc-lib-title")
    assert "履职尽责：人工指定：讲的是已尽责" in page.inner_text(".rc-lib-facts")
    view(page, "版本")
    page.fill("#rc-lib-note", "先撤回")
    page.locator(".rc-lib-versions").get_by_role("button", name="撤回到此").click()
    page.wait_for_function("document.querySelector('#rc-library-tab .rc-status').textContent.includes('作为第 2 版发布')")


def test_a_wrong_file_and_a_missing_one_are_told(open_page, library_server):
    page = tab(open_page(library_server))
    view(page, "上传与校对")
    page.wait_for_selector("#rc-lib-file")
    page.get_by_role("button", name="上传并解析").click()
    page.wait_for_selector("text=还没有选择文件")
    page.set_input_files("#rc-lib-file", [{"name": "a.docx", "mimeType": DOCX, "buffer": b"PK nothing"}])
    page.get_by_role("button", name="上传并解析").click()
    page.wait_for_selector("text=不是真正的 .docx 文件")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_source_and_parse_stand_side_by_side_or_one_under_the_other(open_page, library_server, scheme):
    page = drafted(tab(open_page(library_server, color_scheme=scheme, viewport={"width": 1280, "height": 900})))
    places = page.locator(".rc-lib-clause-row").first.locator(":scope > div")
    left, right = places.nth(0).bounding_box(), places.nth(1).bounding_box()
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"] + 1
    page.set_viewport_size({"width": 390, "height": 844})
    left, right = places.nth(0).bounding_box(), places.nth(1).bounding_box()
    assert left["y"] + left["height"] <= right["y"] + 1 and left["x"] == right["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert [what for ratio, what in page.evaluate(CONTRAST) if ratio < 4.5] == []
