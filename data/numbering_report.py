"""Says which numbers are missing or come twice, so that a person can look into the source."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from data.numerals import number_in_words
from data.schema import Piece, Regulation

__all__ = ["numbering_report"]


@dataclass(frozen=True, slots=True)
class _Numbered:
    """An article: its number, its 之-number and the line it stands on."""

    number: int
    sub: int
    line: int

    def __str__(self) -> str:
        return f"第{number_in_words(self.number)}条" + (f"之{number_in_words(self.sub)}" if self.sub else "")


def numbering_report(regulation: Regulation) -> list[str]:
    """Return one Chinese line for each gap, repetition or step back in the numbers of the articles; [] if they run 1…n.

    A text without articles gives [].
    """
    breaks = [at for at, char in enumerate(regulation.text) if char == "\n"]
    articles = [_read(piece, breaks) for piece in regulation.pieces if piece.level == "article"]
    lines: list[str] = []
    if articles and articles[0].number > 1:
        lines.append(f"缺{_range(1, articles[0].number - 1)}（正文从{articles[0]}开始，第{articles[0].line}行附近）")
    for before, after in zip(articles, articles[1:], strict=False):
        lines += _compare(before, after)
    return lines


def _read(piece: Piece, breaks: Sequence[int]) -> _Numbered:
    number, _, sub = piece.id.rpartition("/art")[2].partition("~")[0].partition("-")
    return _Numbered(int(number), int(sub or 0), bisect_right(breaks, piece.span.start) + 1)


def _compare(before: _Numbered, after: _Numbered) -> list[str]:
    if (after.number, after.sub) == (before.number, before.sub):
        return [f"{after}重复出现（第{before.line}行、第{after.line}行）"]
    if (after.number, after.sub) < (before.number, before.sub):
        return [f"{before}之后又出现{after}（第{after.line}行附近）"]
    where = f"（在{before}与{after}之间，第{after.line}行附近）"
    if after.number > before.number + 1:
        return [f"缺{_range(before.number + 1, after.number - 1)}{where}"]
    first = 1 if after.number > before.number else before.sub + 1
    if after.sub > first:
        missing = "、".join(str(_Numbered(after.number, sub, 0)) for sub in range(first, after.sub))
        return [f"缺{missing}{where}"]
    return []


def _range(first: int, last: int) -> str:
    start = str(_Numbered(first, 0, 0))
    return start if first == last else f"{start}至{_Numbered(last, 0, 0)}"
