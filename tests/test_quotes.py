from __future__ import annotations

import pytest

from data.catalogue import load_catalogue
from data.parser import parse
from data.quotes import find_quotes
from data.schema import Regulation


@pytest.fixture(scope="module")
def shipped() -> dict[str, Regulation]:
    return {regulation.id: regulation for regulation in load_catalogue()}


def test_the_letter_quotes_fourteen_items(shipped: dict[str, Regulation]) -> None:
    quotes = find_quotes(shipped["shandong-reply-2019"], shipped["shandong-2019"])
    fulfilled = [f"shandong-2019/art13.p1.i{number}" for number in (1, 2, 6, 7, 8)]
    tolerated = [f"shandong-2019/art14.p1.i{number}" for number in range(1, 10)]
    assert [quote.clause_id for quote in quotes] == fulfilled + tolerated
    assert {quote.source_id for quote in quotes} == {"shandong-reply-2019"}
    assert all(quote.similarity > 0.98 for quote in quotes)


def test_the_spans_are_exact(shipped: dict[str, Regulation]) -> None:
    letter = shipped["shandong-reply-2019"].text
    quotes = {q.clause_id: q for q in find_quotes(shipped["shandong-reply-2019"], shipped["shandong-2019"])}
    dropped = quotes["shandong-2019/art14.p1.i7"].span.of(letter)
    assert dropped == "解决历史遗留问题、化解矛盾纠纷过程中,立足维护稳定和全局利益,积极破除障碍、打破僵局,出现失误或者偏差的"
    changed = quotes["shandong-2019/art13.p1.i6"].span.of(letter)
    assert changed.endswith("导致生态环境部门及工作人员未能依法履行职责的")
    nested = quotes["shandong-2019/art13.p1.i1"].span.of(letter)
    assert nested.startswith("按照法律法规、事权划分规定")
    assert "‘双随机’" in nested
    spans = [quote.span for quote in quotes.values()]
    assert all(letter[span.end] in "；;”" for span in spans)
    assert not any(one.overlaps(other) for one, other in zip(spans, spans[1:], strict=False))


def test_two_regulations_that_share_wording(shipped: dict[str, Regulation]) -> None:
    found = {q.clause_id: q.similarity for q in find_quotes(shipped["banan-2022"], shipped["shandong-2019"])}
    assert found["shandong-2019/art14.p2.i3"] == 1
    assert 0.85 <= found["shandong-2019/art13.p1.i7"] < 1


def test_a_document_without_quotations() -> None:
    source = parse("今天天气很好，我们去检查了企业，没有发现什么问题。", "x")
    target = parse("第一条 在解决历史遗留问题中出现失误的，可以容错。\n第二条 短。", "y")
    assert find_quotes(source, target) == ()


def test_a_place_counts_for_the_clause_it_resembles_most() -> None:
    matter = "在解决历史遗留问题过程中出现失误或者"
    target = parse(f"第一条 {matter}偏差的。\n第二条 {matter}错误的。", "y")
    source = parse("据称“解决历史遗留问题过程中出现失误或者错误的”可以容错。", "x")
    (quote,) = find_quotes(source, target)
    assert quote.clause_id == "y/art2.p1"
    assert quote.span.of(source.text) == "解决历史遗留问题过程中出现失误或者错误的"


def test_a_quotation_is_found_once_with_its_first_place() -> None:
    target = parse("第一条 在解决历史遗留问题过程中出现失误或者偏差的。\n第二条 乙。", "y")
    sentence = "在解决历史遗留问题过程中出现失误或者偏差的"
    source = parse(f"{sentence}，{sentence}。", "x")
    assert [quote.span.start for quote in find_quotes(source, target)] == [0]


