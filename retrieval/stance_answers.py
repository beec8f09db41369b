"""What decides elsewhere: the answer for its question (问 … 答 …), a later finding (属实, 查无此事) for a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.schema import Span
from retrieval.stance import UNANSWERED, Reading, Stretch
from retrieval.stance_cues import load_cues
from retrieval.stance_direction import Topic, hits, side
from retrieval.stance_negation import Word, turned
from retrieval.stance_parts import Part, answer_of, cut, proposition

__all__ = ["Exchange", "Finding", "exchange", "finding"]

_LATER = 2  # sentences behind the passage in which a finding is looked for


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and the parts of its answer up to the end of the passage."""

    questions: tuple[Part, ...]
    answers: tuple[Part, ...]

    def evaded(self, text: str) -> bool:
        """Tell whether the first sentence of the answer says nothing (记不清了)."""
        first = [part for part in self.answers if part.sentence == self.answers[0].sentence]
        return any(answer_of(part.span.of(text)) == "evaded" for part in first)

    def supposed(self, reading: Reading) -> Stretch | None:
        """Return the supposition that the question makes (要是没关闸会怎样？), None where it asks for a fact."""
        found = (reading.at(part.span.start) for part in self.questions)
        return next((one for one in found if one.how == "hypothetical" and one.why != UNANSWERED), None)

    def asked_for(self, text: str, topics: Sequence[Topic]) -> int:
        """Return the side that the question as a statement takes: 1, -1, or 0 where it takes none."""
        words = proposition("，".join(part.span.of(text) for part in self.questions))
        # 没去过吗？ 没有: the answer agrees with the negation
        found = hits(words, cut(words), topics)
        total = sum(-hit.sign if hit.by else hit.sign for hit in found)
        return (total > 0) - (total < 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Words that settle a claim; `sign` is the side of what is established, 1 or -1."""

    words: Span
    sign: int


def exchange(reading: Reading, span: Span) -> Exchange | None:
    """Return the question and answer that the passage belongs to, None where it is no answer and no question with one."""
    parts, chosen = reading.parts, reading.within(span)
    at = next((index for index, part in enumerate(parts) if part is chosen[0]), 0)
    while at < len(parts) and parts[at].asked and parts[at].role != "answer":
        at += 1
    if at in (0, len(parts)) or not parts[at - 1].asked:
        return None
    before, first = parts[at - 1], parts[at]
    if before.role == "story" and not answer_of(first.span.of(reading.text)):
        return None  # what stands behind a question in a story need not be its answer
    questions = tuple(part for part in parts[:at] if part.sentence == before.sentence)
    last = max(chosen[-1].sentence, first.sentence)
    return Exchange(questions, tuple(part for part in parts[at:] if part.sentence <= last and part.role == first.role))


def finding(reading: Reading, span: Span, topics: Sequence[Topic]) -> Finding | None:
    """Return what a finding in the passage or shortly after it makes of what is claimed, None where there is none.

    Words that the clause itself speaks of (诬告, 查实) are none: they are read as they stand.
    """
    found = _last_outcome(reading, span)
    if found is None:
        return None
    words, sign, part = found
    if any(hit.span.overlaps(words) for hit in hits(reading.text, [part], topics) if not hit.group.weak):
        return None
    before = [other for other in reading.parts if other.span.end <= words.start and part.sentence - other.sentence <= _LATER]
    claimed = [other for other in before if reading.at(other.span.end - 1).how != "told"]
    last = reading.within(span)[-1].sentence
    if not claimed and (sign > 0 or part.sentence > last + 1):
        return None
    claim = claimed or [other for other in reading.within(span) if other.span.end <= words.start] or before
    claims = side([hit for hit in hits(reading.text, claim, topics) if not hit.group.weak])
    return Finding(words, sign * (claims or 1))


def _last_outcome(reading: Reading, span: Span) -> tuple[Span, int, Part] | None:
    """Return the last words from the passage on that confirm (1) or refute (-1), with their part."""
    text, cues = reading.text, load_cues()
    last = reading.within(span)[-1].sentence + _LATER
    found: list[tuple[Span, int, Part]] = []
    for part in reading.parts:
        if part.span.end <= span.start or part.sentence > last:
            continue
        for name, sign in (("confirmed", 1), ("refuted", -1)):
            for match in cues.outcomes[name].within(text, part.span):
                words = Span(*match.span())
                negated = turned(text, part.span, Word(words), cues.negation, asked=part.asked).odd
                if reading.at(words.start).how == "told" and not (negated and sign > 0):  # 没有查实 settles nothing
                    found.append((words, -sign if negated else sign, part))
    # 不属实 holds 属实: of words that overlap, those that begin first and are longer count
    return max(found, key=lambda one: (one[2].span.start, -one[0].start, len(one[0])), default=None)
