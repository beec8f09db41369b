"""Which side the words of a passage take on what a clause speaks of.

A clause speaks of a few things (重大损失, 集体研究, 查封的物品 …), each in one direction: 没有造成重大损失 is the negation of
造成重大损失, found by the same rules that find negations in the narrative. Everyday words say of such a thing that it is so or
that it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from data.numerals import parse_number
from data.schema import Span
from retrieval.stance_cues import Group, load_cues
from retrieval.stance_negation import Word, turned
from retrieval.stance_parts import Part, cut, part_at

__all__ = ["Hit", "Topic", "hits", "side", "topics"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A thing that a clause speaks of; `sign` is 1 where the clause says it is so, -1 where it says it is not.

    `named` tells whether its own words name it; else every clause of its category is taken to be about it.
    """

    group: Group
    sign: int
    named: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """Words that take a side: `sign` is 1 for what the clause says, -1 for the opposite; `by` are words that negate them."""

    span: Span
    sign: int
    group: Group
    by: Span | None


@lru_cache(maxsize=1024)
def topics(clause_text: str, category: str) -> tuple[Topic, ...]:
    """Return what a clause speaks of; one that no group of the table names has only the groups of its category, or none."""
    found: list[Topic] = []
    for group in load_cues().groups:
        sign = _direction(clause_text, group)
        if sign:
            found.append(Topic(group, sign, named=True))
        elif category in group.supports | group.opposes and not any(topic.group.other for topic in found):
            found.append(Topic(group, 1 if category in group.supports else -1, named=False))
    return tuple(found)


def _direction(text: str, group: Group) -> int:
    """Return 1 where the clause speaks of the group, -1 where of its opposite, 0 where of neither."""
    parts = cut(text)
    for words, sign in ((group.clause, 1), (group.contrary, -1)):
        match = next(words.within(text, Span(0, len(text))), None)
        if match is not None:
            part = parts[part_at(parts, match.start())].span
            return -sign if turned(text, part, Word(Span(*match.span())), load_cues().negation, asked=False).odd else sign
    return 0


def hits(text: str, parts: Sequence[Part], speaks_of: Sequence[Topic]) -> list[Hit]:
    """Return the words of the parts that take a side on the topics, in order; no parts or topics give []."""
    found: list[Hit] = []
    for part in parts:
        masks = [Span(*match.span()) for match in load_cues().mask.within(text, part.span)]
        for topic in speaks_of:
            one = [*_by_words(text, part, topic), *(_amounts(text, part, topic) if topic.group.amount else ())]
            found += [hit for hit in one if not any(_inside(hit.span, other) for other in (*masks, *(two.span for two in one)))]
    return sorted(found, key=lambda hit: (hit.span.start, hit.span.end))


def side(found: Sequence[Hit]) -> int:
    """Return the side that more of the words take: 1, -1, or 0 where none or as many on both sides."""
    total = sum(hit.sign for hit in found)
    return (total > 0) - (total < 0)


def _by_words(text: str, part: Part, topic: Topic) -> Iterator[Hit]:
    for words, sign in ((topic.group.yes, 1), (topic.group.no, -1)):
        for match in words.within(text, part.span):
            gaps = tuple(Span(*match.span(at)) for at in range(1, match.re.groups + 1) if match.start(at) >= 0)
            word = Word(Span(*match.span()), gaps, noun=sign > 0)
            negated = turned(text, part.span, word, load_cues().negation, asked=part.asked)
            yield Hit(word.span, sign * topic.sign * (-1 if negated.odd else 1), topic.group, negated.by)


def _inside(span: Span, other: Span) -> bool:
    return other.start <= span.start and span.end <= other.end and len(span) < len(other)


_AMOUNT = re.compile(r"([0-9][0-9,.]*|[〇零一二两三四五六七八九十百千几]+)(?:多|余|来)?个?(万|亿)?(?:多|余)?(元|块)?")
_LOST = re.compile(r"损失|赔进|亏|毁|值|估|评|报废|少收|水漂|倒贴|经济|账|代价|赔了|加起来|总共|合计|拢共")
_MADE_GOOD = re.compile(r"罚|垫|补|退|工程款|投资|奖|募|捐|拨|经费|预算|合同|贷款|标的|收了|回扣|好处")
_ROUND = {"十": 10, "百": 100, "千": 1000}


def _amounts(text: str, part: Part, topic: Topic) -> Iterator[Hit]:
    """Yield the sums of a part that speaks of what was lost: large ones say it is so, small ones that it is not."""
    words = part.span.of(text)
    if not _LOST.search(words) or _MADE_GOOD.search(words):
        return
    for match in _AMOUNT.finditer(words):
        value = _yuan(match)
        if value is not None:
            span = Span(part.span.start + match.start(), part.span.start + match.end())
            yield Hit(span, topic.sign * (1 if value >= topic.group.amount else -1), topic.group, None)


def _yuan(match: re.Match[str]) -> float | None:
    """Return a sum in yuan, None for a number that is none (三天)."""
    number, unit = match[1].rstrip(",."), match[2]
    if unit is None and match[3] is None:
        return None
    factor = {"万": 1e4, "亿": 1e8}.get(unit or "", 1.0)
    plain = number.replace(",", "")
    if plain.replace(".", "", 1).isdecimal():
        return float(plain) * factor
    value = _ROUND.get(number) or parse_number(number.replace("几", "三"))
    return None if value is None else value * factor
