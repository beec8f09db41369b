import numpy as np
import pytest

from data.elements import clause_elements
from data.errors import InputError
from data.schema import Span
from models.segment import load_segmenter
from models.stub import StubEncoder
from retrieval.alignment import Alignment
from retrieval.evidence import best_sentences, shared_words
from retrieval.index import build
from retrieval.matcher import Matcher

STORY = "今天下雨。企业老板隐瞒了台账，证据是前一晚补的。我们按计划做了检查，没有发现。"


def test_the_clause_whose_keywords_are_told_comes_first(matcher):
    report = matcher.match(STORY, region="alpha")
    assert report.region == "alpha" and not report.abstained
    assert {m.clause.regulation_id for m in report.matches} == {"alpha"}
    assert report.matches[0].clause.id == "alpha/art1.p1.i2"
    assert [m.rank for m in report.matches] == [1, 2, 3, 4]
    # the stub knows 隐瞒 alone in the best window and in the clause: cosine 1
    assert report.matches[0].similarity == pytest.approx(1.0)


def test_evidence_points_into_the_texts(matcher):
    first = matcher.match(STORY, region="alpha").matches[0]
    evidence = first.evidence[0]
    assert "隐瞒" in evidence.narrative.of(STORY)
    assert evidence.clause.of(first.clause.text) in first.clause.text
    spans = sorted(e.narrative for e in first.evidence)
    assert not any(a.overlaps(b) for a, b in zip(spans, spans[1:], strict=False))


def test_parts_that_did_not_run_are_none(matcher):
    match = matcher.match(STORY, system="bm25").matches[0]
    assert match.similarity is None and match.rerank is None and match.probability is None
    assert match.lexical == match.score


def test_only_matched_categories_unless_asked(matcher):
    every = {m.clause.category for m in matcher.match(STORY, top_k=100).matches}
    assert "procedure" not in every
    asked = matcher.match(STORY, categories=["procedure"]).matches
    assert [m.clause.id for m in asked] == ["beta/art2.p1"]


def test_headline_groups_are_filled_beyond_top_k(matcher):
    report = matcher.match(STORY, top_k=1, per_headline=1)
    assert {m.clause.category for m in report.matches} == {"duty_fulfilled", "fault_tolerance", "disqualifying"}
    ranks = [m.rank for m in report.matches]
    assert ranks[0] == 1 and ranks == sorted(ranks) and len(set(ranks)) == len(ranks)


def test_ties_keep_document_order(matcher):
    # no keyword and no shared word: every candidate scores the same
    report = matcher.match("zzzz qqqq 甲乙丙丁戊己庚辛壬癸", top_k=100, system="bm25")
    assert [m.clause.id for m in report.matches] == sorted(
        (m.clause.id for m in report.matches), key=[e.clause.id for e in matcher.index.entries].index
    )


def test_a_narrative_too_short_gets_a_reason_instead(matcher):
    report = matcher.match("出事了")
    assert report.abstained and report.matches == () and "3 个汉字" in report.reason


@pytest.mark.parametrize(
    ("narrative", "options", "message"),
    [
        ("", {}, "空的"),
        (" \n\u3000", {}, "空的"),
        ("检查" * 50_001, {}, "100002 字"),
        ("\x00\x01\x02PNG" * 30, {}, "二进制"),
        (STORY, {"region": "火星"}, "火星"),
        (STORY, {"region": "shandong-2019"}, "当前索引里没有"),
        (STORY, {"categories": ["tolerance"]}, "tolerance"),
    ],
)
def test_bad_input_is_one_chinese_sentence(matcher, narrative, options, message):
    with pytest.raises(InputError, match=message) as caught:
        matcher.match(narrative, **options)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(("。", "？"))


def test_a_corpus_without_known_categories_is_searched_whole(entries, settings):
    plain = [e for e in entries if e.clause.category == "procedure"]
    encoder, segmenter = StubEncoder(), load_segmenter()
    report = Matcher(build(plain, encoder, segmenter, settings), encoder, segmenter, settings).match(STORY)
    assert len(report.matches) == 1


def test_a_large_corpus_is_cut_to_the_best_of_each_part(entries, settings):
    encoder, segmenter = StubEncoder(), load_segmenter()
    many = []
    for number in range(40):
        for entry in entries:
            clause = entry.clause
            clone = type(clause)(**{name: getattr(clause, name) for name in clause.__dataclass_fields__})
            object.__setattr__(clone, "id", f"{clause.id}-{number}")
            many.append(type(entry)(clone, entry.citation, entry.title))
    index = build(many, encoder, segmenter, settings)
    whole = Matcher(index, encoder, segmenter, settings).match(STORY, top_k=10)
    small = settings.model_copy(update={"depth": 60})
    cut = Matcher(index, encoder, segmenter, small).match(STORY, top_k=10)
    assert [m.clause.id for m in cut.matches] == [m.clause.id for m in whole.matches]


def test_shared_words_are_disjoint_and_stand_in_both():
    told, written = shared_words("企业伪造证据被查", "隐瞒、伪造、毁灭证据的", load_segmenter())
    assert [s.of("企业伪造证据被查") for s in told] == ["伪造证据"]
    assert {s.of("隐瞒、伪造、毁灭证据的") for s in written} == {"伪造", "证据"}
    assert shared_words("", "证据", load_segmenter()) == ((), ())


def test_sentences_are_weighed_against_the_best_one():
    clause = "因甲乙丙丁,致使戊己庚辛的"
    elements = clause_elements(clause)
    spans = (Span(0, 6), Span(6, 10), Span(10, 14))
    aligned = Alignment(spans, elements, np.array([[0.1, 0.9], [0.8, 0.0], [0.0, 0.4]], np.float32))
    found = best_sentences(aligned, np.array([0.2, 0.2, 0.12], np.float32), clause=clause, most=3)
    # of equals the shorter comes first; 0.12 is 0.6 of the best; each names the element that it points to most
    assert [(e.narrative, e.clause, e.weight) for e in found] == [
        (Span(6, 10), elements[0].span, 1.0), (Span(0, 6), elements[1].span, 1.0),
        (Span(10, 14), elements[1].span, pytest.approx(0.6)),
    ]  # fmt: skip
    far = best_sentences(aligned, np.array([0.2, 0.05, -0.1], np.float32), clause=clause, most=3)
    assert [e.narrative for e in far] == [Span(0, 6)]
    nothing = Alignment((), elements, np.zeros((0, 2), np.float32))
    assert best_sentences(nothing, np.zeros(0, np.float32), clause=clause) == ()


def test_empty_words_are_not_called_shared():
    assert shared_words("当时没有发现问题", "没有发生问题的", load_segmenter()) == ((), ())
