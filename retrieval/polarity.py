"""Does a passage of a narrative assert what a clause speaks of, deny it, or only claim, plan or suppose it?

By rules that can be read, which keep two questions apart: how the passage tells something (`retrieval.stance`), and which side
its words take on what the clause speaks of (`retrieval.stance_direction`). The passage is taken to be about the clause: whoever
asks has chosen it. Where the rules are not sure they say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from data.catalogue import shipped_clauses
from data.categories import FOR
from data.schema import Polarity, Span
from retrieval.stance import Reading, Stance, of_stretch, read, stance
from retrieval.stance_answers import exchange, finding
from retrieval.stance_direction import Hit, Topic, hits, topics
from retrieval.stance_parts import Part, answer_of

__all__ = ["PRODUCT", "Judged", "Judgement", "judge"]

Judged = Literal["assert", "deny", "allege", "hypothetical", "unclear"]
PRODUCT: Mapping[Judged, Polarity] = MappingProxyType(
    {"assert": "supports", "deny": "contradicts", "allege": "unclear", "hypothetical": "unclear", "unclear": "unclear"}
)
"""What a judgement is for the product: only what is told as fact supports or contradicts."""

_BUT = re.compile(r"但|可(?!能|以|是不)|却|其实|实际|结果|后来|最后|反倒|反而|而是|末了")
_OWN_WORDS = re.compile(r"(?!据|听|有人).{0,3}[说讲道]$")  # he says it himself
_LED = 0.5  # share of a passage that is claimed or supposed, from which on words before it are only what it is about


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a passage does with a clause; `cue` are the deciding words in the narrative, `reason` is a short Chinese phrase."""

    polarity: Judged
    decided_by: Literal["rule", "none"]
    cue: Span | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Case:
    """What is asked: a passage of a narrative that has been read, and what the clause speaks of."""

    reading: Reading
    span: Span
    topics: tuple[Topic, ...]
    category: str

    def hits(self, parts: Sequence[Part]) -> list[Hit]:
        return hits(self.reading.text, parts, self.topics)

    def told(self, hit: Hit) -> bool:
        return self.reading.at(hit.span.start).how == "told"


def judge(narrative: str, span: Span, clause_text: str, *, category: str = "", clause_id: str = "") -> Judgement:
    """Return what the passage at `span` does with the clause; an empty span or a passage without words is unclear.

    `category` is that of the clause; where it is empty, that of the shipped clause `clause_id`. A narrative is read once for all
    its passages and clauses.
    """
    category = category or _category(clause_id)
    case = _Case(read(narrative), span, topics(clause_text, category), category)
    if not case.reading.within(span):
        return Judgement("unclear", "none", None, "这里没有文字")
    return _answered(case) or _settled(case) or _by_words(case) or _by_stance(case)


def _category(clause_id: str) -> str:
    """Return the category of a shipped clause, "" for any other id."""
    clause = shipped_clauses().get(clause_id)
    return clause.category if clause is not None else ""


def _answered(case: _Case) -> Judgement | None:
    """Return what a question and its answer say together, None where the passage is not one or has to be read by itself."""
    text = case.reading.text
    found = exchange(case.reading, case.span)
    if found is None:
        return None
    supposed = found.supposed(case.reading)
    if supposed is not None:
        return _not_fact(of_stretch(case.reading, supposed))
    told = [hit for hit in case.hits(found.answers) if not hit.group.weak and case.told(hit)]
    if told:
        return _decided(case, told)
    first = found.answers[0].span
    if found.evaded(text):
        return Judgement("hypothetical", "rule", first, f"“{first.of(text)}”等于没有回答")
    said = answer_of(first.of(text))
    if said not in ("yes", "no"):
        return None
    # what was not done (没管) is what clauses against the officer speak of
    asked = found.asked_for(text, case.topics) or (1 if case.category in FOR or said == "yes" else -1)
    sign, does = (asked, "肯定") if said == "yes" else (-asked, "否定")
    return Judgement("assert" if sign > 0 else "deny", "rule", first, f"回答“{first.of(text)}”{does}了所问")


def _settled(case: _Case) -> Judgement | None:
    """Return what a later finding makes of a claim, None where there is none."""
    found = finding(case.reading, case.span, case.topics)
    if found is None:
        return None
    words = found.words.of(case.reading.text)
    return Judgement("assert" if found.sign > 0 else "deny", "rule", found.words, f"后来查明“{words}”")


def _by_words(case: _Case) -> Judgement | None:
    """Return what the words of the passage say by themselves, None where they take no side and are told as fact."""
    found = [hit for hit in case.hits(case.reading.within(case.span)) if hit.span.overlaps(case.span)]
    found = [hit for hit in found if case.reading.at(hit.span.start).how != "asked"]
    strong = [hit for hit in found if not hit.group.weak]
    told = _as_fact(case, strong)
    other = [
        stretch
        for stretch in case.reading.stretches
        if stretch.how in ("alleged", "hypothetical") and stretch.span.overlaps(case.span)
    ]
    size = sum(min(stretch.span.end, case.span.end) - max(stretch.span.start, case.span.start) for stretch in other)
    # 三家厂合并后，若遇外贸骤冷…: what stands before is only what the supposition is about
    led = bool(told and other) and told[-1].span.end <= other[0].span.start and size > _LED * len(case.span)
    if told and 2 * len(told) >= len(strong) and not led:
        return _decided(case, told)
    how = stance(case.reading, case.span)
    if how.kind in ("alleged", "hypothetical"):
        return _not_fact(how)
    if len(told) < len(strong):
        longest = max(other, key=lambda stretch: len(stretch.span))
        return _not_fact(of_stretch(case.reading, longest))
    weak = [hit for hit in found if hit.group.weak]
    return _decided(case, weak) if weak else None


def _as_fact(case: _Case, found: Sequence[Hit]) -> list[Hit]:
    """Return the words that stand as fact.

    They are told so; or they are what a rule says, for a clause about rules; or an act of speech (说不同意), or what the clause
    speaks of is the claim itself (告他受贿).
    """
    reading = case.reading
    of_law = all(topic.group.law or topic.group.weak for topic in case.topics)
    ends = [(hit, reading.at(hit.span.end - 1)) for hit in found]
    acts = {end.cue for hit, end in ends if end.cue and hit.span.overlaps(end.cue) and (end.law or end.how == "alleged")}
    facts = []
    for hit in found:
        stretch = reading.at(hit.span.start)
        cue = stretch.cue
        if stretch.how == "told" or stretch.law and of_law or cue in acts:
            facts.append(hit)
        elif cue is not None and _OWN_WORDS.match(cue.of(reading.text)) and hit.span.start - cue.end < hit.group.speech:
            facts.append(hit)
    return facts


def _not_fact(how: Stance) -> Judgement:
    return Judgement("allege" if how.kind == "alleged" else "hypothetical", "rule", how.cue, how.reason)


def _decided(case: _Case, found: Sequence[Hit]) -> Judgement:
    """Return the side that more words take; what stands behind 但, 结果, 其实 counts twice, and the last word breaks a tie."""
    text = case.reading.text
    turn = max((match.start() for match in _BUT.finditer(text, case.span.start, case.span.end)), default=-1)
    total = sum(hit.sign * (2 if 0 <= turn < hit.span.start else 1) for hit in found) or found[-1].sign
    hit = next(hit for hit in reversed(found) if hit.sign * total > 0)
    negated = hit.by is not None and hit.by.end <= hit.span.start
    words = text[hit.by.start : hit.span.end] if hit.by is not None and negated else hit.span.of(text)
    return Judgement("assert" if total > 0 else "deny", "rule", hit.span, f"“{words}”与条款所说{'一致' if total > 0 else '相反'}")


def _by_stance(case: _Case) -> Judgement:
    """Return what can be said of a passage told as fact whose words take no side that the table knows: whether it is negated."""
    how = stance(case.reading, case.span)
    strong = [topic for topic in case.topics if not topic.group.weak]
    sides = {topic.sign * (1 if topic.group.lacks else -1) for topic in strong}
    if how.kind == "negated" and len(sides) == 1:
        return Judgement("assert" if sides == {1} else "deny", "rule", how.cue, how.reason)
    return Judgement("unclear", "none", how.cue, "没有说明与条款一致还是相反的字眼")
