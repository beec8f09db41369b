"""The parser on 400 laws, regulations and judicial interpretations: nothing lost, every article found, fast."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from data.parser import numbering_report, parse
from data.schema import Regulation

LAWS = Path(__file__).resolve().parents[2] / "shared" / "laws"
FILES = sorted(LAWS.glob("*.txt")) if LAWS.is_dir() else []

pytestmark = [pytest.mark.corpus, pytest.mark.skipif(not FILES, reason=f"没有法规语料：{LAWS} 不存在")]

SOURCE_GAPS = {
    "彭水苗族土家族自治县城乡建设管理条例(2013-05-31)": ["第三十一条", "第五十一条"],
    "烟台市森林防火条例(2016-09-23)": ["第三条"],
}
"""Articles whose label the source itself lacks (looked up in the files: the label stands nowhere at a line's start)."""

WITHOUT_ARTICLES = {
    "关于实行专业技术职务聘任制度的规定(1986-02-18)",
    "刑法修正案",
    "刑法修正案（三）",
    "国务院关于进一步完善文化经济政策的若干规定(1996-09-05)",
    "最高人民法院、最高人民检察院关于执行《刑法》 确定罪名的补充规定（七）(2021-02-26)",
    "最高人民法院、最高人民检察院关于执行《刑法》确定罪名的补充规定（六）(2015-10-30)",
    "河南省第六届人民代表大会关于进一步开展全民义务植树运动的决议(2010-07-30)",
}
"""Outlines and tables of offences: the sources have no 第X条 of their own."""

LABEL = re.compile(r"^(第[一二三四五六七八九十百零]+[条章节编](?:之[一二三四五六七八九十])?)[ \u3000\xa0]+", re.MULTILINE)
ORDINAL = re.compile(r"^第([一二三四五六七八九十百零]+)([条章])", re.MULTILINE)


@pytest.fixture(scope="module")
def laws() -> Mapping[str, Regulation]:
    texts = {path.stem: path.read_bytes().decode("utf-8") for path in FILES}
    return {name: parse(text, name) for name, text in texts.items()}


def articles(regulation: Regulation) -> list[str]:
    return [piece.id.rpartition("/")[2] for piece in regulation.pieces if piece.level == "article"]


def paths(regulation: Regulation) -> list[str]:
    return [clause.id.rpartition("/")[2] for clause in regulation.clauses]


def test_nothing_is_lost_and_ids_are_unique(laws: Mapping[str, Regulation]) -> None:
    for regulation in laws.values():
        assert "".join(piece.text for piece in regulation.pieces) == regulation.text
        ids = [piece.id for piece in regulation.pieces]
        assert len(set(ids)) == len(ids)
        assert all(clause.span.of(regulation.text) == clause.text for clause in regulation.clauses)


def test_article_numbers_run_from_one_without_gap_but_for_gaps_in_the_sources(laws: Mapping[str, Regulation]) -> None:
    reports = {name: numbering_report(regulation) for name, regulation in laws.items()}
    assert {name for name, report in reports.items() if report} == set(SOURCE_GAPS)
    for name, missing in SOURCE_GAPS.items():
        assert [line.partition("（")[0] for line in reports[name]] == [f"缺{label}" for label in missing]
        assert not any(re.search(rf"^\s*{label}", laws[name].text, re.MULTILINE) for label in missing)
    assert {name for name, regulation in laws.items() if not articles(regulation)} == WITHOUT_ARTICLES


def test_no_list_label_is_left_within_a_clause(laws: Mapping[str, Regulation]) -> None:
    left = re.compile(r"[；。：]\s*[（(][一二三四五六七八九十]+[）)](?!项)")
    assert [clause.id for law in laws.values() for clause in law.clauses if left.search(clause.text)] == []


def test_page_furniture_is_short_but_for_notices_and_annexes(laws: Mapping[str, Regulation]) -> None:
    """A paragraph of the body that is taken for furniture would be lost to matching."""
    lost = []
    for law in laws.values():
        first, last = law.clauses[0].span.start, law.clauses[-1].span.end
        within = [piece for piece in law.pieces if piece.level == "furniture" and first < piece.span.start < last]
        lost += [piece.text for piece in within if not re.fullmatch(r"[|-]+", piece.text)]
    assert lost == ["批评和意见办理的规定〉的决定》修正"]


WRITINGS: Mapping[str, Callable[[str], str]] = {
    "no space behind labels": lambda text: LABEL.sub(r"\1", text),
    "spaces inside labels": lambda text: ORDINAL.sub(lambda m: f"第 {' '.join(m[1])} {m[2]}", text),
    "half-width brackets and punctuation": lambda text: text.translate(str.maketrans("（）；：，", "();:,")),
    "no empty lines": lambda text: re.sub(r"\n\s*\n", "\n", text),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_the_way_of_writing_makes_no_difference(laws: Mapping[str, Regulation], writing: str) -> None:
    for name, law in list(laws.items())[::4]:
        assert paths(parse(WRITINGS[writing](law.text), name)) == paths(law)


def test_a_law_on_one_line_has_the_same_articles(laws: Mapping[str, Regulation]) -> None:
    for name, law in list(laws.items())[::4]:
        assert articles(parse(re.sub(r"\s*\n\s*", " ", law.text), name)) == articles(law)


@pytest.mark.timed
def test_a_megabyte_takes_less_than_a_second_of_one_core() -> None:
    texts = {path.stem: path.read_bytes().decode("utf-8") for path in FILES}
    size = sum(path.stat().st_size for path in FILES)
    begin = time.process_time()
    for name, text in texts.items():
        parse(text, name)
    assert size / (time.process_time() - begin) >= 1_000_000  # measured: 2.3 to 2.7 MB/s
