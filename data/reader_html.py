"""HTML pages: the visible text, one line per block, table rows in one line, numbers of numbered lists in front.

Left out: scripts, styles, navigation, page footers, form controls, deleted text (del), and what an attribute hides. A style
sheet in another place cannot be seen; therefore a list whose items carry labels of their own, (一) or 1., is taken to be
shown without the browser's numbers. This module is the only one that imports bs4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString, PreformattedString

from data.errors import FileError
from data.ordinals import ordinal
from data.reader_text import LABEL, clean, decode, join_cells, require_text, shown

__all__ = ["read_html"]

_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details dir div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html legend li main menu ol option p pre section summary table tbody td tfoot th thead tr "
    "ul".split()
)
_LEFT_OUT = frozenset(
    "script style noscript template head title nav iframe frame object embed applet svg math canvas audio video map select "
    "datalist button input textarea del rt rp".split()
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_FURNITURE_ROLES = frozenset(("navigation", "search", "contentinfo"))
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?\b(none|disc|circle|square|[a-z]+(?:-[a-z]+)+|decimal)\b", re.IGNORECASE)
_TYPES = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CSS = {
    "decimal": "decimal", "decimal-leading-zero": "decimalZero", "lower-roman": "lowerRoman", "upper-roman": "upperRoman",
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter", "upper-latin": "upperLetter",
    "cjk-ideographic": "chineseCountingThousand", "simp-chinese-informal": "chineseCountingThousand",
    "trad-chinese-informal": "chineseCountingThousand", "cjk-decimal": "ideographDigital",
}  # fmt: skip
_CHINESE = ("chineseCountingThousand", "ideographDigital")  # followed by 、 where others have a full stop

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")
_PROLOG = re.compile(r"^\s*<\?xml[^>]*>")
# A line end inside Chinese text is no space; browsers drop it as well (CSS Text 3, 4.1.3).
_CJK = "[\u2e80-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]"
_CJK_BREAK = re.compile(rf"(?<={_CJK})[ \t\f]*[\r\n][ \t\r\n\f]*(?={_CJK})")
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read_html(data: bytes, name: str) -> str:
    """Return the visible text of a page. Raises FileError: it cannot be decoded or parsed, or shows no text."""
    markup = _PROLOG.sub("", decode(data, name, _declared(data)), count=1)
    try:
        # The doctype in front tells bs4 that even a line without tags is markup, not a file name.
        page = BeautifulSoup("<!DOCTYPE html>\n" + markup, "lxml")
        text = _Page().text(page)
    except Exception as error:  # the parsers below bs4 raise unrelated types for damaged input
        raise FileError(f"{shown(name)}不是正常的网页文件，请用浏览器打开后另存为网页或 .txt 再试。") from error
    return require_text(text, name)


def _declared(data: bytes) -> str:
    found = _CHARSET.search(data[:4096]) or _XML_ENCODING.search(data[:400])
    return found[1].decode("ascii") if found else ""


@dataclass(slots=True)
class _List:
    """An open list: the style of its numbers ("" where none are shown) and the number of its next item."""

    style: str
    number: int
    step: int = 1

    def label(self, own: int | None) -> str:
        self.number = self.number if own is None else own
        text = ordinal(self.number, self.style) if self.style else ""
        self.number += self.step
        return text and text + ("、" if self.style in _CHINESE else ". ")


class _Page:
    """Collects lines while walking through the tree once, without recursion: pages nest thousands deep."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._pieces: list[str] = []  # of the line being written
        self._label = ""  # number of a list item whose first line has not come yet
        self._lists: list[_List] = []
        self._tables: list[list[list[str]]] = []  # of each open table the cells of its current row
        self._outer: list[list[str]] = []  # the lines put aside while a cell is being filled
        self._verbatim = 0

    def text(self, page: Tag) -> str:
        """Return the lines of the page; "" where nothing is visible."""
        for entering, node in _events(page):
            name = getattr(node, "name", None)
            if name is None:
                self._write(str(node))
            elif entering:
                self._enter(name, node)
            else:
                self._leave(name)
        self._end_line()
        return "\n".join(self._lines)

    def _write(self, text: str) -> None:
        if self._verbatim:
            first, *others = text.split("\n")
            self._pieces.append(first)
            for line in others:
                self._end_line()
                self._pieces.append(line)
            return
        text = _SPACES.sub(" ", _CJK_BREAK.sub("", text))
        if not self._pieces or self._pieces[-1].endswith(" "):
            text = text.removeprefix(" ")
        if text:
            self._pieces.append(text)

    def _end_line(self) -> None:
        line = clean("".join(self._pieces)).strip()
        self._pieces = []
        if line:
            self._lines += (self._label + line).split("\n")
            self._label = ""

    def _enter(self, name: str, tag: Tag) -> None:
        if name in _BLOCKS:
            self._end_line()
        if name in ("ol", "ul", "menu", "dir"):
            self._lists.append(_list(tag) if name == "ol" else _List(style="", number=1))
        elif name == "li":
            self._label = self._lists[-1].label(_int(tag.get("value"))) if self._lists else ""
        elif name == "table":
            self._tables.append([])
        elif name in ("td", "th"):
            self._outer.append(self._lines)
            self._lines = []
        elif name == "pre":
            self._verbatim += 1

    def _leave(self, name: str) -> None:
        if name in _BLOCKS:
            self._end_line()
        if name in ("ol", "ul", "menu", "dir"):
            self._lists.pop()
        elif name == "li":
            self._label = ""
        elif name in ("td", "th"):
            cell, self._lines = self._lines, self._outer.pop()
            if self._tables:
                self._tables[-1].append(cell)
            else:
                self._lines += cell
        elif name == "tr" and self._tables:
            self._end_row()
        elif name == "table":
            self._end_row()
            self._tables.pop()
        elif name == "pre":
            self._verbatim -= 1

    def _end_row(self) -> None:
        self._lines += join_cells(self._tables[-1])
        self._tables[-1] = []


def _events(page: Tag) -> Iterator[tuple[bool, Tag]]:
    """Yield (True, node) and, for tags, (False, tag) when it is left; hidden tags and comments not at all."""
    stack: list[tuple[bool, Tag | NavigableString]] = [(True, page)]
    while stack:
        entering, node = stack.pop()
        if isinstance(node, Tag):
            if entering:
                if _is_left_out(node):
                    continue
                stack.append((False, node))
                stack += [(True, child) for child in reversed(node.contents)]  # type: ignore[misc]
        elif isinstance(node, PreformattedString) and not isinstance(node, CData):
            continue  # comments, doctypes, processing instructions
        yield entering, node  # type: ignore[misc]


def _is_left_out(tag: Tag) -> bool:
    if tag.name in _LEFT_OUT or tag.has_attr("hidden") or _HIDING.search(str(tag.get("style") or "")):
        return True
    if tag.name == "footer":  # that of the page; an article's own footer may hold the signature and date
        return tag.find_parent(("article", "main", "section")) is None
    return str(tag.get("role") or "").lower() in _FURNITURE_ROLES


def _list(tag: Tag) -> _List:
    items = tag.find_all("li", recursive=False)
    step = -1 if tag.has_attr("reversed") else 1
    start = _int(tag.get("start"))
    first = (len(items) if step < 0 else 1) if start is None else start
    css = _LIST_STYLE.search(str(tag.get("style") or ""))
    style = _CSS.get(css[1].lower(), "") if css else _TYPES.get(str(tag.get("type") or "1"), "decimal")
    if any(LABEL.match(_beginning(item)) for item in items):
        style = ""
    return _List(style=style, number=first, step=step)


def _beginning(item: Tag) -> str:
    """Return the first text of a list item; only near the top, since lists may nest thousands deep."""
    waiting: list[Tag | NavigableString] = [item]
    for _ in range(20):
        node = waiting.pop() if waiting else item
        if isinstance(node, Tag):
            waiting += reversed(node.contents[:20])  # type: ignore[arg-type]
        elif node.strip():
            return str(node)
    return ""


def _int(text: object) -> int | None:
    """Return the number an attribute holds, at most six digits; None for anything else."""
    found = re.fullmatch(r"\s*(-?[0-9]{1,6})\s*", str(text))
    return int(found[1]) if found else None
