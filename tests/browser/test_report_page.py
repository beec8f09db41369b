"""The evaluation report in a real browser: opened from disk, it asks for nothing, and all of it can be read."""

import pytest

from retrieval.evaluate import evaluate
from tests.browser.colours import COLOURS
from tests.test_report import CASES, MEASURES
from ui.report import evaluation_html, write_report

pytestmark = pytest.mark.browser

# text of the plots that reaches over its edge, and text of the page whose contrast is below 4.5
CUT = """() => [...document.querySelectorAll("svg.rc-plot")].flatMap((svg) => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter((text) => {
    const own = text.getBoundingClientRect();
    return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
  }).map((text) => text.textContent);
})"""
PALE = "() => {" + COLOURS + """
  const found = [...document.querySelectorAll(".rc-report *")].filter((element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && element.checkVisibility());
  return [found.length, found.filter((element) => {
    const style = getComputedStyle(element), color = element.tagName === "text" ? style.fill : style.color;
    const a = light(rgb(color)), b = light(ground(element));
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map((element) => element.tagName + ": " + element.textContent.slice(0, 20))];
}"""


@pytest.fixture(scope="module")
def evaluation(matcher):
    return evaluate(matcher, CASES, systems=["bm25", "tfidf", "dense", "hybrid"], measures=("R@3", "R@5", *MEASURES))


@pytest.fixture(scope="module")
def report(evaluation, matcher, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(evaluation, matcher, path, title="评测报告：<b>案例</b>")
    return path


@pytest.fixture
def open_file(chromium):
    """Return a function that opens a file; afterwards nothing else may have been asked for and no error shown."""
    contexts, opened, requests, errors = [], set(), [], []

    def visit(path, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        opened.add(path.as_uri())
        page.goto(path.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert {url for url in requests if not url.startswith("data:")} == opened and errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_can_be_read(open_file, report, width, scheme):
    page = open_file(report, viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert page.evaluate(CUT) == []
    count, pale = page.evaluate(PALE)
    assert count > 200 and pale == []
    columns = page.evaluate("new Set([...document.querySelectorAll('figure')].map((one) => one.offsetLeft)).size")
    assert columns == (1 if width < 600 else 2)
    ground = page.evaluate("getComputedStyle(document.querySelector('.rc-alone')).backgroundColor")
    assert (ground == "rgb(15, 23, 34)") is (scheme == "dark")


def test_what_cases_say_is_shown_and_never_run(open_file, report):
    page = open_file(report)
    assert page.title() == "评测报告：<b>案例</b>" and page.evaluate("window.hit") is None
    case = page.locator("details", has_text="window.hit").last
    assert not case.locator("blockquote").is_visible()
    case.locator("summary").first.click()
    assert case.locator("blockquote").inner_text() == CASES[0].narrative


def test_every_plot_has_a_name_and_its_numbers(open_file, report):
    page = open_file(report)
    figures = page.locator("figure")
    assert figures.count() == 6
    for number in range(figures.count()):
        figure = figures.nth(number)
        name = figure.locator("figcaption strong").inner_text()
        assert page.get_by_role("img", name=name, exact=False).count() >= 1
        assert figure.locator("svg").bounding_box()["height"] > 60
        figure.locator("summary").click()
        assert figure.locator("tbody tr").first.is_visible()


def test_without_a_script_and_on_paper(open_file, report):
    page = open_file(report, java_script_enabled=False, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible() and "各系统" in page.inner_text("body")


@pytest.mark.parametrize("name", ["", "dark"])
def test_inside_the_page_it_follows_the_page(open_file, evaluation, matcher, tmp_path, name):
    path = tmp_path / "page.html"
    ground = "#0f172a" if name else "#ffffff"
    inside = f"<h1>页面</h1><div>{evaluation_html(evaluation, matcher)}</div>"
    body = f'<body class="{name}" style="background: {ground}">{inside}</body>'
    path.write_text(f'<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">{body}</html>', "utf-8")
    page = open_file(path, viewport={"width": 390, "height": 844}, color_scheme="light" if name else "dark")
    count, pale = page.evaluate(PALE)
    assert count > 100 and pale == []
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth")
    assert page.locator("svg").count() == 6
