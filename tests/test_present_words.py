"""The words for grades, verdicts and polarity, and that page, text, review and MCP use them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data.schema import LikeCase
from data.store.records import Review
from retrieval.dossier import Dossier
from ui.api.mcp_tools import _suggestion
from ui.cards_picture import picture_html
from ui.present_dossier import dossier_lines
from ui.present_words import GRADES, POLARITY, label_words, verdict_words
from ui.reports.wording import quotes

LABELS = {"alpha/art2.p1.i1": 2, "alpha/art3.p1": 1, "gone/art1": 2}
BOTH = "第二条第（一）项（直接成立）、第三条（可争议）"


@pytest.fixture
def report(matcher):
    return matcher.match("企业老板隐瞒了台账，证据是前一晚补的。我们按计划做了检查。", region="alpha", top_k=3)


@pytest.fixture
def clauses(matcher):
    cited = {"alpha/art2.p1.i1": "《办法》第二条第（一）项", "alpha/art3.p1": "第三条"}
    return {e.clause.id: replace(e, citation=cited[e.clause.id]) for e in matcher.index.entries if e.clause.id in cited}


def test_labels_of_a_like_case_have_their_grades_on_the_page_and_in_the_terminal(report, clauses):
    assert label_words(LABELS, clauses) == BOTH and label_words({}, clauses) == "无"
    like = (LikeCase("x", "alpha", "别的事情。", LABELS, "项目自编", 0.9),)
    dossier = Dossier("alpha", "办法", False, None, {}, like, "", (), clauses, {})
    assert BOTH in picture_html(dossier, report.narrative)
    assert BOTH in "\n".join(dossier_lines(dossier, report, full=True))


def test_a_verdict_says_what_its_grade_means():
    review = Review("1", "c", "p", "alpha/art3.p1", "grade", 1, "", "li", 1, datetime(2026, 1, 9, tzinfo=UTC))
    assert verdict_words(review) == f"改等级（1 级，{GRADES[1]}）"
    assert verdict_words(replace(review, verdict="reject", grade=None)) == "不采纳"


def test_what_contradicts_a_clause_is_called_so_everywhere(report):
    match = report.matches[0]
    told = replace(match.evidence[0], polarity="contradicts", reason="")
    against = replace(match, polarity="contradicts", evidence=(told,))
    assert _suggestion(against, report)["polarity"] == POLARITY["contradicts"] == "与条款相反"
    assert quotes(against, report.narrative) == [f"“{told.narrative.of(report.narrative)}”（与条款相反）"]
