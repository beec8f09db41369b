"""Which labels of a text hold, whether it is in articles or an outline, and where its body starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from data.furniture import looks_like_title
from data.lexer import HEADING_KINDS, Token
from data.numbering import Run, accept_lists, article_runs

__all__ = ["Plan", "plan_text"]

_GROUP_HEADING = re.compile(r"[ \t\u3000\xa0]*[:：、 \u3000\xa0][^。；;\n\r]{1,40}(?:[\n\r]|$)")
_SHORTEST_OPENING = 8
_RANK = {"part": 0, "chapter": 1, "section": 2}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the labels say: the runs of articles (() in an outline text), the labels that hold, where the body starts.

    `body_start` is 0 for a text without any label; `runs` leaves out abstracts, whose articles another run repeats.
    """

    runs: tuple[Run, ...]
    accepted: frozenset[int]
    body_start: int
    labelled: bool


def plan_text(text: str, tokens: Sequence[Token]) -> Plan:
    """Decide from `tokens` which labels hold in `text` and where its body starts."""
    runs = _body_runs(text, article_runs(tokens))
    if not _in_articles(runs, tokens):
        runs = ()
    articles = frozenset(token.start for run in runs for token in run.articles)
    lists = accept_lists(tokens, articles)
    first = min(articles, default=-1)
    if first < 0:
        first = min(lists, default=-1)
    heads = _headings(text, tokens, articles | lists)
    body = _body_start(heads, _with_outline_headings(text, tokens, lists, first))
    first_number = runs[0].articles[0].number if runs else 1
    if first_number > 1 and not any(head.start < first for head in heads) and not _titled(text, first):
        body = 0  # a text that begins within an article: what stands before the first label belongs to the body
    accepted = articles | lists | {head.start for head in heads} | _groups(text, tokens)
    return Plan(runs, frozenset(accepted), max(body, 0), body >= 0)


def _with_outline_headings(text: str, tokens: Sequence[Token], lists: frozenset[int], first: int) -> int:
    """Return where the outline headings right above the first label begin: 一、受案范围 above 第一条; else `first`."""
    labels = [token for token in tokens if token.start in lists and token.start < first and token.where == "line"]
    for token in reversed(labels):
        heading = text[token.end : first].strip()
        if token.kind not in ("outline", "bracket") or not heading or len(heading) > 40 or set(heading) & set("\n。；;：:，,"):
            break
        first = token.start
    return first


def _titled(text: str, end: int) -> bool:
    return any(looks_like_title(line.strip()) for line in text[:end].splitlines())


def _groups(text: str, tokens: Sequence[Token]) -> frozenset[int]:
    """Return the offsets of 第一类:一心为公; 第一类易制毒化学品，由… is a sentence."""
    groups = [token for token in tokens if token.kind == "group" and token.where == "line"]
    return frozenset(token.start for token in groups if _GROUP_HEADING.match(text, token.end))


def _body_runs(text: str, runs: Sequence[Run]) -> tuple[Run, ...]:
    """Leave out runs whose articles all stand in the longest run or the next one: abstracts around a regulation."""
    if len(runs) < 2:
        return tuple(runs)
    longest = max(runs, key=len)
    known = _openings(text, longest)
    keep = []
    for run, after in zip_longest(runs, runs[1:]):
        abstract = len(run) < len(longest) and _repeats(text, run, known)
        if not abstract and after is not None and after is not longest and len(run) < len(after):
            abstract = _repeats(text, run, _openings(text, after))
        if not abstract:
            keep.append(run)
    return tuple(keep)


def _openings(text: str, run: Run) -> dict[tuple[int, int], str]:
    return {(token.number, token.sub): _opening(text, token) for token in run.articles}


def _repeats(text: str, run: Run, known: Mapping[tuple[int, int], str]) -> bool:
    """Tell whether each article of `run` begins as the one of that number in `known`; an abstract may break it off."""
    for token in run.articles:
        opening = _opening(text, token)
        if len(opening) < _SHORTEST_OPENING or not known.get((token.number, token.sub), "").startswith(opening):
            return False
    return True


def _opening(text: str, token: Token) -> str:
    lines = text[token.end : token.end + 60].split(maxsplit=1) or [""]
    return lines[0].rstrip("…. ")[:25]


def _in_articles(runs: Sequence[Run], tokens: Sequence[Token]) -> bool:
    """Tell whether the text is in articles: with mostly consecutive numbers, or with no outline labels beside them."""
    if not runs:
        return False
    best = max(runs, key=len)
    first, last = best.articles[0], best.articles[-1]
    if len(best) > 1 and len(best) * 2 > last.number - first.number:
        return True
    above = (token for token in tokens if token.start < first.start and token.where == "line")
    return not any(token.kind in ("outline", "bracket") for token in above)


def _headings(text: str, tokens: Sequence[Token], labels: frozenset[int]) -> list[Token]:
    """Return the chapter labels that hold: short headings at a line's start, or in line with the next number."""
    found: list[Token] = []
    last: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if token.kind not in HEADING_KINDS or not _heads(text, tokens, place, labels):
            continue
        if token.where == "line" or token.where != "inner" and token.number in (1, last.get(token.kind, 0) + 1):
            found.append(token)
            last[token.kind] = token.number
    return found


def _heads(text: str, tokens: Sequence[Token], place: int, labels: frozenset[int]) -> bool:
    """Tell whether what follows the label at `place`, up to the next label or line end, is a heading and no sentence."""
    start = end = tokens[place].end
    for token in tokens[place + 1 : place + 8]:
        if token.kind == "space" or token.start in labels or token.kind in HEADING_KINDS:
            break
        end = token.end
    heading = text[start:end].strip()
    return len(heading) <= 50 and not any(mark in heading for mark in "。；;")


def _body_start(heads: Sequence[Token], first: int) -> int:
    """Return where the body starts: at the headings right above the first label, those of a table of contents left out."""
    above = [head for head in heads if first < 0 or head.start < first]
    if not above:
        return first
    later = {(head.kind, head.number) for head in heads if first >= 0 and head.start > first}
    start, rank = above[-1].start, _RANK[above[-1].kind]
    chain = {(above[-1].kind, above[-1].number)}
    for head in reversed(above[:-1]):
        if _RANK[head.kind] < rank:
            start, rank = head.start, _RANK[head.kind]
            chain.add((head.kind, head.number))
        elif (head.kind, head.number) in chain | later:
            break  # the same heading comes again: this one stands in the table of contents
        else:
            start, rank = head.start, _RANK[head.kind]
            chain.add((head.kind, head.number))
    return start
