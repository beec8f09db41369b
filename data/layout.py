"""Where in a file the regulation stands: its mode (articles or outline), title, front matter, body and tail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from data.blocks import Block, squeeze
from data.furniture import is_addressee, is_adoption, is_annex, is_contents, is_furniture, is_signature, looks_like_title
from data.lexer import HEADING_KINDS, Token
from data.numbering import Run, accept_lists, article_runs

__all__ = ["Plan", "front_roles", "plan_text", "tail_start", "title_blocks"]

_GROUP_HEADING = re.compile(r"[ \t\u3000\xa0]*[:：、 \u3000\xa0][^。；;\n\r]{1,40}(?:[\n\r]|$)")
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
    if runs and runs[0].articles[0].number > 1 and not heads and not _titled(text, first):
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
    longest = max(runs, key=len, default=None)
    keep = []
    for run, after in zip_longest(runs, runs[1:]):
        longer = [other for other in (longest, after) if other is not None and len(other) > len(run)]
        if not any(_repeats(text, run, other) for other in longer):
            keep.append(run)
    return tuple(keep)


def _repeats(text: str, run: Run, other: Run) -> bool:
    openings = {(token.number, token.sub): _opening(text, token) for token in other.articles}
    return all(openings.get((token.number, token.sub)) == _opening(text, token) for token in run.articles)


def _opening(text: str, token: Token) -> str:
    return squeeze(text[token.end : token.end + 60]).replace(" ", "")[:25]


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


def title_blocks(text: str, front: Sequence[Block], *, labelled: bool) -> tuple[int, int]:
    """Return the places [from, to) of the title among the blocks before the body; (0, 0) where there is none.

    The last line that reads like a title counts, since a notice or an abstract may name it before; a first half of it
    on a line of its own is found by the full title's standing in 《》 somewhere.
    """
    for place in range(len(front) - 1, -1, -1):
        line = front[place].text
        if front[place].label is None and looks_like_title(line) and not is_furniture(line):
            return (place - 1, place + 1) if place and _is_first_half(text, front[place - 1], line) else (place, place + 1)
    for place, block in enumerate(front):
        if labelled and block.label is None and _is_plain_line(block.text):
            return place, place + 1
    return 0, 0


def _is_first_half(text: str, before: Block, line: str) -> bool:
    if before.label is not None or not _is_plain_line(before.text):
        return False
    whole = _name(before.text) + _name(line)
    return f"《{whole}》" in _name(text)


def _name(text: str) -> str:
    return squeeze(text).replace(" ", "").translate(str.maketrans("（）", "()"))


def _is_plain_line(line: str) -> bool:
    known = is_furniture(line) or is_adoption(line) or is_addressee(line) or is_contents(line)
    return not known and 4 <= len(line) <= 80 and not any(char in "。；;：:！？>|" for char in line)


def front_roles(front: Sequence[Block], title: tuple[int, int], *, labelled: bool) -> list[str]:
    """Return "furniture", "title" or "body" for each block before the body.

    Prose below the title is a preamble. In a text without labels everything but plain furniture is its body.
    """
    roles = []
    for place, block in enumerate(front):
        if title[0] <= place < title[1]:
            roles.append("title")
        elif not labelled:
            below_title = title[1] > 0 and place >= title[1] and is_adoption(block.text)
            roles.append("furniture" if is_furniture(block.text) or below_title else "body")
        elif place < title[0] or block.label is not None or not _is_preamble(block.text):
            roles.append("furniture")
        else:
            roles.append("body")
    if not labelled and "body" not in roles:
        return ["body"] * len(roles)
    return roles


def _is_preamble(line: str) -> bool:
    known = is_furniture(line) or is_adoption(line) or is_addressee(line) or is_contents(line) or is_signature(line)
    return not known and (len(line) > 40 or line[-1] in "。：:；;！？”）)" and len(line) >= 8)


def tail_start(blocks: Sequence[Block], last_label: int) -> int:
    """Return from which place on `blocks` are annexes: the first 附件 line after the offset `last_label`, or the end."""
    for place, block in enumerate(blocks):
        if block.start > last_label and block.label is None and is_annex(block.text):
            return place
    return len(blocks)
