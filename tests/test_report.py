import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from xml.dom import minidom

import numpy as np
import pytest

from data.errors import FileError, InputError
from data.schema import Case
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.analysis import Reliability, worst_cases
from retrieval.evaluate import evaluate
from retrieval.index import build
from retrieval.matcher import Matcher
from retrieval.measures import Interval
from retrieval.scoring import SYSTEMS
from ui import plots
from ui.plots import Wording
from ui.report import evaluation_html, report_html, write_report
from ui.report_grounds import grounds
from ui.report_html import Html, element, interval, number, table
from ui.report_tables import honest_note, settings_table, system_name
from ui.report_worst import reason

NASTY = '<script>window.hit=1</script><img src=x onerror="window.hit=1"> & "引号" 隐瞒了台账，证据是假的，我们做了检查'
CASES = [
    Case("a", "alpha", NASTY, {"alpha/art1.p1.i2": 2}, "dev", "项目自编", "p", "<b>短消息</b>"),
    Case("b", "alpha", "企业把台账如实交了，我们按年度计划做完了检查", {"alpha/art1.p1.i1": 2}, "dev", "项目自编", "p", "短消息"),
    Case("c", "beta", "突发事件里临机决断，关阀晚了十分钟", {"beta/art1.p1.i1": 2}, "dev", "项目自编"),
    Case("d", "alpha", "历史遗留问题一直拖到今年才整改", {"alpha/art3.p1": 1}, "dev", "项目自编"),
    Case("e", "beta", "下雨了", {}, "dev", "项目自编"),
    Case("f", "beta", "忘了关阀", {"beta/art1.p1.i1": 2}, "dev", "项目自编"),
]
MEASURES = ("R@1", "RR", "nDCG@10")
WORDS = Wording("key", "标题", "说明", "横轴", "纵轴")
VOID = {"meta", "img", "br", "link", "input", "path", "use", "rect"}


@pytest.fixture(scope="module")
def evaluation(matcher):
    return evaluate(matcher, CASES, systems=["bm25", "dense", "hybrid"], measures=MEASURES)


@pytest.fixture(scope="module")
def page(evaluation, matcher):
    return report_html(evaluation, matcher, title='评测 <"&> 报告')


class Elements(HTMLParser):
    """Collects tags, ids and references, and that every element is closed where it should be."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.ids, self.references, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            self.ids += [value] if name == "id" else []
            self.references += re.findall(r"url\(#([^)]+)\)", value or "")
            self.references += [part.lstrip("#") for part in (value or "").split() if name in ("href", "aria-labelledby")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(page):
    found = Elements(page)
    assert found.open == [] and page.startswith("<!DOCTYPE html>") and 'lang="zh-CN"' in page
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    addresses = set(re.findall(r"https?://[^\"' )<]+", page)) - {"http://www.w3.org/2000/svg"}
    assert addresses == set() and "@import" not in page
    assert len(found.ids) == len(set(found.ids)) and set(found.references) <= set(found.ids)
    assert found.tags.count("svg") == 6 == found.tags.count("figcaption") == found.tags.count("desc")
    assert all(heading in page for heading in ("各系统", "图", "表现最差的案例", "运行参数"))


def test_what_cases_and_titles_say_is_escaped(page):
    assert "<script" not in page and "<img" not in page and "<b>短" not in page
    assert "&lt;script&gt;window.hit=1&lt;/script&gt;" in page and "评测 &lt;&quot;&amp;&gt; 报告" in page


def test_the_same_evaluation_gives_the_same_page(evaluation, matcher, page):
    assert report_html(evaluation, matcher, title='评测 <"&> 报告') == page


def test_numbers_stand_in_the_tables(evaluation, page):
    for system in evaluation.systems:
        for value in system.means.values():
            assert f"{value.mean:.3f} <small>{value.low:.2f}–{value.high:.2f}</small>" in page
    row = evaluation.comparisons[0]
    assert f"<td>{row['win']} / {row['tie']} / {row['loss']}</td><td>{row['p']:.4f}</td><td>{row['p_holm']:.4f}</td>" in page
    for digest in (evaluation.cases_digest, evaluation.index_digest, evaluation.model_digest[:16]):
        assert digest in page
    assert "6 个，其中 5 个有标注" in page and "没有给出概率（未校准）" in page


def test_the_part_for_the_page_has_the_same_plots_and_no_page_of_its_own(evaluation, matcher, page):
    part = evaluation_html(evaluation, matcher)
    assert Elements(part).open == [] and type(part) is str
    assert re.findall(r"<svg.*?</svg>", part, re.S) == re.findall(r"<svg.*?</svg>", page, re.S)
    assert part.startswith("<style>") and "<body" not in part and "<script" not in part and "window.hit" not in part


def test_stated_probabilities_get_a_diagram(evaluation, matcher):
    last = evaluation.systems[-1]
    stated = {case: {clause: 0.2 + 0.1 * n for n, clause in enumerate(found)} for case, found in last.run.items() if found}
    calibrated = replace(evaluation, systems=(*evaluation.systems[:-1], replace(last, probabilities=stated)))
    part = evaluation_html(calibrated, matcher)
    assert part.count("<svg") == 7 and "概率是否可靠" in part and "未校准" not in part


@pytest.mark.parametrize("cases", [CASES[4:5], CASES[5:6]], ids=["no labels", "only an abstention"])
def test_little_to_tell_is_told_in_sentences(matcher, cases):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = evaluate(matcher, cases, systems=["hybrid"], measures=MEASURES)
        page = report_html(result, matcher, title="空")
    assert Elements(page).open == [] and "nan" not in page and "没有可比较的对手" in page
    assert ("没有带标注的案例" in page) or ("排在应列的条款之上" in page)


def test_writing_is_atomic_and_failures_are_one_chinese_sentence(evaluation, matcher, tmp_path):
    path = tmp_path / "deep" / "report.html"
    write_report(evaluation, matcher, path, title="评测")
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>") and [p.name for p in path.parent.iterdir()] == ["report.html"]
    with pytest.raises(FileError, match="评测报告无法写入.*写权限。$"):
        write_report(evaluation, matcher, path / "below-a-file.html")
    (path.parent / "folder.html").mkdir()
    with pytest.raises(FileError, match="评测报告无法写入"):
        write_report(evaluation, matcher, path.parent / "folder.html")
    assert sorted(p.name for p in path.parent.iterdir()) == ["folder.html", "report.html"]


def test_another_index_is_refused(evaluation, matcher):
    with pytest.raises(InputError, match="同一索引"):
        evaluation_html(replace(evaluation, index_digest="other"), matcher)


def test_reasons_are_facts(evaluation, matcher):
    names = {entry.clause.id: entry.clause.id for entry in matcher.index.entries}
    worst = {worst.case.id: worst for worst in worst_cases(evaluation)}
    assert "没有未标注的条款排在应列的条款之上" in reason(worst["f"], {}, names)
    told = grounds(matcher, CASES[3], names, system="hybrid")
    assert set(told) == {name for name in names if name.startswith("alpha/")}
    assert told["alpha/art2.p1.i1"].words == ("历史遗留问题",)
    assert told["alpha/art2.p1.i1"].sentence == CASES[3].narrative
    assert sum(told["alpha/art2.p1.i1"].counted.values()) == pytest.approx(told["alpha/art2.p1.i1"].parts["bm25"])
    said = reason(worst["d"], told, names)
    assert said.startswith("第 1 名的alpha/art2.p1.i1与第 ") and "应列的alpha/art3.p1相比" in said
    assert "前者“历史遗留问题”，后者无。" in said and f"BM25 {told['alpha/art2.p1.i1'].parts['bm25']:.3f} 对 0.000" in said
    with_attention = {name: replace(one, parts={"attention": 0.25}, usual={}) for name, one in told.items()}
    assert "：条款注意力 0.250 对 0.250；" in reason(worst["d"], with_attention, names)
    assert reason(replace(worst["d"], top=worst["d"].sought), told, names) == "没有未标注的条款排在应列的条款之上。"


def test_grounds_of_a_lexical_system_have_no_sentence(matcher):
    found = grounds(matcher, CASES[3], ["alpha/art2.p1.i1", "beta/art1.p1.i1"], system="bm25")["alpha/art2.p1.i1"]
    assert set(found.parts) == {"bm25"} and found.sentence == "" and found.usual == {} and "历史" in found.counted
    assert grounds(matcher, CASES[3], [], system="bm25") == {}


def test_what_any_narrative_scores_is_told_where_it_is_taken_away(entries, settings):
    encoder, segmenter = StubEncoder(), load_segmenter()
    sample = ["历史遗留问题很多", "下雨"]
    matcher = Matcher(build(entries, encoder, segmenter, settings, background=sample), encoder, segmenter, settings)
    found = grounds(matcher, CASES[3], ["alpha/art2.p1.i1"], system="hybrid")["alpha/art2.p1.i1"]
    at = [entry.clause.id for entry in entries].index("alpha/art2.p1.i1")
    # the first text of the sample has the clause's only keyword, the second has none: 1 and 0
    assert found.usual == pytest.approx({"dense": 0.5, "bm25": matcher.index.background.bm25[at],
                                         "tfidf": matcher.index.background.tfidf[at]})  # fmt: skip
    assert grounds(matcher, CASES[3], ["alpha/art2.p1.i1"], system="dense")["alpha/art2.p1.i1"].usual == {}
    result = evaluate(matcher, CASES, systems=["hybrid"], measures=MEASURES)
    assert "得分减去平常" in report_html(result, matcher, title="评测")


def test_the_note_says_where_the_cases_come_from():
    own, other = CASES[0], replace(CASES[1], source="某局", split="test")
    assert "全部由本项目自己编写" in honest_note([own]) and "偏乐观" in honest_note([own])
    assert "1 个由本项目自己编写" in honest_note([own, other])
    assert "使用者的文件" in honest_note([other]) and "偏乐观" not in honest_note([other])


def test_settings_name_no_folder_of_this_machine(settings):
    shown = settings_table(settings.model_copy(update={"encoder": "/srv/secret/my-encoder"}))
    assert "my-encoder" in shown and "secret" not in shown and str(settings.cache_dir) not in shown
    assert "<td>intfloat/e5</td>" in settings_table(settings.model_copy(update={"encoder": "intfloat/e5"}))


def test_html_pieces():
    assert element("p", "<a>", Html("<b>x</b>"), class_='"') == '<p class="&quot;">&lt;a&gt;<b>x</b></p>'
    assert element("p", "x", class_="") == "<p>x</p>"
    assert "<th scope=\"row\">1</th><td>&amp;</td>" in table(["a", "b"], [("1", "&")], caption="c")
    assert number(float("nan")) == interval(Interval(float("nan"), 0, 0, 0)) == "—"


def drawings():
    level = Interval(0.5, 0.4, 0.6, 7)
    long = "一个长得放不下的名字<&>$x$"
    yield plots.curves(WORDS, {"融合": np.array([0.1, 0.5]), "$a$": np.array([np.nan, 0.2])}, chance=np.array([0.1, 0.2]))
    yield plots.bars(WORDS, {"R@5": {long: level, "b": level}, "RR": {long: level, "b": level}})
    yield plots.bars(WORDS, {"R@5": {"": level}})
    yield plots.histogram(WORDS, np.array([0.0, 1.0, 2.0]), {"甲": np.array([1, 3]), "乙": np.array([0, 0])})
    yield plots.heatmap(WORDS, [long, "乙"], ["丙"], np.array([[1.0], [np.nan]]))
    yield plots.reliability_diagram(WORDS, Reliability(np.array([0.2]), np.array([0.3]), np.array([4])))


def test_plots_are_clean_svg_that_needs_no_font_here():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of every glyph that its own font lacks
        found = list(drawings())
    for svg in found:
        minidom.parseString(svg)
        assert "<title id=\"key-title\">标题</title><desc id=\"key-desc\">说明</desc>" in svg
        assert "DejaVu" not in svg and "<style" not in svg and "Noto Sans CJK SC" in svg
        assert not re.search(r"#[0-9a-f]{6}(?!\))", svg.replace("href=\"#", "")), "every colour is a variable"
        assert not re.findall(r">[Wm@]{3,}<", svg), "a label was not put back"
    assert "融合" in found[0] and "$a$" in found[0] and "一个长得放不…" in found[1] and "n=7" in found[2]
    assert found[4].count("<text") == 6  # two rows, a column, two axes and the one cell that is a number


def test_systems_and_grades_are_called_and_explained_in_chinese(evaluation, matcher):
    page = report_html(evaluation, matcher, title="评测")
    assert "2 级，直接成立" in page
    for name, parts in SYSTEMS.items():
        assert system_name(name) != name
        assert set(parts) <= {"bm25", "tfidf"} or f"{system_name(name)}即 {name}" in page
