import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.lexer import Token, lex


def labels(text: str) -> list[Token]:
    return [token for token in lex(text) if token.kind not in ("text", "space")]


def shown(text: str) -> list[tuple[str, int, str]]:
    return [(token.kind, token.number, text[token.start : token.end]) for token in labels(text)]


@pytest.mark.parametrize(
    ("text", "kind", "number", "label"),
    [
        ("第一编 总则", "part", 1, "第一编"),
        ("第二分编 通则", "part", 2, "第二分编"),
        ("第一部分 总则", "part", 1, "第一部分"),
        ("第三章总则", "chapter", 3, "第三章"),
        ("第 十 二 节　一般规定", "section", 12, "第 十 二 节"),
        ("第　一　条　甲", "article", 1, "第　一　条"),
        ("第12条 甲", "article", 12, "第12条"),
        ("第一类:一心为公", "group", 1, "第一类"),
        ("一、甲", "outline", 1, "一、"),
        ("十二．甲", "outline", 12, "十二．"),
        ("（二）甲", "bracket", 2, "（二）"),
        ("(二)甲", "bracket", 2, "(二)"),
        ("( 十 二 ) 甲", "bracket", 12, "( 十 二 )"),
        ("㈢甲", "bracket", 3, "㈢"),
        ("1.甲", "digit", 1, "1."),
        ("1、甲", "digit", 1, "1、"),
        ("10．甲", "digit", 10, "10．"),
        ("⒊甲", "digit", 3, "⒊"),
        ("(3)甲", "bracket_digit", 3, "(3)"),
        ("（３）甲", "bracket_digit", 3, "（３）"),
        ("⑷甲", "bracket_digit", 4, "⑷"),
        ("2)甲", "half", 2, "2)"),
        ("②甲", "circled", 2, "②"),
    ],
)
def test_each_kind_of_label(text: str, kind: str, number: int, label: str) -> None:
    assert shown(text) == [(kind, number, label)]


def test_article_with_a_sub_number() -> None:
    (token,) = labels("第十七条之一 甲")
    assert (token.number, token.sub, token.where, token.spaced) == (17, 1, "line", True)


@pytest.mark.parametrize(
    "text",
    [
        "依照本法第三条处理",
        "违反刑法第一百条、第二条的",
        "第八条第二款另有规定",
        "第三条、第四条另有规定",
        "第三条和第四条",
        "第三条至第五条",
        "第十二条规定的情形",
        "第十二条所列情形",
        "第十二条的规定",
        "第五条修改为：",
        "第五条增加一款",
        "第五条之外",
        "前款第（三）项规定",
        "（三）项规定的",
        "（一）、（二）所列",
        "第二章规定的",
        "3.9万家",
        "1.5米",
        "见2019.5.1",
        "| 第一百条 | 罪名 |",
        "第二类甲",
    ],
)
def test_references_and_figures_are_no_labels(text: str) -> None:
    assert [token for token in labels(text) if token.kind != "group"] == []


@pytest.mark.parametrize(
    "text", ["第七条项目单位", "第四十八条修改规划", "第五百九十条 第二审法院", "（五）项目库建设", "第三条所有单位"]
)
def test_words_that_only_look_like_the_rest_of_a_reference(text: str) -> None:
    assert len(labels(text)) == 1


def test_a_label_may_read_like_a_reference() -> None:
    assert labels("第十二条规定情形之一的")[0].doubtful
    assert not labels("第十二条 各级政府")[0].doubtful


def test_what_stands_before_a_label() -> None:
    text = "第一章总则第一条甲。第二条乙：（一）丙；(二)丁”。 第三条 戊 第四条 己"
    assert [(token.kind, token.number, token.where) for token in labels(text)] == [
        ("chapter", 1, "line"),
        ("article", 1, "heading"),
        ("article", 2, "sentence"),
        ("bracket", 1, "sentence"),
        ("bracket", 2, "sentence"),
        ("article", 3, "sentence"),
        ("article", 4, "gap"),
    ]


def test_a_first_article_may_follow_a_title_directly() -> None:
    assert [token.where for token in labels("某某办法第一条甲")] == ["inner"]


def test_a_list_label_right_behind_another_one_holds_unless_it_is_an_outline_label() -> None:
    assert shown("一、（一）甲") == [("outline", 1, "一、"), ("bracket", 1, "（一）")]
    assert shown("(二)一、二类菌种") == [("bracket", 2, "(二)")]


def test_white_space_of_every_kind_separates() -> None:
    text = "\ufeff第一条\u3000甲\r\n\u200b\r\n\xa0（一）\u2003乙\x0b\x85"
    assert [(token.kind, text[token.start : token.end]) for token in lex(text)] == [
        ("space", "\ufeff"),
        ("article", "第一条"),
        ("text", "\u3000甲"),
        ("space", "\r\n\u200b\r\n\xa0"),
        ("bracket", "（一）"),
        ("text", "\u2003乙"),
        ("space", "\x0b\x85"),
    ]


def test_the_empty_string_has_no_tokens() -> None:
    assert lex("") == ()


@given(st.text(alphabet="第一二十百零条章节类之（）()1２.、①⒈:：。；\n\r \u3000\u200b甲，“”|", max_size=80))
def test_no_character_is_lost(text: str) -> None:
    tokens = lex(text)
    assert "".join(text[token.start : token.end] for token in tokens) == text
    assert all(token.start < token.end for token in tokens)
