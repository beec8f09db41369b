"""A lexer for Chinese regulations that keeps offsets and loses no character.

`lex` cuts a text into tokens that cover it exactly: white space, text, and every stretch that could be a label. Whether
such a stretch is one (第二条 for an article, or a reference to it) is decided later, from the numbering; here only what
can be seen on the spot decides: the shape, what stands before and what follows.

    label      = ordinal | outline | bracketed | dotted | half | circled
    ordinal    = 第 number (编|分编|章|节|条|类|部分) [之 number]     编章节条; spaces allowed anywhere inside
    outline    = chinese (、|．|.)                                    一、
    bracketed  = ( chinese ) | ( digits )                             （一） (1), either width of bracket
    dotted     = digits (.|．|、) not before a digit                  1. 1、 but not 1.5
    half       = digits )                                             1)
    circled    = ① … ㊿
    One-character forms count as what they show: ⒈ as 1., ⑴ as (1), ㈠ as (一).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from data.numerals import CIRCLED, DIGITS, parse_number

__all__ = ["BLANKS", "HEADING_KINDS", "LIST_KINDS", "Kind", "Token", "Where", "lex"]

Kind = Literal[
    "space", "text", "part", "chapter", "section", "article", "group",
    "outline", "bracket", "digit", "bracket_digit", "half", "circled",
]  # fmt: skip
Where = Literal["line", "sentence", "heading", "gap", "inner"]
"""What stands before a label: a line's start, a sentence's end, a chapter heading in the same line, a mere space, or
(for a 第一条 or 第一章 only, which may follow a title) plain text."""

HEADING_KINDS: frozenset[Kind] = frozenset({"part", "chapter", "section"})
LIST_KINDS: frozenset[Kind] = frozenset({"outline", "bracket", "digit", "bracket_digit", "half", "circled"})

BLANKS = " \t\xa0\u1680\u2000-\u200d\u2060\u202f\u205f\u3000\ufeff"
"""White space within a line (zero-width characters and the byte-order mark included), for a regular-expression class."""

_BREAKS = "\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029"
_LINE = re.compile(rf"[^{BLANKS}{_BREAKS}](?:[^{_BREAKS}]*[^{BLANKS}{_BREAKS}])?")
_GAP = f"[{BLANKS}]*"
_NUMBER = rf"(?:[{DIGITS}]{_GAP})+"
_CHINESE = DIGITS.replace("0-9０-９", "")
_LABEL = re.compile(
    rf"第{_GAP}(?P<ordinal>{_NUMBER})(?P<unit>分编|编|章|节|条|类|部分)(?:{_GAP}之{_GAP}(?P<sub>[{_CHINESE}0-9]+))?"
    rf"|[（(]{_GAP}(?:(?P<bracket>[{_CHINESE}][{_CHINESE}{BLANKS}]*)|(?P<bracket_digit>[0-9０-９]{{1,3}}){_GAP})[）)]"
    rf"|(?P<outline>[{_CHINESE}]{{1,4}})(?:、|[．.](?![0-9０-９]))"
    r"|(?P<digit>(?<![0-9０-９.．])[0-9０-９]{1,3})(?:[．.、])(?![0-9０-９])"
    r"|(?P<digit_mark>[⒈-⒛])|(?P<bracket_digit_mark>[⑴-⒇])|(?P<bracket_mark>[㈠-㈩])"
    r"|(?P<half>(?<![0-9０-９.．])[0-9０-９]{1,2})[）)]"
    rf"|(?P<circled>[{CIRCLED}])"
)
_UNITS: dict[str, Kind] = {
    "编": "part", "分编": "part", "部分": "part", "章": "chapter", "节": "section", "条": "article", "类": "group",
}  # fmt: skip

# What follows a reference to an article but never its label: 第八条第二款, 第三条、第四条, 第十二条规定的, 第五条修改为 …
_REFERENCE_ARTICLE = re.compile(
    rf"第{_NUMBER}[款项目]|[（(][{_CHINESE}]+[）)]{_GAP}项|{_GAP}[、，,和与及或至到—～-]{_GAP}第{_NUMBER}[条款]"
    r"|之?规定的|所(?:称|列|规定|述|指|示)|[的款]|项(?!目)|(?:修改|修正|调整|更改|改|增加)为|修改如下|删[除去]|作为第"
    r"|增加[一二两三四五六七八九十][条款项]|之[前后外间]|以[上下外内]|中(?:的|[“\"‘（(，,]|增加|删)"
)
# … and what follows a reference more often than a label: the numbering decides
_DOUBTFUL_ARTICLE = re.compile(r"之?规定|增加|修改|修正|调整|改为")
_REFERENCE_CHAPTER = re.compile(
    rf"第{_NUMBER}[编章节条]|{_GAP}[、，,和与及或至到]{_GAP}第[{DIGITS}]|[的、，,。；;：:]|规定|所|中的|增加|删|修改|以[上下外内]"
)
_REFERENCE_ITEM = re.compile(rf"{_GAP}(?:项(?!目)|目(?![标的录前])|款|[、，,和与及或至到]{_GAP}[（(第])")
_SENTENCE_END = frozenset("。；;：:！!？?…")
_CLOSING = frozenset("”’\"'」』）)】》〉")


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text; `number` and `sub` (第十七条之一: 17, 1) are 0 for text and space.

    `where` says what stands before a label; `spaced` that white space or the end of the line follows it; `doubtful` that
    it reads like a reference.
    """

    kind: Kind
    start: int
    end: int
    number: int = 0
    sub: int = 0
    where: Where = "line"
    spaced: bool = False
    doubtful: bool = False


def lex(text: str) -> tuple[Token, ...]:
    """Return the tokens of `text` in order; they cover it without gap or overlap. () for the empty string."""
    return tuple(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    done = 0
    for line in _LINE.finditer(text):
        if done < line.start():
            yield Token("space", done, line.start())
        yield from _line(text, line.start(), line.end())
        done = line.end()
    if done < len(text):
        yield Token("space", done, len(text))


def _line(text: str, start: int, end: int) -> Iterator[Token]:
    done, last = start, None
    for match in _LABEL.finditer(text, start, end):
        token = _label(text, match, start, end, last)
        if token is None:
            continue
        if done < token.start:
            yield Token("text", done, token.start)
        yield token
        done, last = token.end, token
    if done < end:
        yield Token("text", done, end)


def _label(text: str, match: re.Match[str], start: int, end: int, last: Token | None) -> Token | None:
    """Return the label that `match` is, or None where it is in the middle of a sentence or plainly a reference."""
    kind, number, sub = _read(match)
    if number is None or sub is None:
        return None
    where = _before(text, match.start(), start, last, kind)
    if where is None and number == 1 and kind not in LIST_KINDS and kind != "group":
        where = "inner"
    if where is None or _is_reference(text, match.end(), kind):
        return None
    after = match.end()
    spaced = after == end or text[after].isspace()
    doubtful = kind == "article" and _DOUBTFUL_ARTICLE.match(text, after) is not None
    return Token(kind, match.start(), after, number, sub, where, spaced, doubtful)


def _read(match: re.Match[str]) -> tuple[Kind, int | None, int | None]:
    group = match.lastgroup
    if group in ("unit", "sub"):
        sub = match["sub"]
        return _UNITS[match["unit"]], parse_number(match["ordinal"]), parse_number(sub) if sub else 0
    name = group or ""  # the other groups are named after their kind
    kind: Kind = name.removesuffix("_mark")  # type: ignore[assignment]
    return kind, parse_number(match[name]), 0


def _before(text: str, at: int, start: int, last: Token | None, kind: Kind) -> Where | None:
    """Say what stands before a label at `at` in a line that begins at `start`; None: a sentence is under way."""
    if at == start:
        return "line"
    if last is not None and last.end == at:  # 第五条（一）…; but in (二)一、二类… the 一、 is text
        return None if kind == "outline" and last.kind in LIST_KINDS else last.where
    here = at - 1
    while here >= start and text[here].isspace():
        here -= 1
    if last is not None and here < last.end:
        return last.where
    mark = here - 1 if text[here] in _CLOSING and here > start else here
    if text[mark] in _SENTENCE_END:
        return "sentence"
    if kind in LIST_KINDS or kind == "group":
        return None
    # 第一章总则第一条…: a heading has no closing mark, so the label after it follows plain text
    if last is not None and last.kind in HEADING_KINDS and at - last.end <= 40 and _is_heading_text(text, last.end, at):
        return "heading"
    return "gap" if here < at - 1 and text[here] != "|" else None  # | 第一条 | is a cell of a table


def _is_heading_text(text: str, start: int, end: int) -> bool:
    return not any(char in "。；;：:，,！？" for char in text[start:end])


def _is_reference(text: str, after: int, kind: Kind) -> bool:
    if kind == "article":
        return _REFERENCE_ARTICLE.match(text, after) is not None
    if kind in HEADING_KINDS:
        return _REFERENCE_CHAPTER.match(text, after) is not None
    return kind in ("bracket", "bracket_digit") and _REFERENCE_ITEM.match(text, after) is not None
