"""Whether a word is negated where it stands: negations before it in its part, in a gap inside it, or right after a noun.

Two negations cancel (不是没有, 无不, 难道…没…？) where they belong together; in 不接也不派人 each has its own verb. Words that
only look like one (不仅, 没等, 未来) do not count; a negation does not reach over 那天, 之前, 就, 才, 而是
(没有下雨那天他去查了). The words are in data/polarity_cues.toml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.polarity import Words
from data.schema import Span
from retrieval.stance_cues import Negation

__all__ = ["Turned", "Word", "retorts", "turned"]

REACH = 20
"""Characters that may stand between a negation and what it negates."""
_ENDED = ("了", "过", "完", "到", "好", "住", "掉")
_TAGGED = ("吗", "么", "嘛")
_AND = re.compile(r"[也又还更且并和与及]|都(?!不是)")
# negations that begin so reach over 把 (没把材料送法院), verbs do not (绕开封条把电机拆下)
_PLAIN = "没不未无非毫绝并全尚冇莫唔从"
_OBJECT = re.compile("[把将]")


@dataclass(frozen=True, slots=True)
class Word:
    """An expression in the text; `gaps` are the open places inside it, `noun` tells that a negation may follow (评估没做)."""

    span: Span
    gaps: tuple[Span, ...] = ()
    noun: bool = False


@dataclass(frozen=True, slots=True)
class Turned:
    """How a word is negated: `odd` tells that its sense is turned; `by` are the negating words, None where there are none."""

    odd: bool
    by: Span | None


def turned(text: str, part: Span, word: Word, negation: Negation, *, asked: bool) -> Turned:
    """Return how the word in the part is negated.

    In a question (`asked`) 谁敢, 哪里 and the like are retorts and count as a negation, and 不是…吗 counts as none.
    """
    count, by, nearest = 0, None, word.span.start
    for token in reversed([*negation.token.within(text, part)]):
        place = Span(*token.span())
        if not _counts(text, part, token, asked=asked) or not _reaches(text, token, word, negation.barrier):
            continue
        if by is not None and _AND.search(text, place.end, max(nearest, place.end)):
            break
        split = place.start < word.span.start < place.end  # the word itself holds the second of the two
        if token.lastgroup == "even" and token[0][0] in "谁哪" and not asked:
            count += not split  # 谁不同意就断水 is no retort: it holds one negation
        else:
            count += 2 if token.lastgroup == "even" and not split else 1
        by, nearest = by or place, place.start
    after = _after(text, part, word, negation) if word.noun else None
    if after is not None:
        count, by = count + 1, after
    return Turned(count % 2 == 1, by)


def retorts(text: str, sentence: Span, negation: Negation) -> bool:
    """Tell whether a question is a retort (难道没去？ 谁查过？), which is a statement."""
    tokens = negation.token.within(text, sentence)
    asks = text[sentence.start : sentence.end]
    tagged = "不是" in asks and asks.rstrip("？?").endswith(_TAGGED)
    return tagged or any(token.lastgroup in ("retort", "asked") or token[0][0] in "难谁哪岂怎何" for token in tokens)


def _counts(text: str, part: Span, token: re.Match[str], *, asked: bool) -> bool:
    """Tell whether what looks like a negation is one here."""
    if token.lastgroup == "friend" or token.lastgroup == "asked" and not asked:
        return False
    return not (asked and token[0] == "不是" and part.of(text).endswith(_TAGGED))


def _reaches(text: str, token: re.Match[str], word: Word, barrier: Words) -> bool:
    start, end = token.span()
    if any(gap.start <= start and end <= gap.end for gap in word.gaps):
        return True
    if start >= word.span.start or word.span.start - end > REACH:
        return False
    if token[0][0] not in _PLAIN and _OBJECT.search(text, end, word.span.start):
        return False
    if end >= word.span.start:
        return True
    between = Span(end, word.span.start)
    # 未出示证件、未告知: a word that is negated by itself begins anew
    anew = "、" in between.of(text) and text.startswith(tuple(_PLAIN), word.span.start)
    return not anew and not barrier.found(text, between)


def _after(text: str, part: Span, word: Word, negation: Negation) -> Span | None:
    """Return the negation right behind a noun (评估没做, 会一次没开); what only looks like one (报告不久送到) is none."""
    if word.span.of(text).endswith(_ENDED) or negation.token.found(text, word.span):
        return None
    match = negation.after.pattern.match(text, word.span.end, part.end)
    if match is None:
        return None
    tokens = negation.token.within(text, Span(match.start(), min(match.end() + 4, part.end)))
    seeming = any(token.lastgroup == "friend" and token.start() < match.end() <= token.end() for token in tokens)
    return None if seeming else Span(*match.span())
