"""Categories: exactly the expected clauses of the shipped texts, and leads that no shipped text has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.catalogue import load_catalogue, matched_regulations
from data.categories import CATEGORIES, MATCHED, Override, categorise, load_overrides, load_rules
from data.errors import FileError
from data.parser import parse
from data.schema import Clause

EXPECTED = {
    row["id"]: row["category"]
    for row in map(json.loads, (Path(__file__).parent / "fixtures" / "clauses.jsonl").read_text("utf-8").splitlines())
}


def clauses() -> dict[str, Clause]:
    return {clause.id: clause for regulation in load_catalogue() for clause in regulation.clauses}


def lone(body: str, path: str) -> Clause:
    """The clause `path` of a small regulation whose second article is `body`."""
    text = f"某办法\n第一条 为了规范，制定本办法。\n第二条 {body}\n第三条 本办法自发布之日起施行。"
    return next(clause for clause in categorise(parse(text, "x")).clauses if clause.id == f"x/{path}")


def test_exactly_the_expected_clauses_are_matched() -> None:
    found = {c.id: c.category for r in matched_regulations() for c in r.clauses if c.category in MATCHED}
    assert found == EXPECTED


def test_the_letter_has_no_clause_to_match() -> None:
    letter = next(regulation for regulation in load_catalogue() if regulation.id == "shandong-reply-2019")
    assert not [clause.id for clause in letter.clauses if clause.category in MATCHED]


def test_thirteen_categories_with_labels_the_first_six_matched() -> None:
    assert len(CATEGORIES) == 13
    assert tuple(CATEGORIES)[:6] == MATCHED
    assert {clause.category for clause in clauses().values()} == set(CATEGORIES)


@pytest.mark.parametrize(
    ("clause_id", "category"),
    [
        ("fuzhou-2019/art2.p1.i1", "principle"),
        ("fuzhou-2019/art3.p1", "principle"),
        ("fuzhou-2019/art3.p1.i7", "principle"),
        ("shandong-2019/art4.p1", "principle"),
        ("shandong-2019/art8.p1", "duty"),
        ("banan-2022/art9.p1", "duty"),
        ("fuzhou-2019/art11.p1.i2", "procedure"),
        ("yangjiang-2017/s2.3.3.1", "procedure"),
        ("fuzhou-2019/art14.p1.i3", "outcome"),
        ("banan-2022/art17.p1", "outcome"),
        ("yangjiang-2017/s2.4.1", "outcome"),
        ("shandong-2019/art18.p1", "correction"),
        ("yangjiang-2017/s2.5.2", "correction"),
        ("shandong-2019/art23.p1", "clarification"),
        ("fuzhou-2019/art15.p1", "clarification"),
        ("shandong-2019/art1.p1", "general"),
        ("banan-2022/art22.p1", "general"),
        ("shandong-2019/art13.p1", "general"),
        ("shandong-2019/art14.p1", "principle"),
    ],
)
def test_clauses_that_are_not_matched(clause_id: str, category: str) -> None:
    assert clauses()[clause_id].category == category


@pytest.mark.parametrize(
    ("clause_id", "reason"),
    [
        ("shandong-2019/art13.p1.i4", "引导句含「认定为履职尽责」"),
        ("yangjiang-2017/s2.2.1.18", "条文含「可以减轻或从轻问责」"),
        ("banan-2022/art14.p1.i1", "引导句含「可以从轻或者减轻责任」"),
        ("yangjiang-2017/s2.2.2.1", "标题含「不予免责」"),
        ("shandong-2019/art17.p1", "条文含「不纳入容错」"),
        ("shandong-2019/art15.p1", "本款只引出下列各项，由各项分别归类"),
    ],
)
def test_the_reason_names_the_words(clause_id: str, reason: str) -> None:
    assert clauses()[clause_id].reason == reason


def test_every_clause_has_a_reason() -> None:
    assert all(clause.reason for clause in clauses().values())


LEADS = {
    "duty_fulfilled": [
        "有下列情形之一的，视为履职尽责：",
        "具有下列情形的，应当认定已履职尽责：",
        "有下列情形之一的，不构成失职渎职：",
        "有下列情形之一的，执法人员不承担行政执法过错责任：",
        "符合以下情况的，可认定为尽职履责：",
        "有下列情形之一的，应当视为勤勉尽责：",
    ],
    "fault_tolerance": [
        "下列失误或偏差，可以予以容错免责：",
        "对符合以下情形之一的，可以免予问责：",
        "有以下情形之一的，可不予追究相关人员责任：",
        "干部有下列情形之一的，应当予以宽容：",
        "可以容错的情形主要包括：",
        "符合下列条件之一的，可以容错：",
        "有下列情形之一，造成失误的，可以免除或者减轻责任:",
    ],
    "condition": ["容错应当同时具备以下条件：", "适用容错免责须满足下列条件：", "予以容错的前提条件是:"],
    "mitigation": [
        "有下列情节之一的，应当从轻或者减轻处理：",
        "有下列情形之一的，可以减轻或从轻追究责任：",
        "具有下列情形之一的，酌情从宽处理:",
    ],
    "disqualifying": [
        "有下列情形之一的，不得容错：",
        "下列情形不适用本办法：",
        "有下列行为之一的，一律不予容错免责：",
        "下列行为不在容错之列：",
        "以下情形不属于容错范围：",
        "有下列情形之一的，不得予以免责:",
    ],
    "inaction": ["有下列情形之一的，认定为不作为：", "为官不为主要包括下列情形：", "慢作为的具体表现:"],
    "principle": ["容错纠错应当遵循下列原则：", "实施容错应当坚持：", "容错免责应当把握以下原则:"],
    "procedure": ["容错免责按照下列程序进行：", "申请容错应当提交下列材料：", "容错认定按以下步骤实施:"],
    "outcome": ["对容错免责的干部，在以下方面不受影响："],
}


@pytest.mark.parametrize(("category", "lead"), [(category, lead) for category, leads in LEADS.items() for lead in leads])
def test_leads_of_regulations_not_seen_before(category: str, lead: str) -> None:
    body = f"{lead}\n（一）甲甲甲甲的；\n（二）乙乙乙的。"
    assert lone(body, "art2.p1.i1").category == category
    assert lone(body, "art2.p1").category not in MATCHED


@pytest.mark.parametrize(
    ("category", "text"),
    [
        ("fault_tolerance", "因不可抗力造成损失的，免予追究责任。"),
        ("fault_tolerance", "在推进改革中先行先试出现失误的，可以容错。"),
        ("fault_tolerance", "对探索性失误，可以依法免除相关人员责任。"),
        ("fault_tolerance", "工作中出现偏差的，不予追究行政责任。"),
        ("disqualifying", "违反中央八项规定精神的，不予容错。"),
        ("disqualifying", "重复犯错的，不得容错免责。"),
        ("mitigation", "主动挽回损失的，可以从轻或者减轻处理。"),
        ("mitigation", "积极配合调查的，应当依法从轻处分。"),
        ("duty_fulfilled", "已经按照清单履行检查职责的，应当认定为履职尽责。"),
        ("general", "本办法由某局负责解释。"),
        ("general", "天气很好。"),
    ],
)
def test_paragraphs_that_say_so_in_their_own_words(category: str, text: str) -> None:
    assert lone(text, "art2.p1").category == category


def test_a_subitem_follows_its_item() -> None:
    body = "有下列情形之一的，可以容错：\n（一）甲甲：\n1.子子的；\n2.丑丑的。\n（二）乙乙的。"
    clause = lone(body, "art2.p1.i1.s2")
    assert (clause.category, clause.reason) == ("fault_tolerance", "随上级条款归为容错情形")


def test_a_heading_alone_does_not_make_a_paragraph_a_matched_clause() -> None:
    text = "某办法\n第一章 不予容错的情形\n第一条 甲甲由某局认真研究。\n第二条 乙。"
    assert [clause.category for clause in categorise(parse(text, "x")).clauses] == ["general", "general"]


def test_an_override_wins_and_says_so() -> None:
    regulation = parse("第一条 甲。\n第二条 乙。", "x")
    override = Override("x/art2.p1", "inaction", "试用", "t.tsv", 2)
    elsewhere = Override("y/art2.p1", "inaction", "试用", "t.tsv", 3)
    clause = categorise(regulation, overrides=[override, elsewhere]).clauses[1]
    assert (clause.category, clause.reason) == ("inaction", "人工指定：试用")


def test_an_override_for_an_unknown_clause_is_refused_with_file_and_line() -> None:
    override = Override("x/art9.p1", "inaction", "试用", "t.tsv", 7)
    with pytest.raises(FileError, match="t.tsv 第7行的条款“x/art9.p1”在该法规中不存在"):
        categorise(parse("第一条 甲。\n第二条 乙。", "x"), overrides=[override])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id\tcategory\n", "第一行应为表头：clause_id、category、why"),
        ("clause_id\tcategory\twhy\nx/p1\tinactoin\t\n", "第2行的类别“inactoin”不存在，可用的类别：duty_fulfilled、"),
        ("# 说明\nclause_id\tcategory\twhy\nx/p1\tduty\t\nx/p1\tduty\t\n", "第4行的条款“x/p1”已在第3行出现"),
        ("clause_id\tcategory\twhy\nx/p1\tduty\ta\tb\n", "第2行有4列，应为3列"),
        ("", "第一行应为表头"),
    ],
)
def test_broken_overrides_are_refused_with_their_line(tmp_path: Path, table: str, message: str) -> None:
    path = tmp_path / "overrides.tsv"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(FileError, match=message):
        load_overrides(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("nothing\ttext\t甲", "第2行的类别“nothing”不存在"),
        ("duty\tbody\t甲", "第2行的位置“body”不存在，可用的位置：text、lead、near、heading"),
        ("duty\ttext\t(甲", "第2行的正则表达式有误"),
    ],
)
def test_broken_rules_are_refused_with_their_line(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "rules.tsv"
    path.write_text(f"category\twhere\tpattern\tunder\n{row}\n", encoding="utf-8")
    with pytest.raises(FileError, match=message):
        load_rules(path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="读不到归类表"):
        load_overrides(tmp_path / "none.tsv")
