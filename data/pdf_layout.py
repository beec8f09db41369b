"""From the lines of PDF pages to paragraphs: page furniture dropped, line ends inside paragraphs undone.

A PDF holds lines, not paragraphs. Two lines are joined only where the page says so: the first fills its column, the
second begins at the body edge and with no label of its own. Where that is doubtful the line end stays, since the parser
can live with a split paragraph but not with two clauses in one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import median

from data.reader_text import LABEL

__all__ = ["Line", "paragraphs"]

_MARGIN = 0.12  # share of the page height in which headers, footers and page numbers stand
_PAGE_NUMBER = re.compile(
    r"[-—–－―·•.\s]*(?:第\s*[0-9一二三四五六七八九十]{1,4}\s*页|[0-9]{1,4}\s*页?)"
    r"(?:\s*[/／,，]?\s*共?\s*[0-9一二三四五六七八九十]{1,4}\s*页?)?[-—–－―·•.\s]*"
)
_REPEATS = 0.4  # share of the pages on which a header stands; left and right pages may differ
_TERMINAL = tuple("。；：！？…”）)")
# A wrapped reference, "依照第五条 / 第一款的规定", also begins with a label; it goes on without a space.
_REFERENCE = re.compile(
    r"第[〇○零一二三四五六七八九十百千0-9]+[编章节条款项](?:[第、，,。；;》）)的至和或及]|规定|所列|之(?![一二三四五六七八九十]))"
)
_INDENT = 1.2  # in characters; paragraphs are indented by two
_NEAR = 0.8
_LACK = 3.0  # a full line may lack a character for its width and two for one that must not begin or end a line
_WORD = re.compile(r"[!-~]+")  # does not break, so that the line before it may lack more
_NARROW = 0.5  # share of the page's width; where all lines are shorter than that, none of them was wrapped
_SUPPORT = 0.05  # share of the lines that an edge of the column needs


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page; coordinates in points from the top left corner, `size` the height of a character."""

    text: str
    page: int
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    page_width: float
    page_height: float


@dataclass(frozen=True, slots=True)
class _Column:
    left: float
    right: float  # infinite where no line was wrapped
    pitch: float  # from line to line
    indented: bool  # labelled paragraphs begin further right than their following lines


def paragraphs(lines: Sequence[Line]) -> list[str]:
    """Return the paragraphs of the pages' `lines`, which are in reading order; no lines give no paragraphs."""
    body = _without_furniture(lines)
    by_width: dict[int, list[Line]] = defaultdict(list)
    for line in body:
        by_width[round(line.page_width)].append(line)
    columns = {width: _column(group) for width, group in by_width.items()}
    groups: list[list[Line]] = []
    for line in body:
        if groups and _continues(groups[-1], line, columns[round(line.page_width)]):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_joined(group) for group in groups]


def _without_furniture(lines: Sequence[Line]) -> list[Line]:
    pages: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        pages[line.page].append(line)
    edges = {id(line) for page in pages.values() for line in (*page[:2], *page[-2:]) if _in_margin(line)}
    seen = Counter(key for page in pages.values() for key in {_key(line) for line in page if id(line) in edges})
    enough = max(2.0, _REPEATS * len(pages))

    def is_furniture(line: Line) -> bool:
        if id(line) not in edges:
            return False
        repeated = seen[_key(line)] >= enough and not LABEL.match(line.text)
        return repeated or _PAGE_NUMBER.fullmatch(line.text) is not None

    return [line for line in lines if not is_furniture(line)]


def _in_margin(line: Line) -> bool:
    return line.bottom < _MARGIN * line.page_height or line.top > (1 - _MARGIN) * line.page_height


def _key(line: Line) -> str:
    """Return what stays the same in a header from page to page."""
    return re.sub(r"[0-9]+", "#", "".join(line.text.split()))


def _column(lines: Sequence[Line]) -> _Column:
    size = median(line.size for line in lines)
    left = _edge(sorted(line.x0 for line in lines), size)
    right = -_edge(sorted(-line.x1 for line in lines), 2 * size)
    if right - left < _NARROW * lines[0].page_width:
        right = inf
    steps = [b.top - a.top for a, b in zip(lines, lines[1:], strict=False) if a.page == b.page and b.top > a.top]
    starts = [line for line in lines if LABEL.match(line.text)]
    indented = sum(line.x0 > left + _INDENT * size for line in starts)
    return _Column(left, right, median(steps) if steps else 2 * size, bool(starts) and 2 * indented >= len(starts))


def _edge(positions: Sequence[float], width: float) -> float:
    """Return the first of the sorted positions that enough others are close to, so that one stray line does not count."""
    needed = max(1.0, _SUPPORT * len(positions))
    for index, position in enumerate(positions):
        if bisect_right(positions, position + width) - index >= needed:
            return position
    return positions[0]


def _continues(group: Sequence[Line], line: Line, column: _Column) -> bool:
    """Tell whether `line` goes on with the paragraph that `group` has so far."""
    last = group[-1]
    return (
        last.page_width == line.page_width
        and abs(last.size - line.size) <= 0.1 * last.size
        and _follows(last, line, column)
        and not _starts(line, column)
        and _lack(last, line, column) <= _allowed_lack(group, line, column)
    )


def _lack(last: Line, line: Line, column: _Column) -> float:
    """Return how many characters `last` lacks to the column's edge, beyond a Latin word that did not fit any more."""
    word = _WORD.match(line.text)
    return (column.right - last.x1) / last.size - (len(word[0]) / 2 if word else 0)


def _follows(last: Line, line: Line, column: _Column) -> bool:
    if last.page != line.page:
        return line.page == last.page + 1
    return 0 < line.top - last.top <= 1.6 * max(column.pitch, last.size)


def _starts(line: Line, column: _Column) -> bool:
    """Tell whether the line begins a clause: it has a label, and not one that stands there by the chance of wrapping."""
    if not LABEL.match(line.text):
        return False
    wrapped = column.indented and line.x0 <= column.left + _NEAR * line.size
    return not wrapped and not _REFERENCE.match(line.text)


def _allowed_lack(group: Sequence[Line], line: Line, column: _Column) -> float:
    """Return what the last line may lack, given where `line` begins; minus infinity where it begins a paragraph."""
    first, last = group[0], group[-1]
    near = _NEAR * line.size
    if len(group) > 1 and abs(first.x0 - group[1].x0) > near:  # the edge of this paragraph is known
        fits = abs(line.x0 - group[1].x0) <= near
    elif first.x0 - line.x0 > near:  # first line indented, this one out to the column's edge
        fits = line.x0 <= column.left + near
    elif line.x0 - first.x0 > near:  # hanging: the label stands out to the left
        fits = LABEL.match(first.text) is not None
    else:  # block style: a full line that ends a sentence may end the paragraph
        fits = not last.text.endswith(_TERMINAL)
    return _LACK if fits else -inf


def _joined(group: Sequence[Line]) -> str:
    text = group[0].text
    for line in group[1:]:
        spaced = text[-1:].isascii() and line.text[:1].isascii() and text[-1:].isalnum() and line.text[:1].isalnum()
        text += " " * spaced + line.text
    return text
