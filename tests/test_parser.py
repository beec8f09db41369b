"""The parser on the shipped texts (exact ids and texts) and on small hard inputs."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.catalogue import FOLDER
from data.errors import ParseError
from data.parser import numbering_report, parse, parse_file_text
from data.schema import Regulation

FILES = sorted(FOLDER.glob("*.txt"))
EXPECTED = [json.loads(line) for line in (Path(__file__).parent / "fixtures" / "clauses.jsonl").read_text("utf-8").splitlines()]


def read(path: Path) -> Regulation:
    return parse(path.read_bytes().decode("utf-8"), path.stem)


@pytest.fixture(scope="module")
def shipped() -> dict[str, Regulation]:
    return {path.stem: read(path) for path in FILES}


def check(regulation: Regulation) -> None:
    """What holds for every parsed text."""
    assert "".join(piece.text for piece in regulation.pieces) == regulation.text
    done = 0
    for piece in regulation.pieces:
        assert piece.span.start == done < piece.span.end
        assert piece.span.of(regulation.text) == piece.text
        assert piece.level != "space" or not re.sub(r"[\s\u200b-\u200d\u2060\ufeff]", "", piece.text)
        done = piece.span.end
    ids = [piece.id for piece in regulation.pieces]
    assert len(ids) == len(set(ids))
    by_id = {piece.id: piece for piece in regulation.pieces}
    for clause in regulation.clauses:
        assert clause.text == clause.text.strip() != ""
        assert by_id[clause.id].span == clause.span
        assert by_id[clause.id].parent_id == clause.parent_id


def ids(regulation: Regulation) -> list[str]:
    return [clause.id.partition("/")[2] for clause in regulation.clauses]


def texts(regulation: Regulation) -> dict[str, str]:
    return {clause.id.partition("/")[2]: clause.text for clause in regulation.clauses}


def levels(regulation: Regulation, level: str) -> list[str]:
    return [piece.text for piece in regulation.pieces if piece.level == level]


def bare(text: str) -> str:
    return re.sub(r"[；;。]$", "", re.sub(r"\s", "", text))


# --- the shipped texts


def test_every_expected_clause_has_its_id_and_text(shipped: dict[str, Regulation]) -> None:
    found = {clause.id: bare(clause.text) for regulation in shipped.values() for clause in regulation.clauses}
    assert len(EXPECTED) == 125
    assert {row["id"]: found.get(row["id"]) for row in EXPECTED} == {row["id"]: bare(row["text"]) for row in EXPECTED}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_pieces_rebuild_each_text(path: Path) -> None:
    check(read(path))


def test_titles(shipped: dict[str, Regulation]) -> None:
    assert {key: regulation.title for key, regulation in shipped.items()} == {
        "banan-2022": "重庆市巴南区生态环境保护综合行政执法人员履职尽责容错纠错实施办法（试行）",
        "fuzhou-2019": "抚州市容错免责办法(试行)",
        "shandong-2019": "山东省生态环境系统干部履职尽责容错纠错实施办法(试行)",
        "shandong-reply-2019": "shandong-reply-2019",
        "yangjiang-2017": "阳江市贯彻“三个区分开来”治理为官不为的实施意见(试行)",
    }


def test_numbers_run_without_gap(shipped: dict[str, Regulation]) -> None:
    assert [numbering_report(regulation) for regulation in shipped.values()] == [[]] * 5
    counts = {key: sum(piece.level == "article" for piece in regulation.pieces) for key, regulation in shipped.items()}
    assert counts == {"banan-2022": 22, "fuzhou-2019": 18, "shandong-2019": 26, "shandong-reply-2019": 0, "yangjiang-2017": 0}


def test_an_abstract_that_repeats_articles_is_furniture(shipped: dict[str, Regulation]) -> None:
    furniture = levels(shipped["shandong-2019"], "furniture")
    assert furniture[0].startswith("摘要:第三条各级")
    assert furniture[-2:] == ["来源:山东省政府网", "相关文章"]


def test_page_furniture_before_and_after(shipped: dict[str, Regulation]) -> None:
    assert "2019年1月22日" in levels(shipped["fuzhou-2019"], "furniture")
    assert levels(shipped["fuzhou-2019"], "furniture")[-1] == "附件: 《抚州市容错免责办法(试行)》"
    assert levels(shipped["shandong-reply-2019"], "furniture") == ["山东省生态环境厅", "2019年8月29日", "打印"]
    assert "【字体大小:" in levels(shipped["yangjiang-2017"], "furniture")
    assert ids(shipped["yangjiang-2017"])[0] == "p1"


def test_the_pieces_of_an_article(shipped: dict[str, Regulation]) -> None:
    pieces = [piece for piece in shipped["banan-2022"].pieces if "/art10" in piece.id][:4]
    assert [(piece.id, piece.level, piece.label, piece.parent_id) for piece in pieces] == [
        ("banan-2022/art10", "article", "第十条", "banan-2022/ch2"),
        ("banan-2022/art10.p1", "paragraph", "", "banan-2022/art10"),
        ("banan-2022/art10.p1.i1#label", "label", "（一）", "banan-2022/art10.p1.i1"),
        ("banan-2022/art10.p1.i1", "item", "（一）", "banan-2022/art10.p1"),
    ]


def test_the_pieces_of_an_outline(shipped: dict[str, Regulation]) -> None:
    pieces = {piece.id.partition("/")[2]: piece for piece in shipped["yangjiang-2017"].pieces}
    assert (pieces["s2.2"].level, pieces["s2.2"].label, pieces["s2.2"].text) == ("outline", "(二)", "容错范围")
    assert pieces["s2.2#label"].text == "(二)"
    assert (pieces["s2.2.1.g1"].level, pieces["s2.2.1.g1"].text) == ("heading", "第一类:一心为公")
    assert "s2.3.2.p3" in pieces
    assert "s2.4.p2" in pieces


def test_lead_and_headings(shipped: dict[str, Regulation]) -> None:
    found = {clause.id: clause for regulation in shipped.values() for clause in regulation.clauses}
    item = found["shandong-2019/art14.p1.i3"]
    lead = "各级生态环境部门及其工作人员履行职责过程中,符合下列情形之一的,应当从轻、减轻处理或者予以免责:"
    assert (item.lead, item.headings, item.number, item.label) == (lead, ("第三章 容错纠错",), "i3", "(三)")
    assert found["shandong-2019/art14.p2.i1"].lead == "具有上述情形之一同时符合下列条件的,可以免除相关单位及当事人的责任:"
    assert found["fuzhou-2019/art1.p1"].headings == ("第一章 总则",)
    node = found["yangjiang-2017/s2.2.1.8"]
    assert node.headings == (
        "二、贯彻落实“三个区分开来”原则,切实保护干部干事创业积极性",
        "(二)容错范围",
        "1.免责或减轻、从轻问责的情形",
        "第三类:尽力履职",
    )
    assert node.lead == "按照“三个区分开来”原则予以免责或减轻、从轻问责的情形包括六大类共20种情形:"
    assert found["yangjiang-2017/s3.2.1"].lead == ""
    assert found["fuzhou-2019/art14.p2"].text.startswith("以上结果运用方式")


# --- articles


def test_articles_and_items_run_together_in_one_line() -> None:
    text = (
        "某市办法（试行） 第一章总则第一条为了规范，制定本办法。第二条本办法适用于本市。依照第一条的规定，第二条规定情形除外。"
        "第二章容错第三条符合下列情形之一的：（一）甲的；（二）乙的。第四条具有第三条规定情形，同时符合下列条件:(一)丙;(二)丁。"
    )
    regulation = parse(text, "x")
    check(regulation)
    assert regulation.title == "某市办法（试行）"
    assert texts(regulation) == {
        "art1.p1": "为了规范，制定本办法。",
        "art2.p1": "本办法适用于本市。依照第一条的规定，第二条规定情形除外。",
        "art3.p1": "符合下列情形之一的：",
        "art3.p1.i1": "甲的；",
        "art3.p1.i2": "乙的。",
        "art4.p1": "具有第三条规定情形，同时符合下列条件:",
        "art4.p1.i1": "丙;",
        "art4.p1.i2": "丁。",
    }
    assert levels(regulation, "chapter") == ["第一章总则", "第二章容错"]


def test_spaces_inside_labels_and_none_behind() -> None:
    regulation = parse("第 一 章  总 则\n第 一 条甲。\n第　二　条　乙：\n（ 一 ）丙；\n( 二 )丁。", "x")
    assert ids(regulation) == ["art1.p1", "art2.p1", "art2.p1.i1", "art2.p1.i2"]
    assert regulation.clauses[0].headings == ("第一章 总则",)
    assert regulation.clauses[2].label == "（一）"


def test_articles_with_a_sub_number() -> None:
    text = "第一条 甲。\n第一条之一 乙。\n第一条之二 丙。\n第二条 依照第一条之一的规定。\n第 二 条 之 一 戊。"
    assert ids(parse(text, "x")) == ["art1.p1", "art1-1.p1", "art1-2.p1", "art2.p1", "art2-1.p1"]


def test_paragraphs_items_and_subitems() -> None:
    text = (
        "第五条 有下列情形之一的：\n（一）甲类：\n1.子的；\n2.丑的：\n(1)寅；\n(2)卯。\n（二）乙类。\n说明一句。\n（三）丙类。\n"
        "有下列情形的除外：\n（一）丁；\n（二）戊。\n末款。\n第六条 完。"
    )
    regulation = parse(text, "x")
    check(regulation)
    assert ids(regulation) == [
        "art5.p1", "art5.p1.i1", "art5.p1.i1.s1", "art5.p1.i1.s2", "art5.p1.i1.s2.s1", "art5.p1.i1.s2.s2", "art5.p1.i2",
        "art5.p1.i2.p1", "art5.p1.i3", "art5.p2", "art5.p2.i1", "art5.p2.i2", "art5.p3", "art6.p1",
    ]  # fmt: skip
    by_id = {clause.id: clause for clause in regulation.clauses}
    assert by_id["x/art5.p1.i1.s2.s1"].parent_id == "x/art5.p1.i1.s2"
    assert (by_id["x/art5.p1.i1.s1"].level, by_id["x/art5.p1.i1.s1"].lead) == ("subitem", "甲类：")
    assert by_id["x/art5.p2.i2"].lead == "有下列情形的除外："


def test_an_article_that_begins_with_its_list() -> None:
    assert ids(parse("第一条 （一）甲；\n（二）乙。\n第二条 丙。", "x")) == ["art1.p1.i1", "art1.p1.i2", "art2.p1"]


def test_labels_alone_in_their_lines() -> None:
    regulation = parse("第一章\n总则\n第一条\n为了甲。\n（一）\n乙。\n（二）\n丙。\n第二条\n丁", "x")
    check(regulation)
    assert texts(regulation) == {"art1.p1": "为了甲。", "art1.p1.i1": "乙。", "art1.p1.i2": "丙。", "art2.p1": "丁"}
    assert regulation.clauses[0].headings == ("第一章 总则",)


def test_references_at_the_start_of_a_line() -> None:
    text = "第十一条 甲：\n第十二条规定情形之一的，免责。\n第十三条、第十四条另有规定的除外。\n第十二条 乙。\n第十三条规定丙。"
    assert ids(parse(text, "x")) == ["art11.p1", "art11.p2", "art11.p3", "art12.p1", "art13.p1"]


def test_a_skipped_number_at_the_start_of_a_line_that_comes_later_is_a_reference() -> None:
    text = "第一条 甲。\n第三条 的情形不适用本条。\n第二条 乙。\n第三条 丙。"
    assert ids(parse(text, "x")) == ["art1.p1", "art1.p2", "art2.p1", "art3.p1"]


def test_a_text_that_begins_within_an_article() -> None:
    regulation = parse("的，依照前款规定处理。\n（三）其他情形。\n第六条 甲。\n第七条 乙。", "x")
    assert ids(regulation) == ["p1", "p1.i3", "art6.p1", "art7.p1"]
    assert numbering_report(regulation) == ["缺第一条至第五条（正文从第六条开始，第3行附近）"]


def test_missing_and_repeated_articles_are_reported() -> None:
    regulation = parse("第一条 甲。\n第二条 乙。\n第四条 丙。\n第四条 丁。\n第五条 戊。\n第五条之二 己。\n第六条 庚。", "x")
    check(regulation)
    assert numbering_report(regulation) == [
        "缺第三条（在第二条与第四条之间，第3行附近）",
        "第四条重复出现（第3行、第4行）",
        "缺第五条之一（在第五条与第五条之二之间，第6行附近）",
    ]
    assert "art4~2.p1" in ids(regulation)


def test_a_table_of_contents_is_furniture() -> None:
    contents = "目 录\n第一章 总则\n第二章 责任\n"
    text = f"某条例\n{contents}第一章 总则\n第一条 甲。\n第二章 责任\n第二条 乙。"
    regulation = parse(text, "x")
    check(regulation)
    assert levels(regulation, "furniture") == contents.splitlines()
    assert levels(regulation, "chapter") == ["第一章 总则", "第二章 责任"]


def test_a_table_of_contents_on_one_line_is_furniture() -> None:
    regulation = parse("某条例\n目录 第一章 总则 第二章 责任\n第一章 总则\n第一条 甲。\n第二章 责任\n第二条 乙。", "x")
    check(regulation)
    assert levels(regulation, "furniture") == ["目录", "第一章 总则", "第二章 责任"]
    assert [clause.headings for clause in regulation.clauses] == [("第一章 总则",), ("第二章 责任",)]


def test_an_abstract_that_breaks_an_article_off_is_furniture() -> None:
    body = "第一条 为了甲，制定。\n第二条 各级部门应当依法履行职责，按照规定办理。\n第三条 丙。"
    regulation = parse(f"摘要：第二条 各级部门应当依法履行职责，按…\n某办法\n{body}", "x")
    check(regulation)
    assert ids(regulation) == ["art1.p1", "art2.p1", "art3.p1"]
    assert numbering_report(regulation) == []


def test_parts_chapters_and_sections() -> None:
    regulation = parse("第一编 总则\n第一章 任务\n第一条 甲。\n第二编 分则\n第一章 罪\n第一节 轻罪\n第二条 乙。", "x")
    assert [piece.id for piece in regulation.pieces if piece.level in ("part", "chapter", "section")] == [
        "x/pt1", "x/pt1.ch1", "x/pt2", "x/pt2.ch1", "x/pt2.ch1.sec1",
    ]  # fmt: skip
    assert regulation.clauses[1].headings == ("第二编 分则", "第一章 罪", "第一节 轻罪")


def test_headings_without_an_article_number() -> None:
    regulation = parse("某解释\n一、受案范围\n第一条 甲。\n第二条 乙。\n二、管辖\n第三条 丙。\n附则\n第四条 丁。", "x")
    check(regulation)
    assert [clause.headings for clause in regulation.clauses] == [
        ("一、受案范围",), ("一、受案范围",), ("二、管辖",), ("二、管辖", "附则"),
    ]  # fmt: skip


def test_annexes_are_furniture() -> None:
    regulation = parse("某办法\n第一条 甲。\n第二条 乙。\n附件：1.某表\n2.某单\n打印本页", "x")
    assert ids(regulation) == ["art1.p1", "art2.p1"]
    assert levels(regulation, "furniture") == ["附件：", "1.某表", "2.某单", "打印本页"]


def test_lines_broken_by_a_page_are_joined() -> None:
    text = (
        "某办法\n第一条 为了规范本市各级机关及其工作人员履行\n职责的行为，制定本办法。\n第二条 有下列情形之一的，可以免责：\n"
        "（一）在推进改革中因缺乏经验先行先试出现失误\n的；\n（二）其他。\n以上情形应当核实。"
    )
    regulation = parse(text, "x")
    check(regulation)
    assert texts(regulation)["art1.p1"] == "为了规范本市各级机关及其工作人员履行\n职责的行为，制定本办法。"
    assert texts(regulation)["art2.p1.i1"].endswith("失误\n的；")
    assert texts(regulation)["art2.p2"] == "以上情形应当核实。"


def test_a_notice_before_the_regulation_is_furniture_and_a_preamble_is_not() -> None:
    notice = "关于印发某办法的通知\n各县委：\n现将某办法印发给你们。\n一、认真学习。\n二、抓好落实。\n2020年1月2日\n"
    text = f"{notice}某办法\n为了甲，制定本办法。\n第一条 乙。\n第二条 丙。"
    regulation = parse(text, "x")
    check(regulation)
    assert regulation.title == "某办法"
    assert texts(regulation) == {"p1": "为了甲，制定本办法。", "art1.p1": "乙。", "art2.p1": "丙。"}


# --- outlines and texts without structure


def test_an_outline_with_lists_in_line() -> None:
    text = (
        "某意见\n为了甲，提出如下意见。\n一、总体要求\n坚持甲。\n（一）甲。乙。\n（二）丙。\n1.丁：①戊；②己。\n2．庚。\n"
        "以上并用。\n二、其他要求。"
    )
    regulation = parse(text, "x")
    check(regulation)
    assert ids(regulation) == ["p1", "s1.p1", "s1.1", "s1.2", "s1.2.1", "s1.2.1.1", "s1.2.1.2", "s1.2.2", "s1.p2", "s2"]
    assert regulation.title == "某意见"


def test_an_amendment_is_an_outline() -> None:
    text = (
        "某决定\n一、第三条修改为：“甲。”\n二、第五条修改为：\n“第五条　乙。\n“丙。”\n三、将第七条改为第八条，修改为：“丁。”\n"
        "第九条修改为：戊。"
    )
    regulation = parse(text, "x")
    check(regulation)
    assert ids(regulation) == ["s1", "s2", "s2.p1", "s2.p2", "s3", "p1"]


def test_an_outline_below_chapters() -> None:
    regulation = parse("某办法\n第一章 总则\n一、甲。\n二、乙。\n第二章 附则\n一、丙。", "x")
    assert ids(regulation) == ["ch1.s1", "ch1.s2", "ch2.s1"]


@pytest.mark.parametrize("text", ["一句话", "有一天我去检查。\n发现了问题。\n\n处理了。", "打印", "？！", "\x00", "第", "（）"])
def test_a_text_without_structure_becomes_paragraphs(text: str) -> None:
    regulation = parse(text, "x")
    check(regulation)
    assert [clause.text for clause in regulation.clauses] == [line for line in text.splitlines() if line]
    assert ids(regulation) == [f"p{number}" for number in range(1, len(regulation.clauses) + 1)]


@pytest.mark.parametrize("text", ["", " \n\u3000\ufeff\u200b\r\n"])
def test_a_text_without_characters_is_refused(text: str) -> None:
    with pytest.raises(ParseError, match="法规“x”没有可以解析的文字"):
        parse(text, "x")
    with pytest.raises(ParseError):
        parse_file_text(text, "x")


# --- several regulations in one file


def test_several_regulations_in_one_file() -> None:
    text = (
        "甲市容错办法\n\n第一条 甲。\n第二条 乙。\n\n丙市容错纠错\n实施办法（试行）\n（2020年1月1日印发）\n第一章 总则\n"
        "第一条 丙。\n第二条 《丙市容错纠错实施办法（试行）》施行。\n来源：某网\n丁市实施意见\n一、丁。\n二、戊。"
    )
    regulations = parse_file_text(text, "x")
    assert "".join(regulation.text for regulation in regulations) == text
    assert [(regulation.id, regulation.title) for regulation in regulations] == [
        ("x", "甲市容错办法"), ("x-2", "丙市容错纠错实施办法（试行）"), ("x-3", "丁市实施意见"),
    ]  # fmt: skip
    assert [ids(regulation) for regulation in regulations] == [["art1.p1", "art2.p1"]] * 2 + [["s1", "s2"]]


def test_one_regulation_in_a_file(shipped: dict[str, Regulation]) -> None:
    for path in FILES:
        assert parse_file_text(path.read_bytes().decode("utf-8"), path.stem) == (shipped[path.stem],)


def test_numbers_that_start_anew_without_a_title_stay_in_one_regulation() -> None:
    text = "某办法\n第一条 甲。\n第二条 乙。\n第一条 丙。\n第二条 丁。"
    (regulation,) = parse_file_text(text, "x")
    assert ids(regulation) == ["art1.p1", "art2.p1", "art1~2.p1", "art2~2.p1"]
    assert numbering_report(regulation) == ["第二条之后又出现第一条（第4行附近）"]


# --- any text


SNIPPETS = st.sampled_from(
    "第一条 第二条 第三条 第一条之一 第一章 第一节 第一编 第一类: 一、 二、 （一） (二) 1. 2． (1) ① ②".split()
    + "某办法 目录 附件： 打印 来源：某网 甲的； 乙。 有下列情形之一的： 规定的 修改为".split()
    + "、 “ ” | ， 丙 2019年1月2日 总则 某市人民政府".split()
    + ["第 三 条", "\n", "\n\n", "\r\n", " ", "\u3000", "\u200b"]
)
UNITS = "（一） 1. 一、甲； 第 甲 ① 申请容错， （ 一 第一条之一 第一条甲。第二条乙。".split()
UNITS += ["第一条 甲。\n", "第一条 甲\n第二条 乙\n", "（一）甲\n", "第 一 ", "甲\n", " 第一条", "第一章 甲\n", "。 "]


@settings(max_examples=300, deadline=None)
@given(st.lists(SNIPPETS, min_size=1, max_size=30))
def test_any_mixture_of_labels_and_text_keeps_every_character(parts: Iterable[str]) -> None:
    text = "".join(parts)
    if not re.sub(r"[\s\u200b]", "", text):
        return
    check(parse(text, "x"))
    regulations = parse_file_text(text, "x")
    assert "".join(regulation.text for regulation in regulations) == text
    for regulation in regulations:
        check(regulation)


@pytest.mark.parametrize("unit", UNITS)
def test_long_monotonous_texts_take_linear_time(unit: str) -> None:
    text = unit * (40_000 // len(unit))
    begin = time.process_time()
    parse_file_text(text, "x")  # 0.1 to 1.5 seconds; a quadratic scan takes minutes
    assert time.process_time() - begin < 15
