"""What the fuzz run found, each as the smallest input that showed it."""

import json

import pytest

from data.cases import read_cases, read_marks
from data.catalogue import resolve_region
from data.citation import citations
from data.errors import CaseFileError, InputError, repeated
from data.numbering_report import numbering_report
from data.parser import parse
from data.schema import Span
from retrieval.polarity import judge
from tests.fuzz.targets import matcher, said


def test_an_article_number_beyond_9999_is_reported_in_digits():
    regulation = parse("第一条 甲。\n第一条之602070 乙。\n第一条之二 丙。\n", "x")
    assert any("602070" in line for line in numbering_report(regulation))


def test_a_text_of_more_than_9999_paragraphs_is_cited():
    regulation = parse("\n".join("行" for _ in range(10_050)), "x")
    assert list(citations(regulation).values())[-1].endswith("第10050段")


@pytest.mark.parametrize("places", [1, None, "ab", {"a": 1}, [1], ["\ud83d"]])
def test_places_of_marks_that_are_no_list_are_refused(tmp_path, places):
    path = tmp_path / "marks.jsonl"
    path.write_text(json.dumps({"id": 1, "marks": {"a\n\ud83d": places}}), "utf-8")
    with pytest.raises(CaseFileError) as error:
        read_marks(path)
    said(error.value)


@pytest.mark.parametrize("typed", ["\n么", "半\ud83d个", "长" * 500, "\x1b[31m红"])
def test_what_was_typed_is_repeated_on_one_short_line(typed):
    assert len(repeated(typed)) <= 40
    for ask in (
        lambda: matcher().match("老板把探头插进矿泉水瓶里了", categories=(typed,)),
        lambda: matcher().match("老板把探头插进矿泉水瓶里了", region=typed),
        lambda: resolve_region(typed),
    ):
        with pytest.raises(InputError) as error:
            ask()
        said(error.value)


def test_a_repeated_id_with_a_line_end_is_told_on_one_line(tmp_path):
    path = tmp_path / "cases.jsonl"
    row = json.dumps({"id": "a\nb", "text": "甲", "labels": {}})
    path.write_text(f"{row}\n{row}\n", "utf-8")
    with pytest.raises(CaseFileError) as error:
        read_cases(path)
    said(error.value)


@pytest.mark.parametrize("text", ["他没有去、", "没、", "我们当时没有查到、"])
def test_a_negation_before_a_comma_at_the_very_end(text):
    assert judge(text, Span(0, len(text)), "已履行监督检查职责的；", category="duty_fulfilled").polarity in ("deny", "unclear")
