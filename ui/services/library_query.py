"""What somebody types to find a clause: words, or a number.

number   第十三条  13条  第十三条之一第二款第（六）项  (六)项     read in any order, compared with the clause's id
words    everything else, cut at white space
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from data.errors import InputError
from data.numerals import DIGITS, parse_number
from data.schema import Clause, Span

__all__ = ["Query", "parse_query"]

_LONGEST = 200
_N = f"[{DIGITS}]+"
_NUMBER = re.compile(rf"(?:第\s*[（(]?\s*({_N})\s*[)）]?|[（(]\s*({_N})\s*[)）]|([0-9０-９]+))\s*([条款项目])(?:之({_N}))?")
_ID_PARTS = {
    "条": re.compile(r"(?:^|\.)art(\d+)(?:-(\d+))?"),
    "款": re.compile(r"\.p(\d+)"),
    "项": re.compile(r"\.i(\d+)"),
    "目": re.compile(r"\.s(\d+)"),
}
_WIDTH = str.maketrans("（）：，", "():,")


@dataclass(frozen=True, slots=True)
class Query:
    """What a clause must have: numbers by unit (条 to its number and 之-number), and words."""

    numbers: Mapping[str, tuple[int, int]]
    words: tuple[str, ...]

    def find(self, clause: Clause, title: str, citation: str) -> tuple[Span, ...] | None:
        """Return where the words stand in the clause's text; None where the clause is not what is looked for.

        `title` may hold the words that stand beside a number, `citation` (without title) any of them.
        """
        path = clause.id.rpartition("/")[2]
        if any(_number(path, unit) != number for unit, number in self.numbers.items()):
            return None
        spans: list[Span] = []
        cited = citation.translate(_WIDTH)
        for word in self.words:
            here = [Span(found.start(), found.end()) for found in re.finditer(re.escape(word), clause.text)]
            elsewhere = word.translate(_WIDTH) in cited or self.numbers and word in title
            if not here and not elsewhere:
                return None
            spans += here
        return tuple(_apart(spans))


def parse_query(text: str) -> Query:
    """Read what was typed. Raises InputError for an empty or overlong query."""
    text = text.strip()
    if not text:
        raise InputError("请写下要查的字词或条款号，例如：隐瞒证据，或 第十三条第（六）项。")
    if len(text) > _LONGEST:
        raise InputError(f"查找的内容超过 {_LONGEST} 字，请只写几个字词或一个条款号。")
    numbers: dict[str, tuple[int, int]] = {}
    for found in _NUMBER.finditer(text):
        number = parse_number(found[1] or found[2] or found[3])
        if number is not None:
            numbers[found[4]] = (number, parse_number(found[5]) or 0 if found[5] else 0)
    rest = _NUMBER.sub(" ", text) if numbers else text
    return Query(numbers, tuple(word.strip("《》") for word in rest.split() if word.strip("《》")))


def _number(path: str, unit: str) -> tuple[int, int] | None:
    found = _ID_PARTS[unit].search(path)
    if found is None:
        return None
    return int(found[1]), int(found[2] or 0) if unit == "条" else 0


def _apart(spans: list[Span]) -> list[Span]:
    """Return the spans in order, those that overlap joined."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined
