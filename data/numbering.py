"""Which label candidates are labels: decided by the numbering, not by one place in the text.

Articles are read as runs: a run is a chain of candidates in which each number follows the one before. A candidate at
the start of a line may skip numbers (a gap in the source) or start a new run (another regulation in the same file, an
abstract that repeats articles); a candidate within a line must be exactly the next number. A reference that happens to
stand at the start of a line is told by its successor: after 第十一条, a 第十三条 followed by 第十二条 is a reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.lexer import LIST_KINDS, Kind, Token

__all__ = ["Run", "accept_lists", "article_runs", "follows"]

_LOOK_AHEAD = 400
"""How many list candidates further the successor of an in-line first item is looked for."""


@dataclass(frozen=True, slots=True)
class Run:
    """Articles whose numbers rise, in text order; never empty."""

    articles: tuple[Token, ...]

    def __len__(self) -> int:
        return len(self.articles)


def follows(before: Token, after: Token) -> bool:
    """Tell whether `after` is the next number: 十七 → 十八, 十七 → 十七之一, 十七之一 → 十七之二 or 十八."""
    if after.number == before.number:
        return after.sub == before.sub + 1
    return after.number == before.number + 1 and after.sub == 0


def _rises(before: Token, after: Token) -> bool:
    return (after.number, after.sub) > (before.number, before.sub)


def article_runs(tokens: Sequence[Token]) -> tuple[Run, ...]:
    """Return the runs of articles among `tokens`, in text order; () where there is no article."""
    candidates = [token for token in tokens if token.kind == "article"]
    runs: list[list[Token]] = []
    for place, token in enumerate(candidates):
        current = runs[-1] if runs else None
        later = candidates[place + 1 : place + 4]
        if current is not None and follows(current[-1], token) and _continues(token, later):
            current.append(token)
            continue
        verdict = _out_of_order(current[-1] if current else None, token, later)
        if verdict == "new":
            runs.append([token])
        elif verdict == "same" and current is not None:
            current.append(token)
    return tuple(Run(tuple(run)) for run in runs)


def _continues(token: Token, later: Sequence[Token]) -> bool:
    """Tell whether the candidate with the next number is the next article and no reference to it."""
    if token.doubtful:
        # 第十二条规定情形…: the article itself unless that comes later
        return token.where == "line" and not any((t.number, t.sub) == (token.number, token.sub) for t in later)
    return token.where in ("line", "sentence", "heading") or token.where == "gap" and token.spaced


def _out_of_order(last: Token | None, token: Token, later: Sequence[Token]) -> str:
    """Judge a candidate that does not continue the run: "new" run, "same" run (gap or repeat) or "" (a reference)."""
    if token.doubtful:
        return ""
    if last is None:
        # 摘要:第三条… starts after a colon; 。第五条 in a preamble does not start a regulation
        followed = any(follows(token, other) and other.where not in ("gap", "inner") for other in later[:1])
        starts = token.where == "line" or token.where == "inner" and followed or token.where != "inner" and token.number == 1
        starts = starts or token.where in ("sentence", "heading") and followed
        return "new" if starts else ""
    if token.where != "line":
        # within a line only a spaced label whose successor comes next may skip a number
        gap = token.where == "sentence" and token.spaced and token.number <= last.number + 3 and _rises(last, token)
        return "same" if gap and later and follows(token, later[0]) else ""
    if (token.number, token.sub) == (last.number, last.sub):
        return "same" if token.spaced else ""  # the source repeats a number; a reference has no space behind it
    resumed = any(follows(last, other) and other.where == "line" for other in later)
    if _rises(last, token):
        return "" if resumed and not (later and follows(token, later[0])) else "same"
    if later and follows(token, later[0]) and later[0].where != "gap" or token.number == 1 and token.sub == 0:
        return "new" if not resumed or token.number == 1 else ""
    if resumed:
        return ""
    return "same" if token.spaced else ""


def accept_lists(tokens: Sequence[Token], articles: frozenset[int]) -> frozenset[int]:
    """Return the start offsets of the list labels (一、 （一） 1. (1) ①) that hold.

    `articles` are the offsets of accepted articles; each begins a new numbering. At a line's start a label holds if its
    number starts or continues a list or is bracketed; within a line only the next number holds, or a first one that has
    a second.
    """
    candidates = [t for t in tokens if t.kind in LIST_KINDS or t.start in articles]
    accepted: set[int] = set()
    last: dict[Kind, int] = {}
    for place, token in enumerate(candidates):
        if token.kind == "article":
            last.clear()
            continue
        expected = last.get(token.kind, 0) + 1
        holds = token.number == expected or token.number == 1
        if token.where != "line":
            holds = holds and (expected > 1 and token.number == expected or _has_second(candidates, place))
        elif token.kind in ("outline", "digit", "half") and not holds:
            holds = _has_successor(candidates, place) or _is_above_article(candidates, place)
        else:
            holds = True
        if holds:
            accepted.add(token.start)
            last[token.kind] = token.number
    return frozenset(accepted)


def _is_above_article(candidates: Sequence[Token], place: int) -> bool:
    """Tell whether an article comes right after: 二、管辖 is a heading whose numbering goes on across articles."""
    return place + 1 < len(candidates) and candidates[place + 1].kind == "article"


def _has_second(candidates: Sequence[Token], place: int) -> bool:
    first = candidates[place]
    return first.number == 1 and _has_successor(candidates, place)


def _has_successor(candidates: Sequence[Token], place: int) -> bool:
    """Tell whether the next candidate of the same kind, before the next article, carries the next number."""
    token = candidates[place]
    for other in candidates[place + 1 : place + _LOOK_AHEAD]:
        if other.kind == "article":
            return False
        if other.kind == token.kind:
            return other.number == token.number + 1
    return False
