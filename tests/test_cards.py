import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from data.schema import Span
from models.segment import load_segmenter
from ui.cards import TOP, result_html, status_html, summary
from ui.page_marks import mark_stretches, mark_words, stretches
from ui.page_text import export_json, export_text
from ui.tabs.common import FAILED

STORY = "今天下雨。企业老板隐瞒了台账，证据是前一晚补的。我们按计划做了检查，没有发现。"
NASTY = "<script>alert(1)</script>\"'&amp; ${x} {{y}} 企业老板隐瞒了证据，我们做了检查。"


@pytest.fixture
def report(matcher):
    return matcher.match(STORY, top_k=10, per_headline=3)


def show(report, scope="全部规定"):
    return result_html(report, load_segmenter(), scope=scope)


class Reader(HTMLParser):
    """Collects tags, their attributes, and the text that a browser would show."""

    void = {"br"}

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = [], [], [], ""
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_stretches_cover_the_text_and_know_their_ranks():
    text = "一二三四五六七八九十"
    found = stretches(text, windows=[(1, Span(0, 5)), (2, Span(3, 8))], words=[(2, Span(4, 6))])
    assert "".join(s.text for s in found) == text
    assert [(s.text, s.windows, s.words) for s in found] == [
        ("一二三", (1,), ()),
        ("四", (1, 2), ()),
        ("五", (1, 2), (2,)),
        ("六", (2,), (2,)),
        ("七八", (2,), ()),
        ("九十", (), ()),
    ]


def test_stretches_at_the_edges():
    assert stretches("") == []
    assert [s.text for s in stretches("原样")] == ["原样"]
    # windows that touch, an empty one, one beyond the end
    found = stretches("甲乙丙", windows=[(1, Span(0, 1)), (1, Span(1, 2)), (2, Span(2, 2)), (3, Span(2, 9))])
    assert [(s.text, s.windows) for s in found] == [("甲", (1,)), ("乙", (1,)), ("丙", (3,))]


def test_only_the_best_ranks_are_marked_and_all_can_be_found():
    found = stretches("甲乙丙丁", best=[(1, Span(0, 2)), (9, Span(2, 4))], words=[(1, Span(1, 2))])
    html = mark_stretches(found, top=(1, 2, 3))
    assert re.findall(r"<mark class=\"([^\"]+)\"", html) == ["rc-window", "rc-word rc-window"]
    assert '<span data-best="9">丙丁</span>' in html
    assert 'title="第 1 名条款的依据"' in html


def test_marked_words_are_the_spans():
    html = mark_words("隐瞒、伪造<证据>的", [Span(0, 2), Span(6, 8)])
    assert re.findall(r"<mark[^>]*>([^<]+)</mark>", html) == ["隐瞒", "证据"]
    assert "&lt;" in html and Reader(html).text == "隐瞒、伪造<证据>的"


def test_cards_hold_citation_text_similarity_and_evidence(report):
    html = show(report)
    first = report.matches[0]
    card = re.search(rf'<article[^>]*data-rank="{first.rank}".*?</article>', html, re.S).group()
    text = Reader(card).text
    assert first.citation in text and first.clause.text in text
    assert f"{first.similarity:.3f}" in text and "相似度" in text and "未校准" in text
    for evidence in first.evidence:
        assert evidence.narrative.of(STORY) in text
    assert 'tabindex="0"' in card and "<mark" in card and "隐瞒" in re.findall(r"<mark[^>]*>([^<]+)</mark>", card)


def test_the_narrative_stands_there_unchanged(report):
    told = re.search(r'<div class="rc-told"[^>]*>(.*?)</div>', show(report), re.S).group(1)
    assert Reader(told).text == STORY
    assert any("隐瞒" in word for word in re.findall(r'<mark class="rc-word[^>]*>([^<]+)</mark>', told))


def test_for_and_against_stand_side_by_side_and_headlines_show_when_empty(report):
    html = show(report)
    assert [Reader(h).text for h in re.findall(r"<h3.*?</h3>", html)] == ["可能有利", "可能不利"]
    kinds = [Reader(h).text.split()[0] for h in re.findall(r'<h4 class="rc-kind".*?</h4>', html)]
    assert kinds == ["容错情形", "履职尽责", "不予容错"]
    against = html.partition('rc-side-against"')[2]
    assert "容错情形" not in re.findall(r'<h4 class="rc-kind".*?</h4>', against)[0]
    alone = replace(report, matches=report.matches[:1])
    assert show(alone).count("所选规定中没有可列出的这类条款。") == 2
    assert summary(replace(report, matches=())) == "所选规定中没有可以匹配的条款。"


def test_a_denied_exclusion_stands_on_the_side_for_the_officer(report):
    excluding = next(match for match in report.matches if match.clause.category == "disqualifying")
    denied = replace(excluding, polarity="contradicts", decided_by="rule")
    html = show(replace(report, matches=(denied,)))
    before, _, after = html.partition('rc-side-against"')
    assert "叙述否认的不利情形" in before and f'data-rank="{denied.rank}" aria-label' in before
    assert "rc-card" not in after
    assert "与条款相反（按用语规则）" in before


def test_how_evidence_is_told_stands_behind_its_words(report):
    first = report.matches[0]
    told = replace(first.evidence[0], told="alleged", decided_by="rule", reason="“据说”只是反映")
    html = show(replace(report, matches=(replace(first, evidence=(told,)),)))
    assert "转述或指称：“据说”只是反映" in Reader(html).text


def test_what_is_typed_in_is_never_html(matcher):
    report = matcher.match(NASTY, top_k=10, per_headline=3)
    html = show(report, scope="<b>全部</b>")
    page = Reader(html)
    assert "script" not in page.tags and "b" not in page.tags and "img" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert NASTY in page.text
    assert Reader(status_html(NASTY, "error")).text == NASTY


def test_a_clause_from_a_file_is_never_html(report):
    first = report.matches[0]
    clause = replace(first.clause, text="<img src=x onerror=alert(1)>隐瞒", id='"><script>')
    match = replace(first, clause=clause, citation="", evidence=())
    page = Reader(show(replace(report, matches=(match,))))
    assert "img" not in page.tags and "script" not in page.tags and clause.text in page.text


def test_parts_that_did_not_run_are_not_numbers(report):
    bare = replace(report.matches[0], similarity=None, evidence=())
    html = show(replace(report, matches=(bare,)))
    assert "相似度 <strong>—</strong>" in html and "rc-evidence" not in html
    known = show(replace(report, matches=(replace(bare, probability=0.62),)))
    assert "概率 62%" in known and "未校准" not in known


def test_an_abstention_is_its_reason_and_nothing_else(matcher):
    report = matcher.match("出事了")
    assert show(report) == ""
    assert summary(report) == f"没有给出建议：{report.reason}"
    assert "没有给出建议" in export_text(report, "全部规定")


def test_after_an_error_an_office_is_told_to_ask_its_administrator():
    assert "请联系管理员（自己运行本程序的，看运行程序的窗口）" in FAILED


def test_exports_stand_in_the_page_as_they_are(report):
    html = show(report)
    parts = dict(re.findall(r'<pre hidden data-content="(\w+)">(.*?)</pre>', html, re.S))
    assert Reader(parts["text"]).text == export_text(report, "全部规定")
    saved = json.loads(Reader(parts["json"]).text)
    assert saved == json.loads(export_json(report))
    first = saved["matches"][0]
    start, end = first["evidence"][0]["narrative"]
    assert saved["narrative"][start:end] == report.matches[0].evidence[0].narrative.of(STORY)


def test_text_export_reads_like_the_page(report):
    text = export_text(report, "全部规定")
    for part in (
        "范围：全部规定",
        STORY,
        "━━ 可能有利 ━━",
        "【容错情形】",
        "━━ 可能不利 ━━",
        "【不予容错】",
        "相似度不是概率",
        report.matches[0].citation,
    ):
        assert part in text
    assert text.endswith("\n") and "　相似度 1.000（未校准）" in text
    assert text.count("第 ") >= len(report.matches) >= TOP
